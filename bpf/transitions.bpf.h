/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* The transitions: the pair of programs on inet_sock_set_state. */

#define SHUTDOWN_MASK 3
#define ECONNABORTED  103
#define ECONNRESET    104

static __always_inline __u32 transition_of(int oldstate, int newstate)
{
	return oldstate << 8 | newstate;
}

static __always_inline struct mark *mark_of(struct cpu_state *cpu, const struct sock *sk,
					    int newstate)
{
	/* Any number that differs between sockets will do. */
	__u32 hash = sk->__sk_common.skc_portpair * 31 + newstate;

	return &cpu->marks[hash % MARKS];
}

/*
 * The local port. At CLOSE it stands in inet_sport only: inet_put_port() has cleared skc_num.
 * But nothing clears inet_sport: on a socket that connects again it is the last attempt's,
 * until inet_hash_connect() has chosen a port. So where that found none, and no SYN has left,
 * skc_num tells: 0, or the port that the socket is bound to. With TCP_FASTOPEN_CONNECT no SYN
 * leaves either until there is data for it (tcp_fastopen_defer_connect()), but a port is chosen.
 */
static __always_inline __u16 local_port_at_close(const struct sock *sk, const struct tcp_sock *tp,
						 int oldstate)
{
	if (oldstate == TCP_SYN_SENT && !tp->segs_out &&
	    !BPF_CORE_READ_BITFIELD(tp, fastopen_connect))
		return sk->__sk_common.skc_num;
	return bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
}

/*
 * Is `current` the process that made this transition? Most transitions run in softirq on
 * whoever's back. Those below are made by connect(), listen(), shutdown() and close() in
 * the caller's context, which then holds the socket's lock: sk_lock.owned tells it from a
 * shutdown that tcp_rcv_state_process() carries out late, in softirq, for a socket that
 * was in SYN_RECV. Packets that came while it was held move it too, when the lock is given
 * back: so to CLOSE only from where no packet leads without an error. An error there means
 * that the cause was elsewhere: a RST, or `ss -K`. A listener that `ss -K` closes has no
 * error, but neither has tcp_close() shut it down first.
 */
static __always_inline bool current_is_owner(const struct sock *sk, int oldstate, int newstate)
{
	if (!sk->sk_lock.owned)
		return false;

	switch (newstate) {
	case TCP_SYN_SENT:
	case TCP_LISTEN:
	case TCP_FIN_WAIT1:
		return true;
	case TCP_LAST_ACK:
		return oldstate == TCP_CLOSE_WAIT;
	case TCP_CLOSE:
		break;
	default:
		return false;
	}

	switch (oldstate) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		return !sk->sk_err;
	case TCP_LISTEN:
		return sk->sk_shutdown == SHUTDOWN_MASK;
	default:
		return false;
	}
}

