// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Every TCP state transition of the host, as one fixed event in one ring buffer.
 *
 * The tracepoint is inet_sock_set_state: tcp_set_state() and inet_sk_set_state() fire
 * it under the socket's lock, before sk_state is written. Kernel memory is read through
 * BTF-typed pointers only: that is the fast way, and the one that still loads under
 * lockdown=confidentiality, where bpf_probe_read_kernel() is refused.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "socktrace.h"

/* Arguments that are passed by. */
struct sk_buff;
struct inet_timewait_death_row;
struct proto_accept_arg;

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define AF_INET       2
#define AF_INET6      10
#define PF_KTHREAD    0x00200000
#define SHUTDOWN_MASK 3
#define ECONNABORTED  103
#define ECONNRESET    104
#define TIME_WAIT_NS  60000000000ULL /* TCP_TIMEWAIT_LEN, include/net/tcp.h */
#define STACK_FRAMES  10
#define MAPPED_WORD   bpf_htonl(0xffff) /* third word of ::ffff:a.b.c.d */

/* The only variable in .rodata, so that user space finds it at its start. */
const volatile struct socktrace_config config;

/* The only variable in .bss, likewise. User space writes, programs read. */
volatile struct socktrace_symbols symbols;

/*
 * Only so that these types stand in the object's BTF, for the test that compares them with
 * user space's. libbpf makes no map of a section with such a name.
 */
struct socktrace_event *event_type SEC(".types");
enum socktrace_kind *kind_type SEC(".types");
enum socktrace_family *family_type SEC(".types");
enum socktrace_flags *flags_type SEC(".types");

/* The events. Programs insert, user space consumes; sized before load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events SEC(".maps");

/* What was lost or rescued, one row a CPU. Programs add, user space reads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct socktrace_counts);
} counts SEC(".maps");

/*
 * A tracing program does not run on a CPU on which it is already running: a softirq that
 * interrupts it and changes another socket's state is skipped, and only the program's
 * recursion_misses shows it (__bpf_trace_run(), since 6.2). So there are two programs on
 * the tracepoint. The first marks the transition as done; the second emits what it does
 * not find marked, and removes the mark. Softirqs do not nest (except on PREEMPT_RT, where
 * what both programs miss is still counted), so one of the two always runs. The marks are hashed: a
 * softirq that comes between the two programs leaves the outer transition's mark alone, unless both
 * fall on the same place, and then the transition comes twice, which user space recognises.
 *
 * The first program inserts, the second removes; nobody else looks.
 */
#define MARKS 64

struct mark {
	const struct sock *sk;
	__u32 transition;
};

struct cpu_state {
	struct mark marks[MARKS];
	__u64 events; /* emitted, for wakeup_flags() */
	__u64 ended; /* mini-socket whose end is told, for on_mini_kill() */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_state);
} cpu_states SEC(".maps");

struct address {
	__u64 words[2];
};

struct tuple {
	struct address laddr, raddr;
	__u16 lport, rport;
	__u8 family;
};

static __always_inline struct cpu_state *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cpu_states, &zero);
}

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

static __always_inline struct socktrace_counts *cpu_counts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

static __always_inline struct address ipv4_mapped(__be32 address)
{
	struct address mapped = {
		.words = { 0, (__u64)address << 32 | MAPPED_WORD },
	};

	return mapped;
}

static __always_inline struct address ipv6(const struct in6_addr *in6)
{
	struct address address = {
		.words = { *(__u64 *)&in6->in6_u.u6_addr32[0], *(__u64 *)&in6->in6_u.u6_addr32[2] },
	};

	return address;
}

/*
 * The local port. At CLOSE it stands in inet_sport only: inet_put_port() has cleared skc_num.
 * But nothing clears inet_sport: on a socket that connects again it is the last attempt's,
 * until inet_hash_connect() has chosen a port. So where that found none, and no SYN has left,
 * skc_num tells: 0, or the port that the socket is bound to.
 */
static __always_inline __u16 local_port_at_close(const struct sock *sk, const struct tcp_sock *tp,
						 int oldstate)
{
	if (oldstate == TCP_SYN_SENT && !tp->segs_out)
		return sk->__sk_common.skc_num;
	return bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
}

