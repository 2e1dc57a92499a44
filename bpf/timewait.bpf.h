/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * TIME_WAIT. The real socket goes to CLOSE, and an inet_timewait_sock (a mini-socket) stays
 * behind, in TIME_WAIT, or in the FIN_WAIT2 of an orphan. Its life is seen by fentry where
 * the kernel lets one in; else by the timers that it is armed with. A mini-socket is known
 * by its address, which the slab reuses once it has ended.
 */

/* Arguments that are passed by. */
struct sk_buff;
struct inet_timewait_death_row;

#define TIME_WAIT_NS 60000000000ULL /* TCP_TIMEWAIT_LEN, include/net/tcp.h */

/*
 * When the timer was last set to TCP_TIMEWAIT_LEN, going by when it is to fire. So also the
 * begin of a TIME_WAIT that was a FIN_WAIT2 before: no timer event need tell of that, when
 * both fall into one bucket of the timer wheel.
 */
static __always_inline __u64 armed_at(const struct inet_timewait_sock *tw, __u64 now_ns)
{
	__s64 late = bpf_jiffies64() - tw->tw_timer.expires;

	return now_ns - late * config.tick_ns - TIME_WAIT_NS;
}

static __always_inline int emit_mini(const struct inet_timewait_sock *tw, __u8 kind)
{
	struct socktrace_event *event = begin(kind, tw, bpf_ntohs(tw->tw_sport));

	if (!event)
		return 0;
	event->new_state = tw->tw_substate;
	if (kind != SOCKTRACE_KIND_MINI_ARMED)
		event->armed_ns = armed_at(tw, event->time_ns);
	return send(event);
}

/*
 * Who called inet_twsk_deschedule_put() is who ended the mini-socket, and only the stack
 * tells. It is walked for those that end before their time, and for no other.
 *
 * 0 where the function is not on the stack.
 */
static __always_inline __u8 ending_of(void *ctx, const struct inet_timewait_sock *tw)
{
	/* 5.10's verifier has a helper write only to a stack that the program has written to. */
	__u64 frames[STACK_FRAMES] = {};

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return 0;
	for (int i = 0; i < STACK_FRAMES - 1; i++) {
		if (!is_in(frames[i], &symbols.deschedule_put))
			continue;

		__u64 caller = frames[i + 1];

		/* In FIN_WAIT2 no SYN is taken: there it is data that comes too late, or a SYN. */
		if (is_in(caller, &symbols.rcv[0]) || is_in(caller, &symbols.rcv[1]))
			return tw->tw_substate == TCP_TIME_WAIT ? SOCKTRACE_KIND_MINI_REOPENED
								: SOCKTRACE_KIND_MINI_KILLED;
		if (is_in(caller, &symbols.connect[0]) || is_in(caller, &symbols.connect[1]) ||
		    is_in(caller, &symbols.connect[2]))
			return SOCKTRACE_KIND_MINI_REUSED;
		return SOCKTRACE_KIND_MINI_KILLED;
	}
	return 0;
}

/*
 * A mini-socket was made, or could not be made. Its addresses (IPv6) and its timer are set
 * a little later, so all is taken from the socket that it is made from.
 */
SEC("fexit/inet_twsk_alloc")
int BPF_PROG(on_mini_alloc, const struct sock *sk, struct inet_timewait_death_row *dr,
	     const int state, struct inet_timewait_sock *tw)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;

	struct socktrace_event *event =
	    begin(tw ? SOCKTRACE_KIND_MINI_ARMED : SOCKTRACE_KIND_MINI_OVERFLOW, sk,
		  sk->__sk_common.skc_num);

	if (!event)
		return 0;
	if (tw)
		event->sock = (__u64)tw;
	event->parent = (__u64)sk;
	event->new_state = state;
	return send(event);
}

/*
 * A FIN came for a mini-socket: if it stood in FIN_WAIT2, it is in TIME_WAIT now. Not with a RST,
 * which has ended it, nor with a SYN: that is no FIN of this connection's.
 */
