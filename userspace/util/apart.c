// SPDX-License-Identifier: GPL-2.0-only
#include "util/apart.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "util/interrupt.h"
#include "util/processes.h"
#include "util/say.h"

/* How long the kernel may hold the process without a break, once it was told to end. A slow disk is not meant. */
#define HELD_MS 5000
#define LOOK_MS 100
/* The longest that it may take in any case, such as where /proc does not show who holds it: it cleans up meanwhile. */
#define END_MS 180000

/* Waits for the end of the process, but for ms at most. */
static bool ends_within(pid_t pid, int ends, int ms, int *status)
{
	struct pollfd p = {.fd = ends, .events = POLLIN};

	if (waitpid(pid, status, WNOHANG) == pid)
		return true;
	poll(&p, 1, ms);
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Whether it ended. False: it was told to, and a file system holds it. */
static bool await(pid_t pid, int ends, int *status)
{
	int told = 0, told_ms = 0, held_ms = 0;

	while (held_ms < HELD_MS && told_ms < END_MS) {
		if (ends_within(pid, ends, told ? LOOK_MS : 1000, status))
			return true;
		if (fl_interrupted && !told) {
			told = fl_interrupted;
			kill(pid, told);
			/* a stopped process would not hear it */
			kill(pid, SIGCONT);
		}
		told_ms += told ? LOOK_MS : 0;
		held_ms = told && fl_process_is_held(pid) ? held_ms + LOOK_MS : 0;
	}
	return false;
}

static int give_up(pid_t pid, int ends, const char *command, int stuck)
{
	int status;

	kill(pid, SIGKILL);
	if (ends_within(pid, ends, 1000, &status))
		fl_say("fuselens %s: killed: a file system that it used does not answer", command);
	else
		fl_say("fuselens %s: a file system that it used does not answer, and the kernel holds process %d until it does",
		       command, pid);
	fl_say("hint: is a FUSE daemon stopped? 'fuselens files' shows who serves which mount");
	return stuck;
}

static int end_like(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int fl_apart(const char *command, int stuck, void (*in_old)(void))
{
	pid_t parent = getpid(), pid = fork();
	int ends, status;

	if (pid < 0)
		return -1;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(stuck);
		return -1;
	}
	fl_catch_signals();
	in_old();
	/* what goes to stdout, the other process writes */
	fl_streams_forgive();
	ends = pidfd_open(pid, 0);
	if (await(pid, ends, &status))
		return end_like(status);
	return give_up(pid, ends, command, stuck);
}
