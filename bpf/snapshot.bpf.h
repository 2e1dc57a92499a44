/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * A snapshot: all sockets and mini-sockets of the network namespace in which the iterator
 * was opened, as events. The socket is locked meanwhile (bpf_iter_tcp_seq_show()), so its
 * state is that after one event and before the next.
 */

/* False where the filters rule it out. */
static __always_inline bool see(struct socktrace_event *event, __u8 kind, const void *sock,
				__u16 lport)
{
	struct tuple tuple = tuple_of(sock, lport);
	__u32 netns = netns_of(sock);

	if (!may_match(&tuple, netns, false))
		return false;
	describe(event, kind, sock, &tuple, netns);
	return true;
}

SEC("iter/tcp")
int snapshot(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct socktrace_event event = { .time_ns = bpf_ktime_get_ns() };

	if (!skc)
		return 0;

	/* A tcp_timewait_sock begins with it. */
	struct inet_timewait_sock *tw = (void *)bpf_skc_to_tcp_timewait_sock(skc);

	if (tw) {
		/*
		 * bpf_iter_tcp_seq_show() leaves out what has been taken out of the table since it
		 * was found, but nothing holds a mini-socket in it: it may have gone before the
		 * time was read.
		 */
		if (!tw->__tw_common.skc_nulls_node.pprev)
			return 0;
		if (!see(&event, SOCKTRACE_KIND_SEEN_MINI, tw, bpf_ntohs(tw->tw_sport)))
			return 0;
		event.new_state = tw->tw_substate;
		event.armed_ns = armed_at(tw, event.time_ns);
		bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
		return 0;
	}

	/* NULL for request sockets. */
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(skc);

	if (!tp)
		return 0;

	struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	__u8 state = sk->__sk_common.skc_state;

	if (state == TCP_CLOSE || state >= TCP_NEW_SYN_RECV)
		return 0;
	if (!see(&event, SOCKTRACE_KIND_SEEN, sk, sk->__sk_common.skc_num))
		return 0;

	struct socket *socket = sk->sk_socket;
	struct file *file = socket ? socket->file : NULL;

	event.cookie = cookie_of(sk);
	event.new_state = state;
	event.cgroup = cgroup_of(sk);
	event.uid = sk->sk_uid.val;
	event.inode = file ? file->f_inode->i_ino : 0;
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}
