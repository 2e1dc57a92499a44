// SPDX-License-Identifier: MIT
/* Queries of a MySQL server, each by a connection of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios.h"

static void send_packet(int fd, int sequence, const void *body, int length)
{
	unsigned char packet[256] = { length, length >> 8, length >> 16, sequence };

	memcpy(packet + 4, body, length);
	TRY(write(fd, packet, length + 4));
}

static void read_bytes(int fd, void *to, int length)
{
	for (int done = 0; done < length;) {
		long count = TRY(read(fd, (char *)to + done, length - done));

		if (!count) {
			fprintf(stderr, "the server has closed\n");
			exit(1);
		}
		done += count;
	}
}

/* The first byte of its body: 0 is OK, 0xfe is EOF, 0xff is an error. */
static int read_packet(int fd)
{
	unsigned char head[4], body[4096];
	int length;

	read_bytes(fd, head, sizeof(head));
	length = head[0] | head[1] << 8 | head[2] << 16;
	read_bytes(fd, body, length);
	if (body[0] == 0xff) {
		fprintf(stderr, "the server says: %.*s\n", length - 3, body + 3);
		exit(1);
	}
	return body[0];
}

/*
 * As an application does that has no pool: connects to MySQL (the text protocol, root without
 * a password), asks once, and closes first, 260 times.
 */
static void queries(void)
{
	static const char login[] = "\x01\x82\x08\x00"
				    "\x00\x00\x00\x01"
				    "\x21"
				    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "root\0"
				    "\0"
				    "mysql_native_password";
	int failures = 0;

	for (int i = 0; i < 260; i++) {
		int fd = new_socket(0), error = try_connect(fd, "127.0.0.1", 33306), ends = 0;

		if (error == EADDRNOTAVAIL) {
			failures++;
		} else if (error) {
			fprintf(stderr, "connect: %s\n", strerror(error));
			exit(1);
		} else {
			read_packet(fd);
			send_packet(fd, 1, login, sizeof(login));
			read_packet(fd);
			send_packet(fd, 0, "\x03SELECT 1", 9);
			while (ends < 2)
				ends += read_packet(fd) == 0xfe;
		}
		close(fd);
		sleep_ms(20);
	}
	say("failures", failures);
}

const struct scenario queries_scenarios[] = {
	SCENARIO(queries),
	{},
};