static __always_inline struct tuple tuple_of(const struct sock *sk, __u16 lport)
{
	struct tuple tuple = {
		.lport = lport,
		.rport = bpf_ntohs(sk->__sk_common.skc_dport),
		.family = SOCKTRACE_FAMILY_IPV4,
	};

	if (sk->__sk_common.skc_family == AF_INET6 &&
	    bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		tuple.family = SOCKTRACE_FAMILY_IPV6;
		tuple.laddr = ipv6(&sk->__sk_common.skc_v6_rcv_saddr);
		tuple.raddr = ipv6(&sk->__sk_common.skc_v6_daddr);
	} else {
		tuple.laddr = ipv4_mapped(sk->__sk_common.skc_rcv_saddr);
		tuple.raddr = ipv4_mapped(sk->__sk_common.skc_daddr);
	}
	return tuple;
}

static __always_inline bool in_prefix(const struct address *address)
{
	const volatile __u64 *mask = (const volatile __u64 *)config.host_mask;
	const volatile __u64 *prefix = (const volatile __u64 *)config.host_prefix;

	return (address->words[0] & mask[0]) == prefix[0] &&
	       (address->words[1] & mask[1]) == prefix[1];
}

/*
 * False only for what cannot match, whatever becomes known later: port 0 is "not yet". What
 * has gone through without a port goes through once more with it, so that user space does
 * not wait for the end of a socket that nobody asked for.
 */
static __always_inline bool may_match(const struct tuple *tuple, __u32 netns, bool was_let_through)
{

	if (config.netns && netns != config.netns)
		return false;
	if (config.family && tuple->family != config.family)
		return false;
	if (config.lport && tuple->lport && tuple->lport != config.lport && !was_let_through)
		return false;
	if (config.rport && tuple->rport && tuple->rport != config.rport)
		return false;
	if (config.port && tuple->lport && tuple->rport && tuple->lport != config.port &&
	    tuple->rport != config.port && !was_let_through)
		return false;
	if (config.host && tuple->rport && !in_prefix(&tuple->laddr) && !in_prefix(&tuple->raddr))
		return false;
	return true;
}

/*
 * The socket's own cgroup, set at socket() and inherited by accepted sockets
 * (cgroup_sk_alloc(), cgroup_sk_clone()): true in every context, where the cgroup of
 * `current` is not. Before 5.15 the pointer shared its word with the v1 class id.
 */
