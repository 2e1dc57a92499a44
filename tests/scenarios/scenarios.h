/* SPDX-License-Identifier: MIT */
/*
 * What the scenarios are, by topic, and what they are made of. What fails when it should not
 * ends the program with an error.
 */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <netinet/in.h>

#define PORT      7777
#define TRY(call) try((long)(call), #call, __FILE__, __LINE__)

struct scenario {
	const char *name;
	void (*run)(void);
};

#define SCENARIO(function)                                                                         \
	{                                                                                          \
		.name = #function, .run = function                                                 \
	}

/* Each ends with one that has no name. */
extern const struct scenario closing_scenarios[];
extern const struct scenario connecting_scenarios[];
extern const struct scenario timewait_scenarios[];
extern const struct scenario ports_scenarios[];
extern const struct scenario owners_scenarios[];
extern const struct scenario queries_scenarios[];

long try(long result, const char *call, const char *file, int line);
void say(const char *name, long number);
void sleep_ms(int ms);
void run(const char *command);

/* A sysctl under net/ipv4 of this network namespace. */
void set(const char *name, const char *value);

/* What comes in meets this rule of nft's, until table ip t is deleted. Once. */
void filter_input(const char *rule);

struct sockaddr_in v4(const char *address, int port);
int set_int(int fd, int level, int option, int value);
int new_socket(int protocol);
int local_port(int fd);

/* With an option of SOL_SOCKET's set, if it is not 0. */
int listen_with(int protocol, int port, int option);

/* The errno, or 0. */
int try_connect(int fd, const char *address, int port);

/* Binds to a port before connecting, if it is not 0. */
void open_pair_from(int listener, int lport, int *client, int *server);

/* The connection that most scenarios have one of, and the listener that it came by. */
extern int listener, client, server;
void open_pair(void);
void close_all(void);

#endif
