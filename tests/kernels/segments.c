// SPDX-License-Identifier: MIT
/* What takes segments from a raw socket: a simultaneous close, and a RST onto TIME_WAIT. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenarios.h"

/* What a raw socket gets: a header of 20 bytes, since nobody sets IP options, and the segment. */
struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	char options[40];
};

/* The FIN that came from a port, with its header's length in bytes. */
static struct packet fin_from(int raw, int port, size_t *length)
{
	struct packet packet;

	do {
		check(recv(raw, &packet, sizeof(packet), MSG_DONTWAIT), "a FIN");
	} while (!packet.tcp.fin || packet.tcp.source != htons(port));
	*length = packet.tcp.doff * 4;
	return packet;
}

/* Loopback leaves a segment without its checksum; what comes from a raw socket needs one. */
static void send_raw(int raw, struct tcphdr *tcp, size_t length)
{
	struct sockaddr_in6 to = loopback(AF_INET, 0);
	unsigned short words[30];
	unsigned int sum = htons(IPPROTO_TCP) + htons(length);

	for (int i = 0; i < 2; i++)
		sum += htons(INADDR_LOOPBACK >> 16) + htons(INADDR_LOOPBACK & 0xffff);
	tcp->check = 0;
	memcpy(words, tcp, length);
	for (size_t i = 0; i < length / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	tcp->check = ~(sum + (sum >> 16));
	check(sendto(raw, tcp, length, 0, (void *)&to, sizeof(struct sockaddr_in)), "raw segment");
}

static int port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	check(getsockname(fd, (void *)&in, &length), "getsockname");
	return ntohs(in.sin_port);
}

static void set_deaf(int fd, bool is_deaf)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &drop };

	check(setsockopt(fd, SOL_SOCKET, is_deaf ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &program,
			 sizeof(program)),
	      "socket filter");
}

/*
 * Both FINs are under way at once: neither end hears the other's, until each is handed it
 * again as it was sent, before the other's was known. Of its own the client gets no
 * acknowledgement before it has sent it anew.
 */
void simultaneous(void)
{
	int raw = check(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), "raw socket");
	struct pair pair = open_pair(AF_INET, 0, SIMULTANEOUS);
	size_t client_length, server_length;

	set_deaf(pair.client, true);
	set_deaf(pair.server, true);
	check(shutdown(pair.client, SHUT_WR), "shutdown");
	check(shutdown(pair.server, SHUT_WR), "shutdown");
	struct packet client = fin_from(raw, port_of(pair.client), &client_length);
	struct packet server = fin_from(raw, SIMULTANEOUS, &server_length);

	set_deaf(pair.server, false);
	send_raw(raw, &client.tcp, client_length);
	set_deaf(pair.client, false);
	send_raw(raw, &server.tcp, server_length);
	sleep(1);
	close(raw);
	close_client_first(pair);
	close(pair.listener);
}

/* A RST with the very number that is expected: one more than that of the server's FIN. */
void reset_in_time_wait(void)
{
	int raw = check(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), "raw socket");
	struct pair pair = open_pair(AF_INET, 0, RESET_IN_TIME_WAIT);
	size_t length;

	close_client_first(pair);
	struct packet fin = fin_from(raw, RESET_IN_TIME_WAIT, &length);
	struct tcphdr reset = {
		.source = fin.tcp.source,
		.dest = fin.tcp.dest,
		.seq = htonl(ntohl(fin.tcp.seq) + 1),
		.doff = sizeof(reset) / 4,
		.rst = 1,
	};

	send_raw(raw, &reset, sizeof(reset));
	close(raw);
	close(pair.listener);
}
