// SPDX-License-Identifier: MIT
/*
 * Makes every kind of connection's end that the checks know, on loopback, one after another.
 * Each scenario has a port of its own, by which checks.jq finds it. Prints nothing but errors.
 *
 * Stops itself once the connection that is older than the trace is open; SIGCONT starts the rest.
 */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

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
