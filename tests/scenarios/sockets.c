// SPDX-License-Identifier: MIT
/* No scenario: what they all are made of, from a system call that may not fail to a connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

int listener, client, server;

long try(long result, const char *call, const char *file, int line)
{
	if (result < 0) {
		fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, strerror(errno));
		exit(1);
	}
	return result;
}

void say(const char *name, long number)
{
	printf("%s %ld\n", name, number);
	fflush(stdout);
}

void sleep_ms(int ms)
{
	usleep(ms * 1000);
}

void set(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fd = TRY(open(path, O_WRONLY));
	TRY(write(fd, value, strlen(value)));
	close(fd);
}

void run(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

void filter_input(const char *rule)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "nft add table ip t && "
		 "nft 'add chain ip t in { type filter hook input priority 0; }' && "
		 "nft add rule ip t in '%s'",
		 rule);
	run(command);
}

struct sockaddr_in v4(const char *address, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, address, &sa.sin_addr);
	return sa;
}

int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

int new_socket(int protocol)
{
	return TRY(socket(AF_INET, SOCK_STREAM, protocol));
}

int listen_with(int protocol, int port, int option)
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

int try_connect(int fd, const char *address, int port)
{
	struct sockaddr_in sa = v4(address, port);

	return connect(fd, (void *)&sa, sizeof(sa)) ? errno : 0;
}

int local_port(int fd)
{
	struct sockaddr_in6 sa;
	socklen_t length = sizeof(sa);

	TRY(getsockname(fd, (void *)&sa, &length));
	return ntohs(sa.sin6_port); /* at the same place for both families */
}

void open_pair_from(int listener, int lport, int *client, int *server)
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

void open_pair(void)
{
	listener = listen_with(0, PORT, 0);
	open_pair_from(listener, 0, &client, &server);
	say("lport", local_port(client));
}

void close_all(void)
{
	close(client);
	close(server);
	close(listener);
}
