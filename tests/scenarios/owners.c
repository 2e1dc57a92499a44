// SPDX-License-Identifier: MIT
/*
 * Whose a connection is: a process that is killed, one that was passed the socket, a child that
 * inherited it, and a thread.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios.h"

static void killed(void)
{
	int ready[2];
	char byte;

	listener = listen_with(0, PORT, 0);
	TRY(pipe(ready));
	pid_t child = TRY(fork());
	if (!child) {
		int fd = new_socket(0);

		close(listener);
		prctl(PR_SET_NAME, "victim");
		if (try_connect(fd, "127.0.0.1", PORT))
			_exit(1);
		TRY(write(ready[1], "x", 1));
		pause();
	}
	say("child", child);
	server = TRY(accept(listener, NULL, NULL));
	TRY(read(ready[0], &byte, 1));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sleep_ms(50);
	close(server);
	close(listener);
}

static void send_descriptor(int over, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	TRY(sendmsg(over, &message, 0));
}

static int receive_descriptor(int over)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec io = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &io,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	TRY(recvmsg(over, &message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* The accepted socket goes to a worker, who closes it. */
static void passed_on(void)
{
	int over[2];

	listener = listen_with(0, PORT, 0);
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, over));
	pid_t worker = TRY(fork());
	if (!worker) {
		close(listener);
		prctl(PR_SET_NAME, "worker");
		int accepted = receive_descriptor(over[1]);
		char closed;
		TRY(read(over[1], &closed, 1));
		close(accepted); /* the last to hold it */
		_exit(0);
	}
	say("worker", worker);
	open_pair_from(listener, 0, &client, &server);
	send_descriptor(over[0], server);
	close(server);
	TRY(write(over[0], "c", 1));
	waitpid(worker, NULL, 0);
	sleep_ms(50);
	close(client);
	close(listener);
}

static void forked(void)
{
	open_pair();
	pid_t child = TRY(fork());
	if (!child) {
		prctl(PR_SET_NAME, "child");
		sleep_ms(300);
		close(client); /* the last to hold it */
		sleep_ms(50);
		_exit(0);
	}
	say("child", child);
	close(client);
	waitpid(child, NULL, 0);
	close(server);
	close(listener);
}

static void *connect_in_thread(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "pool-thread-7");
	open_pair();
	close_all();
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	TRY(-pthread_create(&thread, NULL, connect_in_thread, NULL));
	pthread_join(thread, NULL);
}

const struct scenario owners_scenarios[] = {
	SCENARIO(killed), SCENARIO(passed_on), SCENARIO(forked), SCENARIO(threads), {},
};
