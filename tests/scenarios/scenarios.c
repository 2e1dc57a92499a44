/* SPDX-License-Identifier: MIT */
/*
 * Makes one thing happen to TCP connections on loopback, and exits: `scenarios NAME`. It
 * prints what it did that a trace must agree with, as lines of a name and a number. Any
 * system call that fails when it should not ends it with an error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef TCP_REPAIR
#define TCP_REPAIR       19
#define TCP_REPAIR_QUEUE 20
#define TCP_QUEUE_SEQ    21
#endif

#define PORT      7777
#define TRY(call) try((long)(call), #call, __LINE__)

static long try(long result, const char *call, int line)
{
	if (result < 0) {
		fprintf(stderr, "line %d: %s: %s\n", line, call, strerror(errno));
		exit(1);
	}
	return result;
}

static void say(const char *name, long number)
{
	printf("%s %ld\n", name, number);
	fflush(stdout);
}

static void sleep_ms(int ms)
{
	usleep(ms * 1000);
}

/* A sysctl under net/ipv4 of this network namespace. */
static void set(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fd = TRY(open(path, O_WRONLY));
	TRY(write(fd, value, strlen(value)));
	close(fd);
}

static void run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &sa.sin_addr);
	return sa;
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int new_socket(int protocol)
{
	return TRY(socket(AF_INET, SOCK_STREAM, protocol));
}

