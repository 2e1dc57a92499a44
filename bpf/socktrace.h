/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What crosses the ring buffer: one fixed event. The C# side declares the same
 * layout in src/SockTrace.Core/Events/TcpEvent.cs; a test compares the two
 * through the BTF in the built object, so a change here fails there.
 */
#ifndef SOCKTRACE_H
#define SOCKTRACE_H

#define SOCKTRACE_COMM_LEN 16

enum socktrace_kind {
	SOCKTRACE_KIND_STATE = 1, /* a transition of a full socket */
	SOCKTRACE_KIND_MINI_ARMED = 2, /* a mini-socket in new_state: FIN_WAIT2 or TIME_WAIT */
	SOCKTRACE_KIND_MINI_EXPIRED = 3, /* its timer ran out in old_state */
	SOCKTRACE_KIND_MINI_GONE = 4, /* it went before its time, and nobody saw why */
};

enum socktrace_family {
	SOCKTRACE_FAMILY_IPV4 = 4,
	SOCKTRACE_FAMILY_IPV6 = 6,
};

enum socktrace_flags {
	/* pid and comm are the owner's: the kernel was in its context */
	SOCKTRACE_FLAG_OWNER = 1 << 0,
	/* emitted by the second program of the pair, see socktrace.bpf.c */
	SOCKTRACE_FLAG_RESCUED = 1 << 1,
	/* the peer's FIN has been received in order; at CLOSE only */
	SOCKTRACE_FLAG_FIN_RECEIVED = 1 << 2,
	/* byte counts, retransmits, srtt, error and shutdown bits are filled in; at CLOSE only */
	SOCKTRACE_FLAG_TOTALS = 1 << 3,
	/* pid and comm were looked up in /proc, after the fact */
	SOCKTRACE_FLAG_OWNER_FROM_SNAPSHOT = 1 << 4,
	/* cookie is not the kernel's but a number that the source gave */
	SOCKTRACE_FLAG_OWN_ID = 1 << 5,
	/* first seen, and not there at the look before: it was opened between the two */
	SOCKTRACE_FLAG_APPEARED = 1 << 6,
};

/* All integers in host byte order; 0 is "unknown" unless said otherwise. */
struct socktrace_event {
	unsigned long long time_ns; /* CLOCK_MONOTONIC */
	unsigned long long sock; /* tells sockets apart while they live; never printed */
	unsigned long long cookie; /* the kernel's socket cookie, `ss -e` prints it as sk: */
	unsigned char laddr[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned char raddr[16];
	unsigned long long cgroup; /* id of the socket's cgroup (v2) */
	unsigned long long
	    bytes_sent; /* payload, without retransmissions; with SOCKTRACE_FLAG_TOTALS */
	unsigned long long bytes_received; /* payload; with SOCKTRACE_FLAG_TOTALS */
	char comm[SOCKTRACE_COMM_LEN]; /* with SOCKTRACE_FLAG_OWNER only */
	unsigned int netns; /* inode number of the network namespace */
	unsigned int pid; /* thread group id; with SOCKTRACE_FLAG_OWNER only */
	unsigned int uid; /* of the socket, in the initial user namespace */
	unsigned int srtt_us; /* with SOCKTRACE_FLAG_TOTALS */
	unsigned int retransmits; /* segments; with SOCKTRACE_FLAG_TOTALS */
	unsigned short lport;
	unsigned short rport;
	unsigned short sk_err; /* errno; with SOCKTRACE_FLAG_TOTALS */
	unsigned char kind; /* enum socktrace_kind */
	unsigned char old_state; /* TCP_*, include/net/tcp_states.h */
	unsigned char new_state;
	unsigned char family; /* enum socktrace_family */
	unsigned char shutdown; /* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2; with SOCKTRACE_FLAG_TOTALS */
	unsigned char flags; /* enum socktrace_flags */
};

/*
 * Written into .rodata before load. A filter that is 0 is off, and the verifier then
 * removes its code. These filters drop only what cannot match: a tuple is not complete in
 * every transition, so the exact decision is made in user space.
 */
struct socktrace_config {
	unsigned long long wake_bytes; /* backlog of the ring at which the consumer is woken */
	unsigned char host_prefix[16]; /* as in an event's addresses, zero beyond the mask */
	unsigned char host_mask[16];
	unsigned int netns;
	unsigned short port; /* either end */
	unsigned short lport;
	unsigned short rport;
	unsigned char family; /* enum socktrace_family */
	unsigned char host; /* whether host_prefix and host_mask apply */
	unsigned int padding;
};

/* What one CPU could not deliver, or delivered by the second program. */
struct socktrace_counts {
	unsigned long long ring_full; /* events for which the ring had no room */
	unsigned long long rescued; /* transitions that the first program missed */
};

#endif