SEC("fexit/tcp_timewait_state_process")
int BPF_PROG(on_mini_packet, struct inet_timewait_sock *tw, struct sk_buff *skb,
	     const struct tcphdr *th)
{
	if (!BPF_CORE_READ_BITFIELD(th, fin) || BPF_CORE_READ_BITFIELD(th, rst) ||
	    BPF_CORE_READ_BITFIELD(th, syn) || tw->tw_substate != TCP_TIME_WAIT)
		return 0;
	return emit_mini(tw, SOCKTRACE_KIND_MINI_ARMED);
}

SEC("fentry/inet_twsk_deschedule_put")
int BPF_PROG(on_mini_deschedule, struct inet_timewait_sock *tw)
{
	__u8 ending = ending_of(ctx, tw);
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		cpu->ended = (__u64)tw;
	return emit_mini(tw, ending ? ending : SOCKTRACE_KIND_MINI_GONE);
}

/*
 * Each mini-socket comes here when it leaves the hash tables, by both functions that are hooked
 * above and below, without softirqs between. And by inet_twsk_purge(), for a network namespace
 * that ends: compilers have put inet_twsk_deschedule_put() into it (seen on 5.10 and 6.1).
 */
SEC("fentry/inet_twsk_kill")
int BPF_PROG(on_mini_kill, struct inet_timewait_sock *tw)
{
	struct cpu_state *cpu = this_cpu();

	if (!cpu)
		return 0;

	bool is_told = cpu->ended == (__u64)tw;

	cpu->ended = 0;
	return is_told ? 0 : emit_mini(tw, SOCKTRACE_KIND_MINI_KILLED);
}

/* Only the address: to read the mini-socket around its timer takes more than old kernels have. */
SEC("fentry/tw_timer_handler")
int BPF_PROG(on_mini_timer, struct timer_list *timer)
{
	__u64 tw = (__u64)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		cpu->ended = tw;

	struct socktrace_event *event = reserve();

	if (!event)
		return 0;
	event->kind = SOCKTRACE_KIND_MINI_EXPIRED;
	event->sock = tw;
	event->family = SOCKTRACE_FAMILY_IPV4; /* user space knows better, by the address */
	return send(event);
}

/* The same by timers. Every timer of the host comes this way: the compare comes first. */

static __always_inline bool is_mini_timer(const struct timer_list *timer)
{
	return (__u64)timer->function == symbols.tw_timer_handler;
}

static __always_inline const struct inet_timewait_sock *mini_of(const struct timer_list *timer)
{
	__u64 tw = (__u64)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);

	return at(tw, struct inet_timewait_sock);
}

/*
 * A mini-socket's time is up: its timer runs. on_timer_cancel() has seen it leave the wheel just
 * before, but can tell why only from where a pointer lies.
 */
SEC("tp_btf/timer_expire_entry")
int BPF_PROG(on_timer_expire, struct timer_list *timer)
{
	return is_mini_timer(timer) ? emit_mini(mini_of(timer), SOCKTRACE_KIND_MINI_EXPIRED) : 0;
}

/*
 * Taken off the timer wheel: to run, to be set anew, or because the mini-socket ends before
 * its time. __run_timers() runs timers from a list whose head is on its stack, and takes
 * them from the front: then what points to the timer lies on this stack, a little above.
 * That it is set for the first time need not be seen: CLOSE finds the mini-socket, find_mini().
 */
SEC("tp_btf/timer_cancel")
int BPF_PROG(on_timer_cancel, struct timer_list *timer)
{
	if (!is_mini_timer(timer))
		return 0;

	__u64 pprev = (__u64)timer->entry.pprev;

	if (pprev > (__u64)ctx && pprev < (__u64)(ctx + 512))
		return 0;

	const struct inet_timewait_sock *tw = mini_of(timer);
	__u8 ending = ending_of(ctx, tw);

	return emit_mini(tw, ending ? ending : SOCKTRACE_KIND_MINI_ARMED);
}
