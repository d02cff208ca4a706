/* SPDX-License-Identifier: GPL-2.0-only */
/* A command of the user's, run by argv, that starts its work only when told to. */
#ifndef FL_WORKLOAD_H
#define FL_WORKLOAD_H

#include <stdbool.h>
#include <sys/types.h>
#include "util/err.h"

struct fl_workload {
	pid_t pid;
	int go;	    /* written to let it start */
	int failed; /* read end: the errno of a failed exec */
	bool running;
	int status; /* wait status once it has ended */
};

/*
 * Forks; the child waits before exec. Its stdout goes to our stderr, so that reports stay alone on
 * stdout. It gets SIGTERM should we die.
 */
int fl_workload_prepare(struct fl_workload *w, char *const argv[], struct fl_err *err);
/*
 * The same, with its stdout and stderr going to the descriptor output. in_child, unless NULL, runs in the
 * child at once.
 */
int fl_workload_prepare_to(struct fl_workload *w, char *const argv[], int output,
			   void (*in_child)(void), struct fl_err *err);
/* Lets it run. -1 with err set when the command could not be executed. */
int fl_workload_go(struct fl_workload *w, const char *name, struct fl_err *err);
/* Whether it has ended; never blocks. */
bool fl_workload_ended(struct fl_workload *w);
/* Ends it if it still runs, SIGTERM first, SIGKILL after two seconds; reaps it. */
void fl_workload_finish(struct fl_workload *w);

#endif
