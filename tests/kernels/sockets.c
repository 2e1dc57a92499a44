// SPDX-License-Identifier: MIT
/* No scenario: the sockets that they all are made of, and connections of two of them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

void set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	int fd = check(open(path, O_WRONLY), path);

	check(write(fd, value, strlen(value)), path);
	close(fd);
}

struct sockaddr_in6 loopback(int family, int port)
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

int bound_socket(int family, int port)
{
	int fd = check(socket(family, SOCK_STREAM, 0), "socket"), on = 1;
	struct sockaddr_in6 local = loopback(family, port);

	if (port) {
		check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
		check(bind(fd, (void *)&local, sizeof(local)), "bind");
	}
	return fd;
}

int listen_on(int family, int port)
{
	int fd = bound_socket(family, port);

	check(listen(fd, 16), "listen");
	return fd;
}

int try_connect(int fd, int family, int port)
{
	struct sockaddr_in6 remote = loopback(family, port);

	return connect(fd, (void *)&remote, sizeof(remote));
}

int connect_to(int family, int lport, int rport)
{
	int fd = bound_socket(family, lport);

	check(try_connect(fd, family, rport), "connect");
	return fd;
}

struct pair connect_from(struct pair pair, int family, int lport, int rport)
{
	pair.client = connect_to(family, lport, rport);
	pair.server = check(accept(pair.listener, NULL, NULL), "accept");
	return pair;
}

struct pair open_pair(int family, int lport, int rport)
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

void close_client_first(struct pair pair)
{
	close_both(pair.client, pair.server);
}

void close_server_first(struct pair pair)
{
	close_both(pair.server, pair.client);
}
