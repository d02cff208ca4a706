// SPDX-License-Identifier: GPL-2.0-only
#include "util/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void child(int go, int failed, int output, char *const argv[], pid_t parent)
{
	char byte;
	int e;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (read(go, &byte, 1) != 1)
		_exit(127);
	dup2(output, STDERR_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], argv);
	e = errno;
	if (write(failed, &e, sizeof(e)) != sizeof(e))
		_exit(126);
	_exit(127);
}

int fl_workload_prepare_to(struct fl_workload *w, char *const argv[], int output,
			   void (*in_child)(void), struct fl_err *err)
{
	int go[2], failed[2];
	pid_t parent = getpid();

	memset(w, 0, sizeof(*w));
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
		if (in_child)
			in_child();
		child(go[0], failed[1], output, argv, parent);
	}
	close(go[0]);
	close(failed[1]);
	w->go = go[1];
	w->failed = failed[0];
	if (w->pid < 0) {
		close(w->go);
		close(w->failed);
		return fl_errno(err, errno, "cannot fork");
	}
	w->running = true;
	return 0;
}

int fl_workload_prepare(struct fl_workload *w, char *const argv[], struct fl_err *err)
{
	return fl_workload_prepare_to(w, argv, STDERR_FILENO, NULL, err);
}

int fl_workload_go(struct fl_workload *w, const char *name, struct fl_err *err)
{
	int e = 0;

	if (write(w->go, "", 1) != 1)
		return fl_errno(err, errno, "cannot start %s", name);
	/* the write end closes at a successful exec */
	if (read(w->failed, &e, sizeof(e)) == sizeof(e)) {
		fl_workload_finish(w);
		fl_errno(err, e, "cannot run %s", name);
		return fl_hint(err,
			       "what follows -- is a command and its arguments, not a shell line");
	}
	return 0;
}

bool fl_workload_ended(struct fl_workload *w)
{
	if (w->running && waitpid(w->pid, &w->status, WNOHANG) == w->pid)
		w->running = false;
	return !w->running;
}

void fl_workload_finish(struct fl_workload *w)
{
	if (!w->pid)
		return;
	if (!fl_workload_ended(w))
		kill(w->pid, SIGTERM);
	for (int i = 0; i < 200 && !fl_workload_ended(w); i++)
		usleep(10000);
	if (w->running) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, &w->status, 0);
		w->running = false;
	}
	close(w->go);
	close(w->failed);
	w->pid = 0;
}
