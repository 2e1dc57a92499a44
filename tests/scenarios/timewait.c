// SPDX-License-Identifier: MIT
/*
 * What becomes of mini-sockets, in TIME_WAIT or an orphan's FIN_WAIT2, before their time: reused,
 * reopened, killed by a RST, by data or with their network namespace, and never made for want of
 * room.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios.h"

#ifndef TCP_REPAIR
#define TCP_REPAIR       19
#define TCP_REPAIR_QUEUE 20
#define TCP_QUEUE_SEQ    21
#endif

static void tw_reuse(void)
{
	set("tcp_tw_reuse", "1");
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 2; i++) {
		open_pair_from(listener, 40001, &client, &server);
		close(client);
		close(server);
		sleep_ms(i ? 0 : 1500);
	}
	close(listener);
}

static void syn_onto_time_wait(void)
{
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 2; i++) {
		open_pair_from(listener, 40002, &client, &server);
		close(server);
		sleep_ms(50);
		close(client);
		sleep_ms(i ? 0 : 1500);
	}
	close(listener);
}

static __u16 checksum(const void *data, int length, __u32 sum)
{
	const unsigned char *bytes = data;

	for (int i = 0; i + 1 < length; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* TIME-WAIT assassination, RFC 1337: a RST exactly at what is expected next. */
static void rst_onto_time_wait(void)
{
	int queue_send = 2, port;
	__u32 seq;
	socklen_t length = sizeof(seq);

	open_pair();
	port = local_port(client);
	close(client);
	sleep_ms(50);
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR, 1));
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue_send));
	TRY(getsockopt(server, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &length));
	TRY(set_int(server, IPPROTO_TCP, TCP_REPAIR, 0));
	close(server);
	sleep_ms(200);

	struct {
		__u32 from, to;
		__u8 zero, protocol;
		__u16 length;
		struct tcphdr tcp;
	} packet = {
		.from = htonl(INADDR_LOOPBACK),
		.to = htonl(INADDR_LOOPBACK),
		.protocol = IPPROTO_TCP,
		.length = htons(sizeof(struct tcphdr)),
		.tcp = { .source = htons(PORT),
			 .dest = htons(port),
			 .seq = htonl(seq + 1),
			 .doff = 5,
			 .rst = 1 },
	};
	packet.tcp.check = checksum(&packet, sizeof(packet), 0);
	int raw = TRY(socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
	struct sockaddr_in sa = v4("127.0.0.1", 0);
	TRY(sendto(raw, &packet.tcp, sizeof(packet.tcp), 0, (void *)&sa, sizeof(sa)));
	close(raw);
	close(listener);
}

static void rst_onto_fin_wait2(void)
{
	struct linger linger = { .l_onoff = 1 };

	open_pair();
	close(client);
	sleep_ms(1000);
	TRY(setsockopt(server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(server);
	close(listener);
}

/* The everyday of a client with a timeout: the answer comes when it has given up. */
static void data_onto_fin_wait2(void)
{
	open_pair();
	close(client);
	sleep_ms(1000);
	TRY(write(server, "late", 4));
	sleep_ms(50);
	close(server);
	close(listener);
}

static void bucket_overflow(void)
{
	set("tcp_max_tw_buckets", "2");
	listener = listen_with(0, PORT, 0);
	for (int i = 0; i < 5; i++) {
		open_pair_from(listener, 0, &client, &server);
		close(client);
		close(server);
	}
	close(listener);
}

/* It would be left in FIN_WAIT2, and the peer's FIN comes later. */
static void overflow_of_orphan(void)
{
	set("tcp_max_tw_buckets", "0");
	open_pair();
	close(client);
	sleep_ms(300);
	close(server);
	close(listener);
}

/* A network namespace of its own, which goes with this process. */
static void netns_removed(void)
{
	struct stat status;

	TRY(unshare(CLONE_NEWNET));
	run("ip link set lo up");
	TRY(stat("/proc/self/ns/net", &status));
	say("netns", status.st_ino);
	open_pair();
	close_all();
}

const struct scenario timewait_scenarios[] = {
	SCENARIO(tw_reuse),           SCENARIO(syn_onto_time_wait),  SCENARIO(rst_onto_time_wait),
	SCENARIO(rst_onto_fin_wait2), SCENARIO(data_onto_fin_wait2), SCENARIO(bucket_overflow),
	SCENARIO(overflow_of_orphan), SCENARIO(netns_removed),       {},
};