static int listen_with(int protocol, int port, int option)
{
	struct sockaddr_in sa = v4("0.0.0.0", port);
	int fd = new_socket(protocol);

	TRY(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	if (option)
		TRY(set_int(fd, SOL_SOCKET, option, 1));
	TRY(bind(fd, (void *)&sa, sizeof(sa)));
	TRY(listen(fd, 64));
	return fd;
}

static int try_connect(int fd, const char *address, int port)
{
	struct sockaddr_in sa = v4(address, port);

	return connect(fd, (void *)&sa, sizeof(sa)) ? errno : 0;
}

static int local_port(int fd)
{
	struct sockaddr_in6 sa;
	socklen_t length = sizeof(sa);

	TRY(getsockname(fd, (void *)&sa, &length));
	return ntohs(sa.sin6_port); /* at the same place for both families */
}

/* Binds to a port before connecting, if it is not 0. */
static void open_pair_from(int listener, int lport, int *client, int *server)
{
	*client = new_socket(0);
	if (lport) {
		struct sockaddr_in sa = v4("127.0.0.1", lport);

		TRY(set_int(*client, SOL_SOCKET, SO_REUSEADDR, 1));
		TRY(bind(*client, (void *)&sa, sizeof(sa)));
	}
	if (try_connect(*client, "127.0.0.1", PORT)) {
		fprintf(stderr, "connect: %s\n", strerror(errno));
		exit(1);
	}
	*server = TRY(accept(listener, NULL, NULL));
}

static int listener, client, server;

static void open_pair(void)
{
	listener = listen_with(0, PORT, 0);
	open_pair_from(listener, 0, &client, &server);
	say("lport", local_port(client));
}

static void close_all(void)
{
	close(client);
	close(server);
	close(listener);
}

static void closed_by_client(void)
{
	open_pair();
	TRY(write(client, "hello", 5));
	sleep_ms(50);
	char buffer[5];
	TRY(read(server, buffer, sizeof(buffer)));
	close(client);
	sleep_ms(50);
	close(server);
	close(listener);
}

static void closed_by_server(void)
{
	open_pair();
	close(server);
	sleep_ms(50);
	close(client);
	close(listener);
}

/* Both FINs are kept from arriving until both are sent; then retransmitted. */
static void closed_by_both(void)
{
	open_pair();
	run("nft add table ip t && nft 'add chain ip t in { type filter hook input priority 0; }' "
	    "&& "
	    "nft add rule ip t in 'tcp flags & fin == fin drop'");
	close(client);
	close(server);
	run("nft delete table ip t");
	sleep_ms(2000);
	close(listener);
}

static void half_closed(void)
{
	char buffer[100];

	open_pair();
	TRY(shutdown(client, SHUT_WR));
	sleep_ms(300);
	TRY(write(server, buffer, sizeof(buffer)));
	sleep_ms(300);
	TRY(read(client, buffer, sizeof(buffer)));
	close(server);
	sleep_ms(50);
	close(client);
	close(listener);
}

static void orphan_with_late_fin(void)
{
	open_pair();
	close(client);
	sleep_ms(2000);
	close(server);
	close(listener);
}

static void orphan_that_expires(void)
{
	set("tcp_fin_timeout", "5");
	open_pair();
	close(client);
	sleep_ms(8000);
	close(server);
	close(listener);
}

static void orphan_of_four_seconds(void)
{
	set("tcp_fin_timeout", "4");
	orphan_with_late_fin();
}

static void orphan_of_ninety_seconds(void)
{
	set("tcp_fin_timeout", "90");
	open_pair();
	close(client);
	sleep_ms(95000);
	close(server);
	close(listener);
}

static void abort_by_linger(void)
{
	struct linger linger = { .l_onoff = 1 };

	open_pair();
	TRY(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close_all();
}

/* The peer goes on sending to a socket that has been closed, and is not yet a mini-socket. */
static void abort_by_late_data(void)
{
	set("tcp_fin_timeout", "90");
	open_pair();
	close(client);
	sleep_ms(50);
	TRY(write(server, "late", 4));
	sleep_ms(50);
	close(server);
	close(listener);
}

/* A RST comes while the closed socket waits for the peer's FIN, its own not acknowledged. */
static void reset_after_close(void)
{
	struct linger linger = { .l_onoff = 1 };

	open_pair();
	run("nft add table ip t && nft 'add chain ip t in { type filter hook input priority 0; }' "
	    "&& "
	    "nft add rule ip t in 'tcp flags & fin == fin drop'");
	close(client);
	TRY(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(server);
	sleep_ms(50);
	close(listener);
}

static void abort_by_unread_data(void)
{
	open_pair();
	TRY(write(server, "unread", 6));
	sleep_ms(50);
	close_all();
}

static void killed(void)
{
	int ready[2];
	char byte;

	listener = listen_with(0, PORT, 0);
	TRY(pipe(ready));
	pid_t child = TRY(fork());
	if (!child) {
		int fd = new_socket(0);

		close(listener);
		prctl(PR_SET_NAME, "victim");
		if (try_connect(fd, "127.0.0.1", PORT))
			_exit(1);
		TRY(write(ready[1], "x", 1));
		pause();
	}
	say("child", child);
	server = TRY(accept(listener, NULL, NULL));
	TRY(read(ready[0], &byte, 1));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sleep_ms(50);
	close(server);
	close(listener);
}

static void refused(void)
{
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void into_the_void(void)
{
	set("tcp_syn_retries", "1");
	run("nft add table ip t && nft 'add chain ip t in { type filter hook input priority 0; }' "
	    "&& "
	    "nft add rule ip t in tcp dport 7777 drop");
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void unreachable(void)
{
	run("nft add table ip t && nft 'add chain ip t in { type filter hook input priority 0; }' "
	    "&& "
	    "nft add rule ip t in tcp dport 7777 reject with icmp type host-unreachable");
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void listener_closed(void)
{
	int clients[3];

	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 3; i++) {
		clients[i] = new_socket(0);
		TRY(-try_connect(clients[i], "127.0.0.1", PORT));
	}
	sleep_ms(50);
	close(listener);
	sleep_ms(50);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

static void tw_reuse(void)
{
	set("tcp_tw_reuse", "1");
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 2; i++) {
		open_pair_from(listener, 40001, &client, &server);
		close(client);
		close(server);
		sleep_ms(i ? 0 : 1500);
	}
	close(listener);
}

static void syn_onto_time_wait(void)
{
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 2; i++) {
		open_pair_from(listener, 40002, &client, &server);
		close(server);
		sleep_ms(50);
		close(client);
		sleep_ms(i ? 0 : 1500);
	}
	close(listener);
}

static __u16 checksum(const void *data, int length, __u32 sum)
{
	const unsigned char *bytes = data;

	for (int i = 0; i + 1 < length; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* TIME-WAIT assassination, RFC 1337: a RST exactly at what is expected next. */
static void rst_onto_time_wait(void)
{
	int queue_send = 2, port;
	__u32 seq;
	socklen_t length = sizeof(seq);

	open_pair();
	port = local_port(client);
	close(client);
	sleep_ms(50);
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR, 1));
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue_send));
	TRY(getsockopt(server, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &length));
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR, 0));
	close(server);
	sleep_ms(200);

	struct {
		__u32 from, to;
		__u8 zero, protocol;
		__u16 length;
		struct tcphdr tcp;
	} packet = {
		.from = htonl(INADDR_LOOPBACK),
		.to = htonl(INADDR_LOOPBACK),
		.protocol = IPPROTO_TCP,
		.length = htons(sizeof(struct tcphdr)),
		.tcp = { .source = htons(PORT),
			 .dest = htons(port),
			 .seq = htonl(seq + 1),
			 .doff = 5,
			 .rst = 1 },
	};
	packet.tcp.check = checksum(&packet, sizeof(packet), 0);
	int raw = TRY(socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
	struct sockaddr_in sa = v4("127.0.0.1", 0);
	TRY(sendto(raw, &packet.tcp, sizeof(packet.tcp), 0, (void *)&sa, sizeof(sa)));
	close(raw);
	close(listener);
}

/* The everyday of a client with a timeout: the answer comes when it has given up. */
static void data_onto_fin_wait2(void)
{
	open_pair();
	close(client);
	sleep_ms(1000);
	TRY(write(server, "late", 4));
	sleep_ms(50);
	close(server);
	close(listener);
}

static void rst_onto_fin_wait2(void)
{
	struct linger linger = { .l_onoff = 1 };

	open_pair();
	close(client);
	sleep_ms(1000);
	TRY(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(server);
	close(listener);
}

static void bucket_overflow(void)
{
	set("tcp_max_tw_buckets", "2");
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 5; i++) {
		open_pair_from(listener, 0, &client, &server);
		close(client);
		close(server);
	}
	close(listener);
}

/* It would be left in FIN_WAIT2, and the peer's FIN comes later. */
static void overflow_of_orphan(void)
{
	set("tcp_max_tw_buckets", "0");
	open_pair();
	close(client);
	sleep_ms(300);
	close(server);
	close(listener);
}

/* A network namespace of its own, which goes with this process. */
static void netns_removed(void)
{
	struct stat status;

	TRY(unshare(CLONE_NEWNET));
	run("ip link set lo up");
	TRY(stat("/proc/self/ns/net", &status));
	say("netns", status.st_ino);
	open_pair();
	close_all();
}

static int count_failures(int count, int (*one)(void))
{
	int failures = 0;

	for (int i = 0; i < count; i++) {
		int error = one();

		if (error && error != EADDRNOTAVAIL) {
			fprintf(stderr, "connect: %s\n", strerror(error));
			exit(1);
		}
		failures += error != 0;
	}
	return failures;
}

static int one_v4(void)
{
	return try_connect(new_socket(0), "127.0.0.1", PORT);
}

static int one_v6_to(const char *address)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int fd = TRY(socket(AF_INET6, SOCK_STREAM, 0));

	inet_pton(AF_INET6, address, &sa.sin6_addr);
	return connect(fd, (void *)&sa, sizeof(sa)) ? errno : 0;
}

