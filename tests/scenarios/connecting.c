// SPDX-License-Identifier: MIT
/*
 * How connections begin, or do not: refused, unanswered and given up attempts, a socket that
 * tries again, a four-tuple that is taken, TCP Fast Open, SO_REUSEPORT and MPTCP.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void refused(void)
{
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void into_the_void(void)
{
	set("tcp_syn_retries", "1");
	filter_input("tcp dport 7777 drop");
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void unreachable(void)
{
	filter_input("tcp dport 7777 reject with icmp type host-unreachable");
	client = new_socket(0);
	say("errno", try_connect(client, "127.0.0.1", PORT));
	close(client);
}

static void given_up(void)
{
	filter_input("tcp dport 7777 drop");
	client = new_socket(0);
	TRY(fcntl(client, F_SETFL, O_NONBLOCK));
	say("errno", try_connect(client, "127.0.0.1", PORT));
	sleep_ms(100);
	close(client);
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

const struct scenario connecting_scenarios[] = {
	SCENARIO(refused),
	SCENARIO(into_the_void),
	SCENARIO(unreachable),
	SCENARIO(given_up),
	SCENARIO(connects_again),
	SCENARIO(four_tuple_taken),
	SCENARIO(fast_open),
	SCENARIO(fast_open_unused),
	SCENARIO(fast_open_disconnected),
	SCENARIO(reuseport),
	SCENARIO(mptcp),
	{},
};
