/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* What user space tells the programs, and what they share with it and with each other. */

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

static __always_inline struct cpu_state *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cpu_states, &zero);
}

static __always_inline struct socktrace_counts *cpu_counts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

/*
 * How much of the stack is looked at for a function. On 6.18 what is looked for stands at the
 * 8th place; where compilers inline less (tcp_set_state() and tcp_reset(), or
 * __timer_delete_sync() and __try_to_del_timer_sync(), by themselves), at the 10th.
 */
#define STACK_FRAMES 16

/* Is a return address in that function? */
static __always_inline bool is_in(__u64 address, const volatile struct socktrace_function *function)
{
	return address >= function->start && address < function->end;
}
