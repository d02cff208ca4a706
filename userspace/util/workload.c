// SPDX-License-Identifier: GPL-2.0-only
#include "util/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "util/interrupt.h"
#include "util/program.h"

static void child(int go, int failed, const struct fl_workload_opts *o, char *const argv[],
		  pid_t parent)
{
	char byte;
	int e;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (o) {
		if (o->own_group)
			setpgid(0, 0);
		fl_program_trust_path();
		for (size_t i = 0; i < sizeof(o->inherit) / sizeof(o->inherit[0]); i++)
			if (o->inherit[i])
				fcntl(o->inherit[i], F_SETFD, 0);
	}
	if (read(go, &byte, 1) != 1)
		_exit(127);
	if (!o || !fchdir(o->dir)) {
		dup2(o ? o->output : STDERR_FILENO, STDERR_FILENO);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (o)
			execv(argv[0], argv);
		else
			execvp(argv[0], argv);
	}
	e = errno;
	if (write(failed, &e, sizeof(e)) != sizeof(e))
		_exit(126);
	_exit(127);
}

int fl_workload_prepare_ours(struct fl_workload *w, char *const argv[],
			     const struct fl_workload_opts *o, struct fl_err *err)
{
	int go[2], failed[2];
	pid_t parent = getpid();

	memset(w, 0, sizeof(*w));
	w->ours = o;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	w->nothers = fl_processes_children(w->other);
	if (pipe2(go, O_CLOEXEC))
		return fl_errno(err, errno, "cannot make a pipe");
	if (pipe2(failed, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return fl_errno(err, errno, "cannot make a pipe");
	}
	w->pid = fork();
	if (!w->pid) {
		close(go[1]);
		close(failed[0]);
		if (o && o->in_child)
			o->in_child();
		child(go[0], failed[1], o, argv, parent);
	}
	close(go[0]);
	close(failed[1]);
	w->go = go[1];
	w->failed = failed[0];
	if (w->pid < 0) {
		w->pid = 0;
		close(w->go);
		close(w->failed);
		return fl_errno(err, errno, "cannot fork");
	}
	w->ends = pidfd_open(w->pid, 0);
	w->running = true;
	return 0;
}

int fl_workload_prepare(struct fl_workload *w, char *const argv[], struct fl_err *err)
{
	return fl_workload_prepare_ours(w, argv, NULL, err);
}

/* How long a program of ours may take until it is executed. */
#define BEGIN_SECONDS 60

int fl_workload_go(struct fl_workload *w, const char *name, struct fl_err *err)
{
	struct pollfd p = {.fd = w->failed, .events = POLLIN};
	int e = 0;

	if (write(w->go, "", 1) != 1)
		return fl_errno(err, errno, "cannot start %s", name);
	/* a directory whose file system does not answer, or the program's file there, holds it before it executes */
	for (int tries = 0; w->ours && !fl_interrupted && poll(&p, 1, 100) <= 0; tries++)
		if (tries > BEGIN_SECONDS * 10) {
			fl_workload_finish(w);
			return fl_err(err,
				      "cannot start %s: no answer from its directory within %d s",
				      name, BEGIN_SECONDS);
		}
	/* the write end closes at a successful exec */
	if (!(w->ours && fl_interrupted) && read(w->failed, &e, sizeof(e)) == sizeof(e)) {
		fl_workload_finish(w);
		fl_errno(err, e, "cannot run %s", name);
		if (w->ours)
			return -1;
		return fl_hint(err, "give a command and its arguments after --, not a shell line");
	}
	return 0;
}

bool fl_workload_ended(struct fl_workload *w)
{
	if (w->running && waitpid(w->pid, &w->status, WNOHANG) == w->pid)
		w->running = false;
	return !w->running;
}

void fl_workload_sleep_ms(const struct fl_workload *w, unsigned int ms)
{
	struct pollfd p = {.fd = w->running ? w->ends : -1, .events = POLLIN};

	poll(&p, 1, ms);
}

/* Waits for two seconds. */
static bool ends_after(struct fl_workload *w, int sig)
{
	if (fl_workload_ended(w))
		return true;
	kill(w->pid, sig);
	for (int i = 0; i < 200 && !fl_workload_ended(w); i++)
		usleep(10000);
	return !w->running;
}

void fl_workload_finish(struct fl_workload *w)
{
	bool cut_short;

	if (!w->pid)
		return;
	cut_short = !fl_workload_ended(w);
	if (!ends_after(w, SIGTERM) && !ends_after(w, SIGKILL)) {
		/* a daemon that does not answer may hold it for ever: it is counted with those below */
		w->status = SIGKILL;
		w->running = false;
	}
	/* jobs that fio forks have their own sessions: no signal to a group reaches them */
	if (w->ours || cut_short)
		w->left = fl_processes_end_children(w->other, w->nothers, 5);
	close(w->go);
	close(w->failed);
	if (w->ends >= 0)
		close(w->ends);
	w->pid = 0;
}
