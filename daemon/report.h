/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report that SIGUSR1 asks for. The file may lie in a directory whose lock a user holds, so a thread of its own
 * writes it, and nobody else waits for that.
 */
#ifndef FUSELENS_DAEMON_REPORT_H
#define FUSELENS_DAEMON_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "inode.h"
#include "stats.h"

struct report {
	struct stats *stats;
	struct inode_table *table;
	const char *path; /* NULL: with the messages */
	bool in_messages; /* these have a place for it */

	atomic_uint wanted; /* asked for, and not written yet */
	uint64_t serial;
};

void report_ask(struct report *r);

/* Waits for what was asked for. Returns false if it is not done after @seconds. */
bool report_end(struct report *r, int seconds);

#endif