static int one_v6(void)
{
	return one_v6_to("::1");
}

static int one_mapped(void)
{
	return one_v6_to("::ffff:127.0.0.1");
}

static int one_bound_late(void)
{
	struct sockaddr_in sa = v4("127.0.0.2", 0);
	int fd = new_socket(0);

	TRY(set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	TRY(bind(fd, (void *)&sa, sizeof(sa)));
	return try_connect(fd, "127.0.0.1", PORT);
}

static int one_of_own_range(void)
{
	int fd = new_socket(0);

	TRY(set_int(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, 40001 | 40004 << 16));
	return try_connect(fd, "127.0.0.1", PORT);
}

static void listen_v6(void)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int fd = TRY(socket(AF_INET6, SOCK_STREAM, 0));

	TRY(bind(fd, (void *)&sa, sizeof(sa)));
	TRY(listen(fd, 64));
}

/*
 * Sockets stay open to the end of the process, and so do their ports. The ranges are of even
 * size: of an odd one __inet_hash_connect() may not find the last port.
 */
static void exhausted(void)
{
	set("ip_local_port_range", "40000 40005");
	listen_with(0, PORT, 0);
	say("failures", count_failures(8, one_v4));
}

/* Under one name after another, of 15 bytes each from standard input, until no port is left. */
static void under_names(void)
{
	char name[16] = "";
	int failures = 0;

	set("ip_local_port_range", "40000 40005");
	listen_with(0, PORT, 0);
	while (TRY(read(STDIN_FILENO, name, 15)) == 15) {
		TRY(prctl(PR_SET_NAME, name));
		failures += try_connect(new_socket(0), "127.0.0.1", PORT) == EADDRNOTAVAIL;
	}
	say("failures", failures);
}