/* tcp_fin() sets SOCK_DONE; RCV_SHUTDOWN alone may also be a local shutdown(SHUT_RD). */
static __always_inline bool fin_received(const struct sock *sk)
{
	return sk->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

/*
 * The socket's error. Data for a socket that has been closed makes tcp_rcv_state_process() reset
 * the connection, by tcp_reset(), as if a RST had come: only the stack tells that none has.
 */
static __always_inline __u16 error_of(void *ctx, const struct sock *sk, int oldstate)
{
	/* 5.10's verifier has a helper write only to a stack that the program has written to. */
	__u64 frames[STACK_FRAMES] = {};

	if (sk->sk_err != ECONNRESET || sk->sk_shutdown != SHUTDOWN_MASK ||
	    (oldstate != TCP_FIN_WAIT1 && oldstate != TCP_FIN_WAIT2))
		return sk->sk_err;
	if (!symbols.validate_incoming.start || bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return SOCKTRACE_ERROR_UNKNOWN;
	for (int i = 0; i < STACK_FRAMES; i++) {
		if (is_in(frames[i], &symbols.validate_incoming))
			return ECONNRESET;
	}
	return ECONNABORTED;
}

/*
 * Totals, once the socket is done. The kernel's bytes_sent counts retransmitted payload
 * again (and once more what this host itself dropped and sent anew: __tcp_transmit_skb()
 * counts before the queue refuses), and its bytes_received counts the peer's FIN as a byte
 * (tcp_rcv_nxt_update()).
 */
static __always_inline void fill_totals(struct socktrace_event *event, const struct sock *sk,
					const struct tcp_sock *tp, __u16 error)
{
	/* A retransmission that could not be sent is counted in bytes_retrans only. */
	if (tp->bytes_sent > tp->bytes_retrans)
		event->bytes_sent = tp->bytes_sent - tp->bytes_retrans;
	event->bytes_received = tp->bytes_received;
	if (fin_received(sk)) {
		event->flags |= SOCKTRACE_FLAG_FIN_RECEIVED;
		if (event->bytes_received)
			event->bytes_received--;
	}
	event->retransmits = tp->total_retrans;
	event->srtt_us = tp->srtt_us >> 3;
	event->sk_err = error;
	event->shutdown = sk->sk_shutdown;
	event->flags |= SOCKTRACE_FLAG_TOTALS;
	if (sk->sk_lock.owned)
		event->flags |= SOCKTRACE_FLAG_HELD;
	/* IP_LOCAL_PORT_RANGE, since 6.3; as one word since 6.8. */
	if (!event->lport && bpf_core_field_exists(tp->inet_conn.icsk_inet.local_port_range))
		event->port_range = tp->inet_conn.icsk_inet.local_port_range;
}

/* A chain of the hash table of sockets has a few nodes, seldom more than ten. */
#define CHAIN_LENGTH 32

/*
 * The mini-socket that `sk` leaves behind as it goes to CLOSE. tcp_time_wait() hashes it before
 * tcp_done(), by the same hash and into the same chain, in place of `sk` or at the front
 * (inet_twsk_hashdance_schedule()). None is there if `sk` was aborted, or if there were as many
 * already as there may be (inet_twsk_alloc()).
 */
static __always_inline void find_mini(struct socktrace_event *event, const struct sock *sk)
{
	const struct sock_common *skc = &at(sk, struct sock)->__sk_common;
	const struct inet_timewait_death_row *minis = &skc->skc_net.net->ipv4.tcp_death_row;
	const struct inet_hashinfo *tables = minis->hashinfo;
	__u32 slot = skc->skc_hash & tables->ehash_mask;
	__u64 bucket = number_at((__u64)&tables->ehash) +
		       (__u64)slot * bpf_core_type_size(struct inet_ehash_bucket);
	__u64 node = number_at(bucket);

	for (int i = 0; i < CHAIN_LENGTH; i++) {
		if (node & 1) { /* is_a_nulls(): the end of a chain */
			/* get_nulls_value(): of another, where a node has been moved meanwhile. */
			if (node >> 1 != slot)
				break;
			if (minis->tw_refcount.refs.counter - 1 >= minis->sysctl_max_tw_buckets)
				event->mini_state = SOCKTRACE_MINI_OVERFLOWN;
			return;
		}

		__u64 found = node - bpf_core_field_offset(struct sock_common, skc_nulls_node);
		const struct sock_common *other = at(found, struct sock_common);

		if (other->skc_hash == skc->skc_hash && other->skc_state == TCP_TIME_WAIT &&
		    other->skc_dport == skc->skc_dport && other->skc_net.net == skc->skc_net.net) {
			event->mini = found;
			event->mini_state = at(found, struct inet_timewait_sock)->tw_substate;
			return;
		}
		node = number_at(node);
	}
	event->mini_state = SOCKTRACE_MINI_UNKNOWN;
}

static __always_inline int emit(void *ctx, struct sock *sk, int oldstate, int newstate, __u8 flags,
				struct cpu_state *cpu)
{
	/* SCTP, MPTCP and DCCP share the tracepoint. */
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	/* close() of a listener that `ss -K` has closed before. */
	if (oldstate == newstate)
		return 0;

	/* What a plain pointer reads is cheaper; this one is for the end. */
	struct tcp_sock *tp = NULL;
	__u16 lport = sk->__sk_common.skc_num;
	__u16 error = 0;

	if (newstate == TCP_CLOSE) {
		tp = bpf_skc_to_tcp_sock(sk);
		if (!tp)
			return 0;
		lport = local_port_at_close(sk, tp, oldstate);
		error = error_of(ctx, sk, oldstate);
	}

	struct tuple tuple = tuple_of(sk, lport);
	__u32 netns = netns_of(sk);

	if (!may_match(&tuple, netns, oldstate == TCP_SYN_SENT))
		return 0;

	struct socktrace_event *event = reserve();

	if (!event)
		return 0;

	event->kind = SOCKTRACE_KIND_STATE;
	event->sock = (__u64)sk;
	event->cookie = cookie_of(sk);
	fill_tuple(event, &tuple, netns);
	event->uid = sk->sk_uid.val;
	event->old_state = oldstate;
	event->new_state = newstate;
	event->flags = flags;
	/* It does not change: once a life is enough. */
	if (oldstate == TCP_CLOSE || oldstate == TCP_LISTEN)
		event->cgroup = cgroup_of(sk);
	if (tp)
		fill_totals(event, sk, tp, error);
	if (tp && oldstate == TCP_SYN_SENT && !tp->segs_out)
		event->shutdown |= SOCKTRACE_UNSENT;
	if (current_is_owner(sk, oldstate, newstate))
		fill_owner(event);
	else if (config.finds_minis && tp && (oldstate == TCP_FIN_WAIT2 || oldstate == TCP_CLOSING))
		find_mini(event, sk);

	bpf_ringbuf_submit(event, wakeup_flags(cpu));
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state, struct sock *sk, int oldstate, int newstate)
{
	struct cpu_state *cpu = this_cpu();

	if (!cpu)
		return 0;

	struct mark *mark = mark_of(cpu, sk, newstate);

	mark->sk = sk;
	mark->transition = transition_of(oldstate, newstate);
	return emit(ctx, sk, oldstate, newstate, 0, cpu);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state_missed, struct sock *sk, int oldstate, int newstate)
{
	struct cpu_state *cpu = this_cpu();

	if (!cpu)
		return 0;

	struct mark *mark = mark_of(cpu, sk, newstate);
	__u32 transition = transition_of(oldstate, newstate);

	if (mark->sk == sk && mark->transition == transition) {
		mark->sk = NULL;
		return 0;
	}

	struct socktrace_counts *counted = cpu_counts();

	if (counted)
		__sync_fetch_and_add(&counted->rescued, 1);
	return emit(ctx, sk, oldstate, newstate, SOCKTRACE_FLAG_RESCUED, cpu);
}
