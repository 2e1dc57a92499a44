// SPDX-License-Identifier: MIT
/*
 * Makes one thing happen to TCP connections on loopback, and exits: `scenarios NAME`. It
 * prints what it did that a trace must agree with, as lines of a name and a number. Any
 * system call that fails when it should not ends it with an error. The scenarios are in the
 * other files, by topic.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "scenarios.h"

static const struct scenario *const topics[] = {
	closing_scenarios, connecting_scenarios, timewait_scenarios,
	ports_scenarios,   owners_scenarios,     queries_scenarios,
};

static const struct scenario *find(const char *name)
{
	for (unsigned i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
		for (const struct scenario *one = topics[i]; one->name; one++) {
			if (!strcmp(name, one->name))
				return one;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct scenario *scenario = argc == 2 ? find(argv[1]) : NULL;

	if (!scenario) {
		fprintf(stderr, "usage: scenarios NAME\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	scenario->run();
	return 0;
}