static void exhausted_v6(void)
{
	set("ip_local_port_range", "40000 40005");
	listen_v6();
	say("failures", count_failures(8, one_v6));
}

static void exhausted_mapped(void)
{
	set("ip_local_port_range", "40000 40005");
	listen_v6();
	say("failures", count_failures(8, one_mapped));
}

/* Each source address has a pool of its own. */
static void exhausted_bound(void)
{
	set("ip_local_port_range", "40000 40005");
	listen_with(0, PORT, 0);
	say("failures", count_failures(6, one_v4) + count_failures(8, one_bound_late));
}

static void exhausted_own_range(void)
{
	set("ip_local_port_range", "40000 40009");
	listen_with(0, PORT, 0);
	say("failures", count_failures(5, one_of_own_range));
}

static void exhausted_reserved(void)
{
	set("ip_local_port_range", "40000 40005");
	set("ip_local_reserved_ports", "40001,40003-40004");
	listen_with(0, PORT, 0);
	say("failures", count_failures(5, one_v4));
}

static void connects_again(void)
{
	listener = listen_with(0, PORT, 0);
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", 9));
	TRY(-try_connect(client, "127.0.0.1", PORT));
	say("lport", local_port(client));
	server = TRY(accept(listener, NULL, NULL));
	close_all();
}

static void disconnected(void)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	open_pair();
	TRY(connect(client, &sa, sizeof(sa)));
	sleep_ms(50);
	close_all();
}

static void given_up(void)
{
	run("nft add table ip t && nft 'add chain ip t in { type filter hook input priority 0; }' "
	    "&& "
	    "nft add rule ip t in tcp dport 7777 drop");
	client = new_socket(0);
	TRY(fcntl(client, F_SETFL, O_NONBLOCK));
	say("errno", try_connect(client, "127.0.0.1", PORT));
	sleep_ms(100);
	close(client);
}

static void fast_open(void)
{
	struct sockaddr_in sa = v4("127.0.0.1", PORT);
	char buffer[16];

	set("tcp_fastopen", "1027"); /* both ends, without cookies */
	listener = listen_with(0, PORT, 0);
	TRY(set_int(listener, IPPROTO_TCP, TCP_FASTOPEN, 16));
	client = new_socket(0);
	TRY(sendto(client, "fast", 4, MSG_FASTOPEN, (void *)&sa, sizeof(sa)));
	server = TRY(accept(listener, NULL, NULL));
	TRY(read(server, buffer, sizeof(buffer)));
	say("lport", local_port(client));
	close(client);
	sleep_ms(50);
	close(server);
	close(listener);
}

