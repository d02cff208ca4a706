// SPDX-License-Identifier: GPL-2.0-only
#include "collect/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kernel/privileges.h"
#include "util/clock.h"

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void close_others(int *fd, size_t nfds)
{
	unsigned int from = 0;

	qsort(fd, nfds, sizeof(*fd), by_number);
	for (size_t i = 0; i < nfds; i++) {
		if ((unsigned int)fd[i] > from)
			close_range(from, fd[i] - 1, 0);
		from = fd[i] + 1;
	}
	close_range(from, ~0u, 0);
}

static void sleep_until(const __u64 *deadline_ns)
{
	for (;;) {
		__u64 now = fl_now_ns(), end = __atomic_load_n(deadline_ns, __ATOMIC_ACQUIRE);
		struct timespec ts = {};

		if (now >= end)
			return;
		ts.tv_sec = (end - now) / 1000000000;
		ts.tv_nsec = (end - now) % 1000000000;
		nanosleep(&ts, NULL);
	}
}

static void keep(int *fd, size_t nfds, const __u64 *deadline_ns, void (*at_deadline)(void *ctx),
		 void *ctx, pid_t parent)
{
	sigset_t all;

	/* make a new session: signals to the command's terminal group do not reach it */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "fuselens-hooks");
	fl_privileges_drop_all();
	close_others(fd, nfds);
	sleep_until(deadline_ns);
	at_deadline(ctx);
	_exit(0);
}

int fl_keeper_start(struct fl_keeper *k, const int *fd, size_t nfds, const __u64 *deadline_ns,
		    void (*at_deadline)(void *ctx), void *ctx, struct fl_err *err)
{
	pid_t parent = getpid();
	int mine[64];

	if (nfds > sizeof(mine) / sizeof(mine[0]))
		return fl_err(err, "too many hooks to keep");
	for (size_t i = 0; i < nfds; i++)
		mine[i] = fd[i];
	k->pid = fork();
	if (!k->pid)
		keep(mine, nfds, deadline_ns, at_deadline, ctx, parent);
	if (k->pid > 0)
		return 0;
	k->pid = 0;
	return fl_errno(err, errno, "cannot fork");
}

void fl_keeper_end(struct fl_keeper *k)
{
	if (!k->pid)
		return;
	kill(k->pid, SIGKILL);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	k->pid = 0;
}
