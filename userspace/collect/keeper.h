/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that keeps the hooks which the whole system pays for, and lets them go at a deadline. It does
 * so whatever happens to the command: while that is stopped, or waits for a reader of its output. The
 * hooks' descriptors must be nobody else's, so that they go away with this process.
 */
#ifndef FL_KEEPER_H
#define FL_KEEPER_H

#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#include "util/err.h"

struct fl_keeper {
	pid_t pid; /* 0: none */
};

/*
 * Starts the process. It keeps the nfds descriptors of fd and closes all others. When *deadline_ns
 * (CLOCK_MONOTONIC, in memory that both processes share) has come, it calls at_deadline(ctx) and ends.
 * Returns 0, or -1 with err set.
 */
int fl_keeper_start(struct fl_keeper *k, const int *fd, size_t nfds, const __u64 *deadline_ns,
		    void (*at_deadline)(void *ctx), void *ctx, struct fl_err *err);
/* Ends the process, and with it the hooks: they are gone when this returns. */
void fl_keeper_end(struct fl_keeper *k);

#endif
