// SPDX-License-Identifier: MIT
/*
 * Mini-sockets that nobody sends anything unusual to: orphans, reuse and reopening of TIME_WAIT,
 * its end with its network namespace, and no room for it.
 */
#define _GNU_SOURCE
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"

void orphan(int port, int seconds)
{
	struct pair pair = open_pair(AF_INET, 0, port);

	close(pair.client);
	sleep(seconds);
	close(pair.server);
	close(pair.listener);
}

/* A client's TIME_WAIT is taken over by the next connect(). */
void reused(int lport, int port)
{
	struct pair pair = open_pair(AF_INET, lport, port);

	close_client_first(pair);
	sleep(2);
	pair = connect_from(pair, AF_INET, lport, port);
	close_client_first(pair);
	close(pair.listener);
}

/* A server's TIME_WAIT gives way to the client's next SYN. */
void reopened(int family, int port)
{
	struct pair pair = open_pair(family, port + 1000, port);

	close_server_first(pair);
	sleep(2);
	pair = connect_from(pair, family, port + 1000, port);
	close_server_first(pair);
	close(pair.listener);
}

/* A network namespace goes with its last process, and its mini-sockets with it. */
void netns_gone(void)
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

void overflow(void)
{
	set("tcp_max_tw_buckets", "2");
	struct pair pair = { .listener = listen_on(AF_INET, OVERFLOW) };

	for (int i = 0; i < 4; i++)
		close_client_first(connect_from(pair, AF_INET, OVERFLOW + 1000 + i, OVERFLOW));
	close(pair.listener);
	set("tcp_max_tw_buckets", "4096");
}
