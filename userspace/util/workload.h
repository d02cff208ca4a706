/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command, run by its arguments. It is forked first and executed when told to, so that counting can begin in
 * between. What it started ends with it.
 */
#ifndef FL_WORKLOAD_H
#define FL_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "util/err.h"
#include "util/processes.h"

struct fl_workload {
	pid_t pid;
	int ends;   /* can be read once the command has ended; -1: not known */
	int go;	    /* written to let it start */
	int failed; /* read end: the errno of a failed exec */
	bool running;
	int status; /* wait status once it has ended */
	bool ours;
	pid_t other[FL_MAX_CHILDREN]; /* children of ours that are none of its */
	size_t nothers;
	size_t left; /* processes of it that the kernel did not let go */
};

/* How to run a program of ours, such as fio. A member that is 0 changes nothing: then it runs as a user's command. */
struct fl_workload_opts {
	int output;		/* stdout and stderr go there */
	int dir;		/* it works in there */
	int inherit[3];		/* descriptors that it gets; 0: none */
	bool own_group;		/* Ctrl-C reaches us alone */
	void (*in_child)(void); /* runs in the child at once; may be NULL */
};

/*
 * Forks a child that waits before it executes argv. The child's stdout is our stderr, because stdout is for
 * reports only. The child gets SIGTERM when we die. From now on orphans of our descendants become our children.
 * Returns 0, or -1 with err set, and then no child is left.
 */
int fl_workload_prepare(struct fl_workload *w, char *const argv[], struct fl_err *err);
/* The same for a program of ours, whose file is argv[0]. Processes that it leaves running end with it. */
int fl_workload_prepare_ours(struct fl_workload *w, char *const argv[],
			     const struct fl_workload_opts *o, struct fl_err *err);
/* Lets the child execute. Returns 0, or -1 with err set when the command could not be executed. */
int fl_workload_go(struct fl_workload *w, const char *name, struct fl_err *err);
/* Whether it has ended; never blocks. */
bool fl_workload_ended(struct fl_workload *w);
/* Sleeps until the command ends or a signal comes, but for ms at most. Without a command: for ms. */
void fl_workload_sleep_ms(const struct fl_workload *w, unsigned int ms);
/*
 * Ends the command if it still runs, by SIGTERM and two seconds later by SIGKILL. Then it ends all that
 * descends from it, and reaps them. w->left becomes the number of those that could not be ended.
 */
void fl_workload_finish(struct fl_workload *w);

#endif
