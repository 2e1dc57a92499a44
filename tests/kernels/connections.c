// SPDX-License-Identifier: MIT
/* Ordinary connections, from refused to aborted, whose they are, and no port for them. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"

void orderly(int family, int port)
{
	struct pair pair = open_pair(family, 0, port);

	close_client_first(pair);
	close(pair.listener);
}

void server_closes(void)
{
	struct pair pair = open_pair(AF_INET, 0, SERVER_CLOSES);

	close_server_first(pair);
	close(pair.listener);
}

void refused(void)
{
	int fd = bound_socket(AF_INET, 0);

	if (try_connect(fd, AF_INET, REFUSED) == 0 || errno != ECONNREFUSED)
		perror("a connect that should be refused");
	close(fd);
}

void abort_by_linger(void)
{
	struct pair pair = open_pair(AF_INET, 0, ABORT);
	struct linger now = { .l_onoff = 1 };

	check(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
	close_client_first(pair);
	close(pair.listener);
}

static void *thread(void *unused)
{
	prctl(PR_SET_NAME, "thread");
	orderly(AF_INET, THREAD);
	return unused;
}

void in_thread(void)
{
	pthread_t started;

	check(-pthread_create(&started, NULL, thread, NULL), "pthread_create");
	pthread_join(started, NULL);
}

/* The process that listens is not the one that accepts. */
void acceptor(void)
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

void exhausted(void)
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
