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
	SOCKTRACE_KIND_MINI_EXPIRED = 3, /* its timer ran out */
	SOCKTRACE_KIND_MINI_GONE = 4, /* it went before its time, and nobody saw why */
	SOCKTRACE_KIND_MINI_REUSED = 5, /* a local connect() took its four-tuple */
	SOCKTRACE_KIND_MINI_REOPENED = 6, /* a SYN of the peer's took its four-tuple */
	SOCKTRACE_KIND_MINI_KILLED = 7, /* by a RST, an administrator, the end of its netns */
	SOCKTRACE_KIND_MINI_OVERFLOW = 8, /* none was made for `sock`: tcp_max_tw_buckets */
	SOCKTRACE_KIND_OWNED = 9, /* only this: pid and comm are the owner's */
	SOCKTRACE_KIND_SEEN = 10, /* a snapshot found the socket in new_state */
	SOCKTRACE_KIND_SEEN_MINI = 11, /* a snapshot found the mini-socket in new_state */
	SOCKTRACE_KIND_SNAPSHOT_END = 12, /* that was all of netns, see began_ns */
};

enum socktrace_family {
	SOCKTRACE_FAMILY_IPV4 = 4,
	SOCKTRACE_FAMILY_IPV6 = 6,
};

enum socktrace_flags {
	/* pid and comm are the owner's: the kernel was in its context */
	SOCKTRACE_FLAG_OWNER = 1 << 0,
	/* emitted by the second program of the pair, see maps.bpf.h */
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
	/* a process held the socket's lock: the transition was made on this side; at CLOSE only */
	SOCKTRACE_FLAG_HELD = 1 << 7,
};

/* As sk_err: either side has reset the connection, and which could not be found out. */
#define SOCKTRACE_ERROR_UNKNOWN 0xffff

/* Beside the shutdown bits, at SYN_SENT->CLOSE: no SYN has left. */
#define SOCKTRACE_UNSENT 0x80

/* As the state of a mini-socket: whether there is one could not be found out. */
#define SOCKTRACE_MINI_UNKNOWN 0xff
/* Likewise: there is none, since none could be made: tcp_max_tw_buckets. */
#define SOCKTRACE_MINI_OVERFLOWN 0xfe

/* All integers in host byte order; 0 is "unknown" unless said otherwise. */
struct socktrace_event {
	unsigned long long time_ns; /* CLOCK_MONOTONIC */
	unsigned long long sock; /* tells sockets apart while they live; never printed */
	unsigned long long cookie; /* the kernel's socket cookie, `ss -e` prints it as sk: */
	unsigned char laddr[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned char raddr[16];
	unsigned long long cgroup; /* id of the socket's cgroup (v2) */
	union {
		/* payload, without retransmissions; with SOCKTRACE_FLAG_TOTALS */
		unsigned long long bytes_sent;
		/* MINI_ARMED: the `sock` that it was made from */
		unsigned long long parent;
		/* MINI_EXPIRED to MINI_KILLED, SEEN_MINI: when its timer was last set to 60 s */
		unsigned long long armed_ns;
		/* SNAPSHOT_END: what began later may be missing from the snapshot */
		unsigned long long began_ns;
	};
	union {
		/* payload; with SOCKTRACE_FLAG_TOTALS */
		unsigned long long bytes_received;
		/* SEEN: of the socket's file, as /proc/PID/fd shows it */
		unsigned long long inode;
	};
	union {
		char comm[SOCKTRACE_COMM_LEN]; /* with SOCKTRACE_FLAG_OWNER only */
		/* FIN_WAIT2->CLOSE and CLOSING->CLOSE, which have no owner: what stays behind */
		struct {
			unsigned long long mini; /* the `sock` of the mini-socket */
			unsigned char mini_state; /* FIN_WAIT2, TIME_WAIT, or as above */
		};
	};
	unsigned int netns; /* inode number of the network namespace */
	unsigned int pid; /* thread group id; with SOCKTRACE_FLAG_OWNER only */
	unsigned int uid; /* of the socket, in the initial user namespace */
	union {
		/* with SOCKTRACE_FLAG_TOTALS */
		unsigned int srtt_us;
		/* SYN_SENT->CLOSE without a local port: the socket's own port range, low | high <<
		 * 16 */
		unsigned int port_range;
	};
	unsigned int retransmits; /* segments; with SOCKTRACE_FLAG_TOTALS */
	unsigned short lport;
	unsigned short rport;
	unsigned short
	    sk_err; /* errno; ECONNABORTED where we reset, or below; with SOCKTRACE_FLAG_TOTALS */
	unsigned char kind; /* enum socktrace_kind */
	unsigned char old_state; /* TCP_*, include/net/tcp_states.h */
	unsigned char new_state;
	unsigned char family; /* enum socktrace_family */
	unsigned char
	    shutdown; /* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2, or as above; with SOCKTRACE_FLAG_TOTALS */
	unsigned char flags; /* enum socktrace_flags */
};

/* Where a kernel function's code lies; from /proc/kallsyms. */
struct socktrace_function {
	unsigned long long start;
	unsigned long long end;
};

/*
 * What the programs of mini-sockets compare with. Written after load: to find it takes user
 * space longer than all else. All 0 until then, and nothing is equal to that.
 */
struct socktrace_symbols {
	unsigned long long tw_timer_handler; /* what a mini-socket's timer calls */
	/* Who ends a mini-socket before its time calls this. */
	struct socktrace_function deschedule_put;
	/* It is called for a SYN by tcp_v4_rcv(), tcp_v6_rcv(), ... */
	struct socktrace_function rcv[2];
	/* ... for a connect() by __inet_hash_connect() and what may be inlined there. */
	struct socktrace_function connect[3];
	struct socktrace_function validate_incoming; /* tcp_validate_incoming(): a RST has come */
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
	unsigned int tick_ns; /* nanoseconds of a jiffy */
	unsigned int netns;
	unsigned short port; /* either end */
	unsigned short lport;
	unsigned short rport;
	unsigned char family; /* enum socktrace_family */
	unsigned char host; /* whether host_prefix and host_mask apply */
	unsigned char
	    has_cookie_helper; /* bpf_get_socket_cookie() in tracing programs, since 5.12 */
	unsigned char has_task_btf; /* bpf_get_current_task_btf(), since 5.11 */
	unsigned char has_rdonly_cast; /* bpf_rdonly_cast(), since 6.2 */
	unsigned char finds_minis; /* CLOSE looks for the mini-socket that stays behind */
	unsigned char padding[4];
};

/* What one CPU could not deliver, or delivered by the second program. */
struct socktrace_counts {
	unsigned long long ring_full; /* events for which the ring had no room */
	unsigned long long rescued; /* transitions that the first program missed */
};

#endif
