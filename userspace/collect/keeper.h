/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that holds the hooks which the whole system pays for, and removes them at a deadline. It does so
 * whatever happens to the command, even if the command is stopped or waits for a reader of its output. The
 * process attaches the hooks itself, so the command never holds them.
 */
#ifndef FL_KEEPER_H
#define FL_KEEPER_H

#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#include "util/err.h"

#define FL_KEEPER_FDS 128

struct fl_keeper {
	pid_t pid; /* 0: none */
};

/* What the process does. */
struct fl_keeper_job {
	/*
	 * Attaches the hooks. Leaves in fd (room for FL_KEEPER_FDS) the descriptors that are needed until
	 * the end, and in *nfds their number; all others are closed. Returns 0, or -1 with err set.
	 */
	int (*attach)(void *ctx, int *fd, size_t *nfds, struct fl_err *err);
	/* Runs when the deadline has come, with the hooks still there. */
	void (*at_deadline)(void *ctx);
	void *ctx;
	const __u64 *deadline_ns; /* CLOCK_MONOTONIC; in memory that both processes share */
};

/* Starts the process. Returns 0 once its hooks are attached; or -1 with err set, and no process is left. */
int fl_keeper_start(struct fl_keeper *k, const struct fl_keeper_job *job, struct fl_err *err);
/* Ends the process, and with it the hooks: they are gone when this returns. */
void fl_keeper_end(struct fl_keeper *k);

#endif
