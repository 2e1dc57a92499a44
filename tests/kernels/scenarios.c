// SPDX-License-Identifier: MIT
/*
 * Makes every kind of connection's end that the checks know, on loopback, one after another.
 * Each scenario has a port of its own, by which checks.jq finds it. Prints nothing but errors.
 *
 * Stops itself once the connection that is older than the trace is open; SIGCONT starts the rest.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	int fd = check(open(path, O_WRONLY), path);

	check(write(fd, value, strlen(value)), path);
	close(fd);
}

static struct sockaddr_in6 loopback(int family, int port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (family == AF_INET)
		memcpy(&in6, &in, sizeof(in));
	return in6;
}

static int bound_socket(int family, int port)
{
	int fd = check(socket(family, SOCK_STREAM, 0), "socket"), on = 1;
	struct sockaddr_in6 local = loopback(family, port);

	if (port) {
		check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
		check(bind(fd, (void *)&local, sizeof(local)), "bind");
	}
	return fd;
}

static int listen_on(int family, int port)
{
	int fd = bound_socket(family, port);

	check(listen(fd, 16), "listen");
	return fd;
}

static int try_connect(int fd, int family, int port)
{
	struct sockaddr_in6 remote = loopback(family, port);

	return connect(fd, (void *)&remote, sizeof(remote));
}

/* A client from a port of its choice, or of the kernel's: 0. */
static int connect_to(int family, int lport, int rport)
{
	int fd = bound_socket(family, lport);

	check(try_connect(fd, family, rport), "connect");
	return fd;
}

static struct pair connect_from(struct pair pair, int family, int lport, int rport)
{
	pair.client = connect_to(family, lport, rport);
	pair.server = check(accept(pair.listener, NULL, NULL), "accept");
	return pair;
}

static struct pair open_pair(int family, int lport, int rport)
{
	struct pair pair = { .listener = listen_on(family, rport) };

	return connect_from(pair, family, lport, rport);
}

/*
 * The second closes when it has heard of the first: a softirq may be late, and then both would
 * have closed at once.
 */
static void close_both(int first, int second)
{
	char data;

	close(first);
	if (read(second, &data, 1) > 0)
		fprintf(stderr, "data where the end should be\n");
	close(second);
}

static void close_client_first(struct pair pair)
{
	close_both(pair.client, pair.server);
}

static void close_server_first(struct pair pair)
{
	close_both(pair.server, pair.client);
}

static void orderly(int family, int port)
{
	struct pair pair = open_pair(family, 0, port);

	close_client_first(pair);
	close(pair.listener);
}

static void server_closes(void)
{
	struct pair pair = open_pair(AF_INET, 0, SERVER_CLOSES);

	close_server_first(pair);
	close(pair.listener);
}

static void refused(void)
{
	int fd = bound_socket(AF_INET, 0);

	if (try_connect(fd, AF_INET, REFUSED) == 0 || errno != ECONNREFUSED)
		perror("a connect that should be refused");
	close(fd);
}

static void abort_by_linger(void)
{
	struct pair pair = open_pair(AF_INET, 0, ABORT);
	struct linger now = { .l_onoff = 1 };

	check(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
	close_client_first(pair);
	close(pair.listener);
}

static void orphan(int port, int seconds)
{
	struct pair pair = open_pair(AF_INET, 0, port);

	close(pair.client);
	sleep(seconds);
	close(pair.server);
	close(pair.listener);
}

/* A client's TIME_WAIT is taken over by the next connect(). */
static void reused(int lport, int port)
{
	struct pair pair = open_pair(AF_INET, lport, port);

	close_client_first(pair);
	sleep(2);
	pair = connect_from(pair, AF_INET, lport, port);
	close_client_first(pair);
	close(pair.listener);
}

/* A server's TIME_WAIT gives way to the client's next SYN. */
static void reopened(int family, int port)
{
	struct pair pair = open_pair(family, port + 1000, port);

	close_server_first(pair);
	sleep(2);
	pair = connect_from(pair, family, port + 1000, port);
	close_server_first(pair);
	close(pair.listener);
}

/* What a raw socket gets: a header of 20 bytes, since nobody sets IP options, and the segment. */
struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	char options[40];
};

/* The FIN that came from a port, with its header's length in bytes. */
static struct packet fin_from(int raw, int port, size_t *length)
{
	struct packet packet;

	do {
		check(recv(raw, &packet, sizeof(packet), MSG_DONTWAIT), "a FIN");
	} while (!packet.tcp.fin || packet.tcp.source != htons(port));
	*length = packet.tcp.doff * 4;
	return packet;
}

/* Loopback leaves a segment without its checksum; what comes from a raw socket needs one. */
static void send_raw(int raw, struct tcphdr *tcp, size_t length)
{
	struct sockaddr_in6 to = loopback(AF_INET, 0);
	unsigned short words[30];
	unsigned int sum = htons(IPPROTO_TCP) + htons(length);

	for (int i = 0; i < 2; i++)
		sum += htons(INADDR_LOOPBACK >> 16) + htons(INADDR_LOOPBACK & 0xffff);
	tcp->check = 0;
	memcpy(words, tcp, length);
	for (size_t i = 0; i < length / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	tcp->check = ~(sum + (sum >> 16));
	check(sendto(raw, tcp, length, 0, (void *)&to, sizeof(struct sockaddr_in)), "raw segment");
}

static int port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	check(getsockname(fd, (void *)&in, &length), "getsockname");
	return ntohs(in.sin_port);
}

static void set_deaf(int fd, bool is_deaf)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &drop };

	check(setsockopt(fd, SOL_SOCKET, is_deaf ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &program,
			 sizeof(program)),
	      "socket filter");
}