static __always_inline __u64 cgroup_of(const struct sock *sk)
{
	if (!bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return 0;

	struct cgroup *cgroup = sk->sk_cgrp_data.cgroup;

	return cgroup && cgroup->kn ? cgroup->kn->id : 0;
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

/* pid and comm of the process, not of the thread: a pool thread's name says little. */
static __always_inline void fill_owner(struct socktrace_event *event)
{
	__u64 *comm = (__u64 *)event->comm;

	if (!config.has_task_btf) {
		struct task_struct *task = (void *)bpf_get_current_task();

		if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
			return;
		event->flags |= SOCKTRACE_FLAG_OWNER;
		event->pid = bpf_get_current_pid_tgid() >> 32;
		BPF_CORE_READ_INTO(&event->comm, task, group_leader, comm);
		return;
	}

	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & PF_KTHREAD)
		return;

	struct task_struct *leader = task->group_leader;

	event->flags |= SOCKTRACE_FLAG_OWNER;
	event->pid = task->tgid;
	comm[0] = *(__u64 *)&leader->comm[0];
	comm[1] = *(__u64 *)&leader->comm[8];
}

/* tcp_fin() sets SOCK_DONE; RCV_SHUTDOWN alone may also be a local shutdown(SHUT_RD). */
static __always_inline bool fin_received(const struct sock *sk)
{
	return sk->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

/* The helper gives a socket its cookie; once it has one, reading is cheaper than calling. */
static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	if (cookie || !config.has_cookie_helper)
		return cookie;
	return bpf_get_socket_cookie(sk);
}

static __always_inline bool is_in(__u64 address, const volatile struct socktrace_function *function)
{
	return address >= function->start && address < function->end;
}

/*
 * Data for a socket that has been closed makes tcp_rcv_state_process() reset the connection,
 * by tcp_reset(), as if a RST had come: only the stack tells that none has.
 */
static __always_inline bool is_aborted_on_data(void *ctx, const struct sock *sk, int oldstate)
{
	/* 5.10's verifier has a helper write only to a stack that the program has written to. */
	__u64 frames[STACK_FRAMES] = {};

	if (sk->sk_err != ECONNRESET || sk->sk_shutdown != SHUTDOWN_MASK ||
	    (oldstate != TCP_FIN_WAIT1 && oldstate != TCP_FIN_WAIT2))
		return false;
	if (!symbols.validate_incoming.start || bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return false;
	for (int i = 0; i < STACK_FRAMES; i++) {
		if (is_in(frames[i], &symbols.validate_incoming))
			return false;
	}
	return true;
}

/*
 * Totals, once the socket is done. The kernel's bytes_sent counts retransmitted payload
 * again (and once more what this host itself dropped and sent anew: __tcp_transmit_skb()
 * counts before the queue refuses), and its bytes_received counts the peer's FIN as a byte
 * (tcp_rcv_nxt_update()).
 */
static __always_inline void fill_totals(struct socktrace_event *event, const struct sock *sk,
					const struct tcp_sock *tp, bool is_aborted)
{
	event->bytes_sent = tp->bytes_sent - tp->bytes_retrans;
	event->bytes_received = tp->bytes_received;
	if (fin_received(sk)) {
		event->flags |= SOCKTRACE_FLAG_FIN_RECEIVED;
		if (event->bytes_received)
			event->bytes_received--;
	}
	event->retransmits = tp->total_retrans;
	event->srtt_us = tp->srtt_us >> 3;
	event->sk_err = is_aborted ? ECONNABORTED : sk->sk_err;
	event->shutdown = sk->sk_shutdown;
	event->flags |= SOCKTRACE_FLAG_TOTALS;
	if (sk->sk_lock.owned)
		event->flags |= SOCKTRACE_FLAG_HELD;
	/* IP_LOCAL_PORT_RANGE, since 6.3; as one word since 6.8. */
	if (!event->lport && bpf_core_field_exists(tp->inet_conn.icsk_inet.local_port_range))
		event->port_range = tp->inet_conn.icsk_inet.local_port_range;
}

/*
 * A wakeup is the dearest thing that a ring's producer can do, so there is none until the
 * backlog reaches wake_bytes, and even asking for the backlog is left to every 64th event of
 * a CPU. Below that the consumer's own timeout serves it.
 */
static __always_inline __u64 wakeup_flags(struct cpu_state *cpu)
{
	if (++cpu->events % 64)
		return BPF_RB_NO_WAKEUP;
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= config.wake_bytes
		   ? BPF_RB_FORCE_WAKEUP
		   : BPF_RB_NO_WAKEUP;
}

/* NULL where the ring is full, which is counted. Otherwise it must be submitted. */
static __always_inline struct socktrace_event *reserve(void)
{
	struct socktrace_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		struct socktrace_counts *lost = cpu_counts();

		if (lost)
			__sync_fetch_and_add(&lost->ring_full, 1);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = bpf_ktime_get_ns();
	return event;
}

static __always_inline void fill_tuple(struct socktrace_event *event, const struct tuple *tuple,
				       __u32 netns)
{
	*(struct address *)event->laddr = tuple->laddr;
	*(struct address *)event->raddr = tuple->raddr;
	event->netns = netns;
	event->lport = tuple->lport;
	event->rport = tuple->rport;
	event->family = tuple->family;
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
	bool is_aborted = false;

	if (newstate == TCP_CLOSE) {
		tp = bpf_skc_to_tcp_sock(sk);
		if (!tp)
			return 0;
		lport = local_port_at_close(sk, tp, oldstate);
		is_aborted = is_aborted_on_data(ctx, sk, oldstate);
	}

	struct tuple tuple = tuple_of(sk, lport);
	__u32 netns = sk->__sk_common.skc_net.net->ns.inum;

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
		fill_totals(event, sk, tp, is_aborted);
	if (current_is_owner(sk, oldstate, newstate))
		fill_owner(event);

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

/*
 * TIME_WAIT. The real socket goes to CLOSE, and an inet_timewait_sock (a mini-socket) stays
 * behind, in TIME_WAIT, or in the FIN_WAIT2 of an orphan. Its life is seen by fentry where
 * the kernel lets one in; else by the timers that it is armed with. A mini-socket is known
 * by its address, which the slab reuses once it has ended.
 */

static __always_inline struct tuple mini_tuple(const struct inet_timewait_sock *tw)
{
	struct tuple tuple = {
		.lport = bpf_ntohs(tw->tw_sport),
		.rport = bpf_ntohs(tw->__tw_common.skc_dport),
		.family = SOCKTRACE_FAMILY_IPV4,
	};

	if (tw->__tw_common.skc_family == AF_INET6 &&
	    bpf_core_field_exists(tw->__tw_common.skc_v6_daddr)) {
		tuple.family = SOCKTRACE_FAMILY_IPV6;
		tuple.laddr = ipv6(&tw->__tw_common.skc_v6_rcv_saddr);
		tuple.raddr = ipv6(&tw->__tw_common.skc_v6_daddr);
	} else {
		tuple.laddr = ipv4_mapped(tw->__tw_common.skc_rcv_saddr);
		tuple.raddr = ipv4_mapped(tw->__tw_common.skc_daddr);
	}
	return tuple;
}

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
	struct tuple tuple = mini_tuple(tw);
	__u32 netns = tw->__tw_common.skc_net.net->ns.inum;

	if (!may_match(&tuple, netns, false))
		return 0;

	struct cpu_state *cpu = this_cpu();
	struct socktrace_event *event = reserve();

	if (!event)
		return 0;

	event->kind = kind;
	event->sock = (__u64)tw;
	event->cookie = tw->__tw_common.skc_cookie.counter;
	fill_tuple(event, &tuple, netns);
	event->new_state = tw->tw_substate;
	if (kind != SOCKTRACE_KIND_MINI_ARMED)
		event->armed_ns = armed_at(tw, event->time_ns);
	bpf_ringbuf_submit(event, cpu ? wakeup_flags(cpu) : 0);
	return 0;
}

/*
 * Who called inet_twsk_deschedule_put() is who ended the mini-socket, and only the stack
 * tells. It is walked for those that end before their time, and for no other.
 *
 * 0 where the function is not on the stack.
 */
static __always_inline __u8 ending_of(void *ctx)
{
	/* 5.10's verifier has a helper write only to a stack that the program has written to. */
	__u64 frames[STACK_FRAMES] = {};

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) < 0)
		return 0;
	for (int i = 0; i < STACK_FRAMES - 1; i++) {
		if (!is_in(frames[i], &symbols.deschedule_put))
			continue;

		__u64 caller = frames[i + 1];

		if (is_in(caller, &symbols.rcv[0]) || is_in(caller, &symbols.rcv[1]))
			return SOCKTRACE_KIND_MINI_REOPENED;
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

	struct tuple tuple = tuple_of(sk, sk->__sk_common.skc_num);
	__u32 netns = sk->__sk_common.skc_net.net->ns.inum;

	if (!may_match(&tuple, netns, false))
		return 0;

	struct cpu_state *cpu = this_cpu();
	struct socktrace_event *event = reserve();

	if (!event)
		return 0;

	event->kind = tw ? SOCKTRACE_KIND_MINI_ARMED : SOCKTRACE_KIND_MINI_OVERFLOW;
	event->sock = tw ? (__u64)tw : (__u64)sk;
	event->parent = (__u64)sk;
	event->cookie = sk->__sk_common.skc_cookie.counter;
	fill_tuple(event, &tuple, netns);
	event->new_state = state;
	bpf_ringbuf_submit(event, cpu ? wakeup_flags(cpu) : 0);
	return 0;
}

/* A FIN came for a mini-socket: if it stood in FIN_WAIT2, it is in TIME_WAIT now. */
SEC("fexit/tcp_timewait_state_process")
int BPF_PROG(on_mini_packet, struct inet_timewait_sock *tw, struct sk_buff *skb,
	     const struct tcphdr *th)
{
	if (!BPF_CORE_READ_BITFIELD(th, fin) || tw->tw_substate != TCP_TIME_WAIT)
		return 0;
	return emit_mini(tw, SOCKTRACE_KIND_MINI_ARMED);
}

SEC("fentry/inet_twsk_deschedule_put")
int BPF_PROG(on_mini_deschedule, struct inet_timewait_sock *tw)
{
	__u8 ending = ending_of(ctx);
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
	bpf_ringbuf_submit(event, cpu ? wakeup_flags(cpu) : 0);
	return 0;
}

/* The same by timers. Every timer of the host comes this way: the compare comes first. */

extern void *bpf_rdonly_cast(void *object, __u32 btf_id) __ksym __weak;

static __always_inline bool is_mini_timer(const struct timer_list *timer)
{
	return (__u64)timer->function == symbols.tw_timer_handler;
}

static __always_inline struct inet_timewait_sock *mini_of(const struct timer_list *timer)
{
	__u64 tw = (__u64)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);

	return bpf_rdonly_cast((void *)tw, bpf_core_type_id_kernel(struct inet_timewait_sock));
}

