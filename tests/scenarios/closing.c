// SPDX-License-Identifier: MIT
/*
 * How established connections end: who closes first, orphans, aborts and resets, a listener
 * with connections that nobody has accepted, and a connection that is older than the trace.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

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
	filter_input("tcp flags & fin == fin drop");
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

static void abort_by_unread_data(void)
{
	open_pair();
	TRY(write(server, "unread", 6));
	sleep_ms(50);
	close_all();
}

/* A RST comes while the closed socket waits for the peer's FIN, its own not acknowledged. */
static void reset_after_close(void)
{
	struct linger linger = { .l_onoff = 1 };

	open_pair();
	filter_input("tcp flags & fin == fin drop");
	close(client);
	TRY(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(server);
	sleep_ms(50);
	close(listener);
}

static void disconnected(void)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	open_pair();
	TRY(connect(client, &sa, sizeof(sa)));
	sleep_ms(50);
	close_all();
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

const struct scenario closing_scenarios[] = {
	SCENARIO(closed_by_client),
	SCENARIO(closed_by_server),
	SCENARIO(closed_by_both),
	SCENARIO(half_closed),
	SCENARIO(orphan_with_late_fin),
	SCENARIO(orphan_that_expires),
	SCENARIO(orphan_of_four_seconds),
	SCENARIO(orphan_of_ninety_seconds),
	SCENARIO(abort_by_linger),
	SCENARIO(abort_by_late_data),
	SCENARIO(abort_by_unread_data),
	SCENARIO(reset_after_close),
	SCENARIO(disconnected),
	SCENARIO(listener_closed),
	SCENARIO(open_before),
	{},
};
