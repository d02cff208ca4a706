/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process of its own that makes the working directory on the mount and removes it when the command
 * ends, however it ends: killed too, and without hanging the command where the file system hangs.
 */
#ifndef FL_VERIFY_JANITOR_H
#define FL_VERIFY_JANITOR_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>
#include "util/err.h"

struct fl_janitor {
	pid_t pid;
	int line;	  /* closed by whoever holds it: time to clean up */
	char name[64];	  /* of the working directory, below the mount's */
	__u64 free_bytes; /* on the mount when it was made */
};

/* Makes the directory below base. Waits at most seconds for the mount to answer. */
int fl_janitor_start(struct fl_janitor *j, const char *base, double seconds, struct fl_err *err);
/* For processes forked meanwhile: they must not keep the line open. */
void fl_janitor_forget(struct fl_janitor *j);
/*
 * Has the directory removed, or left with keep. Returns 0 when that is done, -1 when the janitor did
 * not come back within seconds (it goes on trying).
 */
int fl_janitor_finish(struct fl_janitor *j, bool keep, double seconds);

#endif
