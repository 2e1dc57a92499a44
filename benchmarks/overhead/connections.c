// SPDX-License-Identifier: MIT
/*
 * The workload of `make overhead`: N loopback connections, one after the other, each
 * opened, accepted, closed by the client and then by the server. Prints the microseconds
 * that one of them took. Run it in a network namespace of its own, with lo up.
 *
 * The destinations rotate through 127.0.0.1 to 127.0.0.16: every connection leaves its
 * port in TIME_WAIT, and the ports are per source, destination and destination port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 7777, DESTINATIONS = 16 };

static int check(int rc, const char *what)
{
	if (rc < 0) {
		fprintf(stderr, "connections: %s: %s\n", what, strerror(errno));
		exit(1);
	}
	return rc;
}

int main(int argc, char **argv)
{
	long count = argc == 2 ? atol(argv[1]) : 0;

	if (count <= 0) {
		fprintf(stderr, "usage: connections COUNT\n");
		return 2;
	}

	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
	int one = 1;

	check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "SO_REUSEADDR");
	check(bind(listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	check(listen(listener, 128), "listen");

	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (long i = 0; i < count; i++) {
		int client = check(socket(AF_INET, SOCK_STREAM, 0), "socket");

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % DESTINATIONS);
		check(connect(client, (struct sockaddr *)&address, sizeof(address)), "connect");

		int server = check(accept(listener, NULL, NULL), "accept");

		close(client);
		close(server);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);

	double ns = (end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec);

	printf("%.3f\n", ns / 1e3 / count);
	return 0;
}
