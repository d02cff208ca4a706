// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a program and, once, a shell command just before or after the system call by which the program brings a mount to
 * its place.
 *
 * usage: at_call before|after COMMAND PROGRAM [ARG...]
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

static pid_t child;

static void pass_on(int sig)
{
	kill(child, sig);
}

/* Whether the child has stopped on the way into (or out of) one of the calls; *in is on the way into it. */
static bool is_there(bool *in)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) < 0)
		return false;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		*in = info.entry.nr == SYS_mount || info.entry.nr == SYS_move_mount;
		return *in;
	}
	return info.op == PTRACE_SYSCALL_INFO_EXIT && *in && !(*in = false);
}

int main(int argc, char **argv)
{
	bool after = argc > 3 && strcmp(argv[1], "after") == 0, in = false, done = false;
	int status;

	if (argc < 4)
		return 2;
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[3], argv + 3);
		_exit(127);
	}
	signal(SIGTERM, pass_on);
	while (waitpid(child, &status, 0) == child || errno == EINTR) {
		const int call = SIGTRAP | 0x80; /* as PTRACE_O_TRACESYSGOOD has it */
		int sig = 0;

		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (WSTOPSIG(status) == SIGTRAP) {
			ptrace(PTRACE_SETOPTIONS, child, NULL,
			       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
		} else if (WSTOPSIG(status) != call) {
			sig = WSTOPSIG(status);
		} else if (is_there(&in) && in != after) {
			done = true;
			if (system(argv[2]) != 0)
				fprintf(stderr, "at_call: the command failed\n");
		}
		ptrace(done ? PTRACE_DETACH : PTRACE_SYSCALL, child, NULL, sig);
	}
	return 2;
}
