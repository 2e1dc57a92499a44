// SPDX-License-Identifier: MIT
/*
 * Local ports that run out, by family, by source address, by a socket's own range, by what is
 * reserved, and under many names.
 *
 * Sockets stay open to the end of the process, and so do their ports. The ranges are of even
 * size: of an odd one __inet_hash_connect() may not find the last port.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

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

static void exhausted(void)
{
	set("ip_local_port_range", "40000 40005");
	listen_with(0, PORT, 0);
	say("failures", count_failures(8, one_v4));
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

const struct scenario ports_scenarios[] = {
	SCENARIO(exhausted),           SCENARIO(exhausted_v6),
	SCENARIO(exhausted_mapped),    SCENARIO(exhausted_bound),
	SCENARIO(exhausted_own_range), SCENARIO(exhausted_reserved),
	SCENARIO(under_names),         {},
};
