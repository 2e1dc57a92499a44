/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* The owner of an accepted socket. The 2 arguments are since 6.10: user space chooses. */

struct proto_accept_arg; /* passed by */

static __always_inline int emit_accepted(struct sock *sk)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;

	struct tuple tuple = tuple_of(sk, sk->__sk_common.skc_num);
	__u32 netns = sk->__sk_common.skc_net.net->ns.inum;

	if (!may_match(&tuple, netns, false))
		return 0;

	struct cpu_state *cpu = this_cpu();
	struct socktrace_event *event = reserve();

	if (!event)
		return 0;

	event->kind = SOCKTRACE_KIND_OWNED;
	event->sock = (__u64)sk;
	event->cookie = sk->__sk_common.skc_cookie.counter;
	fill_tuple(event, &tuple, netns);
	fill_owner(event);
	bpf_ringbuf_submit(event, cpu ? wakeup_flags(cpu) : 0);
	return 0;
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
