/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* An event, from its room in the ring to its being sent, and what fills it in. */

#define PF_KTHREAD 0x00200000

/*
 * The socket's own cgroup, set at socket() and inherited by accepted sockets
 * (cgroup_sk_alloc(), cgroup_sk_clone()): true in every context, where the cgroup of
 * `current` is not. Before 5.15 the pointer shared its word with the v1 class id.
 */
static __always_inline __u64 cgroup_of(const struct sock *sk)
{
	if (!bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return 0;

	struct cgroup *cgroup = untrusted(sk, struct sock)->sk_cgrp_data.cgroup;

	return cgroup && cgroup->kn ? cgroup->kn->id : 0;
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

	struct task_struct *leader = untrusted(task, struct task_struct)->group_leader;

	event->flags |= SOCKTRACE_FLAG_OWNER;
	event->pid = task->tgid;
	comm[0] = *(__u64 *)&leader->comm[0];
	comm[1] = *(__u64 *)&leader->comm[8];
}

/* The helper gives a socket its cookie; once it has one, reading is cheaper than calling. */
static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	if (cookie || !config.has_cookie_helper)
		return cookie;
	return bpf_get_socket_cookie(sk);
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

/* All that sockets and mini-sockets have in common. */
static __always_inline void describe(struct socktrace_event *event, __u8 kind, const void *sock,
				     const struct tuple *tuple, __u32 netns)
{
	const struct sock_common *skc = sock;

	event->kind = kind;
	event->sock = (__u64)sock;
	event->cookie = skc->skc_cookie.counter;
	fill_tuple(event, tuple, netns);
}

/* NULL where the filters rule it out, or the ring is full. Otherwise it must be sent. */
static __always_inline struct socktrace_event *begin(__u8 kind, const void *sock, __u16 lport)
{
	struct tuple tuple = tuple_of(sock, lport);
	__u32 netns = netns_of(sock);

	if (!may_match(&tuple, netns, false))
		return NULL;

	struct socktrace_event *event = reserve();

	if (event)
		describe(event, kind, sock, &tuple, netns);
	return event;
}

static __always_inline int send(struct socktrace_event *event)
{
	struct cpu_state *cpu = this_cpu();

	bpf_ringbuf_submit(event, cpu ? wakeup_flags(cpu) : 0);
	return 0;
}