/* The SYN waits for the first write, and there is none. */
static void fast_open_unused(void)
{
	set("tcp_fastopen", "5"); /* without cookies */
	client = new_socket(0);
	TRY(set_int(client, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void fast_open_disconnected(void)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	set("tcp_fastopen", "5");
	client = new_socket(0);
	TRY(set_int(client, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	say("errno", try_connect(client, "127.0.0.1", PORT));
	TRY(connect(client, &sa, sizeof(sa)));
	close(client);
}

/* From a port that is bound to, and that has a connection there. */
static void four_tuple_taken(void)
{
	struct sockaddr_in sa = v4("127.0.0.1", 40003);
	int second = new_socket(0);

	listener = listen_with(0, PORT, 0);
	open_pair_from(listener, 40003, &client, &server);
	TRY(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	TRY(bind(second, (void *)&sa, sizeof(sa)));
	say("errno", try_connect(second, "127.0.0.1", PORT));
	close(second);
	close_all();
}

static void reuseport(void)
{
	int listeners[2] = { listen_with(0, PORT, SO_REUSEPORT),
			     listen_with(0, PORT, SO_REUSEPORT) };

	for (int i = 0; i < 8; i++) {
		client = new_socket(0);
		TRY(-try_connect(client, "127.0.0.1", PORT));
		for (int k = 0; k < 2; k++)
			TRY(fcntl(listeners[k], F_SETFL, O_NONBLOCK));
		server = accept(listeners[0], NULL, NULL);
		if (server < 0)
			server = TRY(accept(listeners[1], NULL, NULL));
		close(client);
		close(server);
	}
	close(listeners[0]);
	close(listeners[1]);
}

static void mptcp(void)
{
	char buffer[16];

	listener = listen_with(IPPROTO_MPTCP, PORT, 0);
	client = new_socket(IPPROTO_MPTCP);
	TRY(-try_connect(client, "127.0.0.1", PORT));
	server = TRY(accept(listener, NULL, NULL));
	say("lport", local_port(client));
	TRY(write(client, "multipath", 9));
	TRY(read(server, buffer, sizeof(buffer)));
	close(client);
	sleep_ms(200);
	close(server);
	sleep_ms(200);
	close(listener);
}

static void send_descriptor(int over, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	TRY(sendmsg(over, &message, 0));
}

static int receive_descriptor(int over)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec io = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &io,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	TRY(recvmsg(over, &message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* The accepted socket goes to a worker, who closes it. */
static void passed_on(void)
{
	int over[2];

	listener = listen_with(0, PORT, 0);
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, over));
	pid_t worker = TRY(fork());
	if (!worker) {
		close(listener);
		prctl(PR_SET_NAME, "worker");
		int accepted = receive_descriptor(over[1]);
		char closed;
		TRY(read(over[1], &closed, 1));
		close(accepted); /* the last to hold it */
		_exit(0);
	}
	say("worker", worker);
	open_pair_from(listener, 0, &client, &server);
	send_descriptor(over[0], server);
	close(server);
	TRY(write(over[0], "c", 1));
	waitpid(worker, NULL, 0);
	sleep_ms(50);
	close(client);
	close(listener);
}

static void forked(void)
{
	open_pair();
	pid_t child = TRY(fork());
	if (!child) {
		prctl(PR_SET_NAME, "child");
		sleep_ms(300);
		close(client); /* the last to hold it */
		sleep_ms(50);
		_exit(0);
	}
	say("child", child);
	close(client);
	waitpid(child, NULL, 0);
	close(server);
	close(listener);
}

static void *connect_in_thread(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "pool-thread-7");
	open_pair();
	close_all();
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	TRY(-pthread_create(&thread, NULL, connect_in_thread, NULL));
	pthread_join(thread, NULL);
}

/* Opens, says so, and goes on when standard input ends. */
static void open_before(void)
{
	char byte;

	open_pair();
	say("ready", 1);
	while (read(0, &byte, 1) > 0)
		;
	close(client);
	sleep_ms(50);
	close(server);
	close(listener);
}

static void send_packet(int fd, int sequence, const void *body, int length)
{
	unsigned char packet[256] = { length, length >> 8, length >> 16, sequence };

	memcpy(packet + 4, body, length);
	TRY(write(fd, packet, length + 4));
}

static void read_bytes(int fd, void *to, int length)
{
	for (int done = 0; done < length;) {
		long count = TRY(read(fd, (char *)to + done, length - done));

		if (!count) {
			fprintf(stderr, "the server has closed\n");
			exit(1);
		}
		done += count;
	}
}

/* The first byte of its body: 0 is OK, 0xfe is EOF, 0xff is an error. */
static int read_packet(int fd)
{
	unsigned char head[4], body[4096];
	int length;

	read_bytes(fd, head, sizeof(head));
	length = head[0] | head[1] << 8 | head[2] << 16;
	read_bytes(fd, body, length);
	if (body[0] == 0xff) {
		fprintf(stderr, "the server says: %.*s\n", length - 3, body + 3);
		exit(1);
	}
	return body[0];
}

/*
 * As an application does that has no pool: connects to MySQL (the text protocol, root without
 * a password), asks once, and closes first, 260 times.
 */
static void queries(void)
{
	static const char login[] = "\x01\x82\x08\x00"
				    "\x00\x00\x00\x01"
				    "\x21"
				    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "root\0"
				    "\0"
				    "mysql_native_password";
	int failures = 0;

	for (int i = 0; i < 260; i++) {
		int fd = new_socket(0), error = try_connect(fd, "127.0.0.1", 33306), ends = 0;

		if (error == EADDRNOTAVAIL) {
			failures++;
		} else if (error) {
			fprintf(stderr, "connect: %s\n", strerror(error));
			exit(1);
		} else {
			read_packet(fd);
			send_packet(fd, 1, login, sizeof(login));
			read_packet(fd);
			send_packet(fd, 0, "\x03SELECT 1", 9);
			while (ends < 2)
				ends += read_packet(fd) == 0xfe;
		}
		close(fd);
		sleep_ms(20);
	}
	say("failures", failures);
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
#define SCENARIO(name)                                                                             \
	{                                                                                          \
#name, name                                                                        \
	}
	SCENARIO(closed_by_client),
	SCENARIO(closed_by_server),
	SCENARIO(closed_by_both),
	SCENARIO(half_closed),
	SCENARIO(orphan_with_late_fin),
	SCENARIO(orphan_that_expires),
	SCENARIO(orphan_of_four_seconds),
	SCENARIO(orphan_of_ninety_seconds),
	SCENARIO(abort_by_linger),
	SCENARIO(abort_by_unread_data),
	SCENARIO(killed),
	SCENARIO(refused),
	SCENARIO(into_the_void),
	SCENARIO(unreachable),
	SCENARIO(listener_closed),
	SCENARIO(tw_reuse),
	SCENARIO(syn_onto_time_wait),
	SCENARIO(rst_onto_time_wait),
	SCENARIO(rst_onto_fin_wait2),
	SCENARIO(data_onto_fin_wait2),
	SCENARIO(bucket_overflow),
	SCENARIO(overflow_of_orphan),
	SCENARIO(netns_removed),
	SCENARIO(exhausted),
	SCENARIO(under_names),
	SCENARIO(exhausted_v6),
	SCENARIO(exhausted_mapped),
	SCENARIO(exhausted_bound),
	SCENARIO(exhausted_own_range),
	SCENARIO(exhausted_reserved),
	SCENARIO(connects_again),
	SCENARIO(disconnected),
	SCENARIO(given_up),
	SCENARIO(fast_open),
	SCENARIO(fast_open_unused),
	SCENARIO(fast_open_disconnected),
	SCENARIO(four_tuple_taken),
	SCENARIO(reuseport),
	SCENARIO(mptcp),
	SCENARIO(passed_on),
	SCENARIO(forked),
	SCENARIO(threads),
	SCENARIO(open_before),
	SCENARIO(queries),
	SCENARIO(abort_by_late_data),
	SCENARIO(reset_after_close),
};

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (!strcmp(argv[1], scenarios[i].name)) {
			scenarios[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: scenarios NAME\n");
	return 2;
}