/* Armed, or re-armed: user space knows which. */
SEC("tp_btf/timer_start")
int BPF_PROG(on_timer_start, struct timer_list *timer)
{
	if (!is_mini_timer(timer))
		return 0;
	return emit_mini(mini_of(timer), SOCKTRACE_KIND_MINI_ARMED);
}

/*
 * Taken off the timer wheel: to run, to be set anew, or because the mini-socket ends before
 * its time. __run_timers() runs timers from a list whose head is on its stack, and takes
 * them from the front: then what points to the timer lies on this stack, a little above.
 */
SEC("tp_btf/timer_cancel")
int BPF_PROG(on_timer_cancel, struct timer_list *timer)
{
	if (!is_mini_timer(timer))
		return 0;

	__u64 pprev = (__u64)timer->entry.pprev;

	if (pprev > (__u64)ctx && pprev < (__u64)(ctx + 512))
		return emit_mini(mini_of(timer), SOCKTRACE_KIND_MINI_EXPIRED);

	__u8 ending = ending_of(ctx);

	return ending ? emit_mini(mini_of(timer), ending) : 0;
}

/* The owner of an accepted socket. The 2 arguments are since 6.10: user space chooses. */

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

/*
 * A snapshot: all sockets and mini-sockets of the network namespace in which the iterator
 * was opened, as events. The socket is locked meanwhile (bpf_iter_tcp_seq_show()), so its
 * state is that after one event and before the next.
 */
