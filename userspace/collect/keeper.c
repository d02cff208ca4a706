// SPDX-License-Identifier: GPL-2.0-only
#include "collect/keeper.h"

#include <errno.h>
#include <fcntl.h>
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

/* What the process reports once it has attached the hooks, or failed to. Fits into a pipe at once. */
struct report {
	int failed;
	struct fl_err err;
};

static void keep(const struct fl_keeper_job *job, int to, pid_t parent)
{
	struct report r = {};
	int fd[FL_KEEPER_FDS];
	size_t nfds = 0;
	sigset_t all;

	/* make a new session: signals to the command's terminal group do not reach it */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "fuselens-hooks");
	r.failed = job->attach(job->ctx, fd, &nfds, &r.err);
	if (write(to, &r, sizeof(r)) != sizeof(r) || r.failed)
		_exit(1);
	fl_privileges_drop_all();
	close_others(fd, nfds);
	sleep_until(job->deadline_ns);
	job->at_deadline(job->ctx);
	_exit(0);
}

static int await_report(int from, struct fl_err *err)
{
	struct report r = {};
	ssize_t n;

	do
		n = read(from, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(r))
		return fl_err(err, "the process that keeps the hooks has died");
	if (r.failed)
		*err = r.err;
	return r.failed;
}

int fl_keeper_start(struct fl_keeper *k, const struct fl_keeper_job *job, struct fl_err *err)
{
	pid_t parent = getpid();
	int pipe[2], ret;

	if (pipe2(pipe, O_CLOEXEC))
		return fl_errno(err, errno, "cannot make a pipe");
	k->pid = fork();
	if (!k->pid)
		keep(job, pipe[1], parent);
	ret = k->pid < 0 ? fl_errno(err, errno, "cannot fork") : 0;
	/* if the process dies, reading ends */
	close(pipe[1]);
	if (ret)
		k->pid = 0;
	else
		ret = await_report(pipe[0], err);
	close(pipe[0]);
	if (ret)
		fl_keeper_end(k);
	return ret;
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
