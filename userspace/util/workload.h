/* SPDX-License-Identifier: GPL-2.0-only */
/* A command, run by argv, that starts its work only when told to and ends with all that it started. */
#ifndef FL_WORKLOAD_H
#define FL_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "util/err.h"
#include "util/processes.h"

struct fl_workload {
	pid_t pid;
	int go;	    /* written to let it start */
	int failed; /* read end: the errno of a failed exec */
	bool running;
	int status; /* wait status once it has ended */
	bool ours;
	pid_t other[FL_MAX_CHILDREN]; /* children of ours that are none of its */
	size_t nothers;
	size_t left; /* processes of it that the kernel did not let go */
};

/* A program of ours, such as fio: what is not set is as it is for a command of the user's. */
struct fl_workload_opts {
	int output;		/* stdout and stderr go there */
	int dir;		/* it works in there */
	int inherit[3];		/* descriptors that it gets; 0: none */
	bool own_group;		/* Ctrl-C reaches us alone */
	void (*in_child)(void); /* runs in the child at once; may be NULL */
};

/*
 * Forks; the child waits before exec. Its stdout goes to our stderr, so that reports stay alone on
 * stdout. It gets SIGTERM should we die. From here on orphans of our descendants become our children.
 */
int fl_workload_prepare(struct fl_workload *w, char *const argv[], struct fl_err *err);
/* The same for a program of ours, argv[0] being its file. What it leaves running ends with it. */
int fl_workload_prepare_ours(struct fl_workload *w, char *const argv[],
			     const struct fl_workload_opts *o, struct fl_err *err);
/* Lets it run. -1 with err set when the command could not be executed. */
int fl_workload_go(struct fl_workload *w, const char *name, struct fl_err *err);
/* Whether it has ended; never blocks. */
bool fl_workload_ended(struct fl_workload *w);
/*
 * Ends it if it still runs, SIGTERM first, SIGKILL after two seconds, and then all that descends from it;
 * reaps them. w->left says how many could not be ended.
 */
void fl_workload_finish(struct fl_workload *w);

#endif
