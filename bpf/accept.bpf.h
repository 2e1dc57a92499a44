/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* The owner of an accepted socket. The 2 arguments are since 6.10: user space chooses. */

struct proto_accept_arg; /* passed by */

static __always_inline int emit_accepted(struct sock *sk)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;

	struct socktrace_event *event = begin(SOCKTRACE_KIND_OWNED, sk, sk->__sk_common.skc_num);

	if (!event)
		return 0;
	fill_owner(event);
	return send(event);
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept4, struct sock *sk, int flags, int *err, bool kern, struct sock *child)
{
	return child ? emit_accepted(child) : 0;
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept2, struct sock *sk, struct proto_accept_arg *arg, struct sock *child)
{
	return child ? emit_accepted(child) : 0;
}
