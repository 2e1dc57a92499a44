/* SPDX-License-Identifier: MIT */
/* The scenarios, by file, the ports that tell them apart, and what they are made of. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <netinet/in.h>

enum port {
	BEFORE = 7000,
	CLIENT_CLOSES,
	SERVER_CLOSES,
	SIMULTANEOUS,
	REFUSED,
	ABORT,
	LATE_FIN,
	ORPHAN_EXPIRES,
	REUSED_BOUND,
	REUSED_CHOSEN,
	REOPENED,
	REOPENED6,
	RESET_IN_TIME_WAIT,
	THREAD,
	ACCEPTOR,
	EXHAUSTED,
	CLIENT_CLOSES6,
	OVERFLOW,
	NETNS_GONE,
	SHORT_LATE_FIN,
	SHORT_ORPHAN,
};

struct pair {
	int listener, client, server;
};

/* sockets.c; all but try_connect() end the program where they fail. */
int check(int result, const char *what);
void set(const char *name, const char *value); /* a sysctl under net/ipv4 */
struct sockaddr_in6 loopback(int family, int port);
int bound_socket(int family, int port);
int listen_on(int family, int port);
int try_connect(int fd, int family, int port);

/* A client from a port of its choice, or of the kernel's: 0. */
int connect_to(int family, int lport, int rport);
struct pair connect_from(struct pair pair, int family, int lport, int rport);
struct pair open_pair(int family, int lport, int rport);
void close_client_first(struct pair pair);
void close_server_first(struct pair pair);

/* connections.c */
void orderly(int family, int port);
void server_closes(void);
void refused(void);
void abort_by_linger(void);
void in_thread(void);
void acceptor(void);
void exhausted(void);

/* segments.c */
void simultaneous(void);
void reset_in_time_wait(void);

/* timewait.c */
void orphan(int port, int seconds);
void reused(int lport, int port);
void reopened(int family, int port);
void netns_gone(void);
void overflow(void);

#endif