SEC("iter/tcp")
int snapshot(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct socktrace_event event = { .time_ns = bpf_ktime_get_ns() };

	if (!skc)
		return 0;

	struct tcp_timewait_sock *mini = bpf_skc_to_tcp_timewait_sock(skc);

	if (mini) {
		struct inet_timewait_sock *tw = &mini->tw_sk;
		struct tuple tuple = mini_tuple(tw);
		__u32 netns = tw->__tw_common.skc_net.net->ns.inum;

		if (!may_match(&tuple, netns, false))
			return 0;
		event.kind = SOCKTRACE_KIND_SEEN_MINI;
		event.sock = (__u64)tw;
		event.cookie = tw->__tw_common.skc_cookie.counter;
		event.new_state = tw->tw_substate;
		event.armed_ns = armed_at(tw, event.time_ns);
		fill_tuple(&event, &tuple, netns);
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

	struct tuple tuple = tuple_of(sk, sk->__sk_common.skc_num);
	__u32 netns = sk->__sk_common.skc_net.net->ns.inum;

	if (!may_match(&tuple, netns, false))
		return 0;

	struct socket *socket = sk->sk_socket;
	struct file *file = socket ? socket->file : NULL;

	event.kind = SOCKTRACE_KIND_SEEN;
	event.sock = (__u64)sk;
	event.cookie = cookie_of(sk);
	event.new_state = state;
	event.cgroup = cgroup_of(sk);
	event.uid = sk->sk_uid.val;
	event.inode = file ? file->f_inode->i_ino : 0;
	fill_tuple(&event, &tuple, netns);
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}