/*
 * Both FINs are under way at once: neither end hears the other's, until each is handed it
 * again as it was sent, before the other's was known. Of its own the client gets no
 * acknowledgement before it has sent it anew.
 */
static void simultaneous(void)
{
	int raw = check(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), "raw socket");
	struct pair pair = open_pair(AF_INET, 0, SIMULTANEOUS);
	size_t client_length, server_length;

	set_deaf(pair.client, true);
	set_deaf(pair.server, true);
	check(shutdown(pair.client, SHUT_WR), "shutdown");
	check(shutdown(pair.server, SHUT_WR), "shutdown");
	struct packet client = fin_from(raw, port_of(pair.client), &client_length);
	struct packet server = fin_from(raw, SIMULTANEOUS, &server_length);

	set_deaf(pair.server, false);
	send_raw(raw, &client.tcp, client_length);
	set_deaf(pair.client, false);
	send_raw(raw, &server.tcp, server_length);
	sleep(1);
	close(raw);
	close_client_first(pair);
	close(pair.listener);
}

/* A RST with the very number that is expected: one more than that of the server's FIN. */
static void reset_in_time_wait(void)
{
	int raw = check(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), "raw socket");
	struct pair pair = open_pair(AF_INET, 0, RESET_IN_TIME_WAIT);
	size_t length;

	close_client_first(pair);
	struct packet fin = fin_from(raw, RESET_IN_TIME_WAIT, &length);
	struct tcphdr reset = {
		.source = fin.tcp.source,
		.dest = fin.tcp.dest,
		.seq = htonl(ntohl(fin.tcp.seq) + 1),
		.doff = sizeof(reset) / 4,
		.rst = 1,
	};

	send_raw(raw, &reset, sizeof(reset));
	close(raw);
	close(pair.listener);
}

static void *thread(void *unused)
{
	prctl(PR_SET_NAME, "thread");
	orderly(AF_INET, THREAD);
	return unused;
}

static void in_thread(void)
{
	pthread_t started;

	check(-pthread_create(&started, NULL, thread, NULL), "pthread_create");
	pthread_join(started, NULL);
}

/* The process that listens is not the one that accepts. */
static void acceptor(void)
{
	int listener = listen_on(AF_INET, ACCEPTOR);

	if (check(fork(), "fork") == 0) {
		char end;

		prctl(PR_SET_NAME, "acceptor");
		check(read(check(accept(listener, NULL, NULL), "accept"), &end, 1), "read");
		_exit(0);
	}
	close(connect_to(AF_INET, 0, ACCEPTOR));
	wait(NULL);
	close(listener);
}

static void exhausted(void)
{
	int listener = listen_on(AF_INET, EXHAUSTED), clients[7], failed = 0;

	/* Of an odd number of ports the kernel tries one less, now and then: see
	 * __inet_hash_connect(). */
	set("ip_local_port_range", "61001 61006");
	set("ip_local_reserved_ports", "61003");
	sleep(8); /* socktrace reads the settings again every 5 s */
	for (int i = 0; i < 7; i++) {
		clients[i] = bound_socket(AF_INET, 0);
		failed += try_connect(clients[i], AF_INET, EXHAUSTED) < 0 && errno == EADDRNOTAVAIL;
	}
	if (failed != 2)
		fprintf(stderr, "%d connects, not 2, found no port\n", failed);
	close(listener); /* first: it resets them all */
	for (int i = 0; i < 7; i++)
		close(clients[i]);
	set("ip_local_port_range", "32768 60999");
	set("ip_local_reserved_ports", "\n");
}

/* A network namespace goes with its last process, and its mini-sockets with it. */
static void netns_gone(void)
{
	if (check(fork(), "fork") == 0) {
		struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

		check(unshare(CLONE_NEWNET), "unshare");
		check(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo), "lo");
		orderly(AF_INET, NETNS_GONE);
		sleep(2);
		_exit(0);
	}
	wait(NULL);
}

static void overflow(void)
{
	set("tcp_max_tw_buckets", "2");
	struct pair pair = { .listener = listen_on(AF_INET, OVERFLOW) };

	for (int i = 0; i < 4; i++)
		close_client_first(connect_from(pair, AF_INET, OVERFLOW + 1000 + i, OVERFLOW));
	close(pair.listener);
	set("tcp_max_tw_buckets", "4096");
}

int main(void)
{
	struct pair before = open_pair(AF_INET, 0, BEFORE);

	raise(SIGSTOP);
	close_client_first(before);
	close(before.listener);

	orderly(AF_INET, CLIENT_CLOSES);
	orderly(AF_INET6, CLIENT_CLOSES6);
	server_closes();
	simultaneous();
	refused();
	abort_by_linger();
	in_thread();
	acceptor();

	orphan(LATE_FIN, 3);
	set("tcp_fin_timeout", "5");
	orphan(ORPHAN_EXPIRES, 10);
	set("tcp_fin_timeout", "4");
	orphan(SHORT_LATE_FIN, 3);
	orphan(SHORT_ORPHAN, 10);

	set("tcp_tw_reuse", "1");
	reused(REUSED_BOUND + 1000, REUSED_BOUND);
	set("ip_local_port_range", "8009 8009");
	reused(0, REUSED_CHOSEN);
	set("ip_local_port_range", "32768 60999");
	reopened(AF_INET, REOPENED);
	reopened(AF_INET6, REOPENED6);
	reset_in_time_wait();
	exhausted();
	netns_gone();

	sleep(70); /* every TIME_WAIT until here comes to its end */
	overflow();
	sleep(70);
	return 0;
}
