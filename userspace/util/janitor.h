/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that makes a directory of ours below one of the user's, and removes it when the command ends, even
 * by SIGKILL. Only this process asks the file system there anything, so a file system that hangs never hangs the
 * command.
 */
#ifndef FL_JANITOR_H
#define FL_JANITOR_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>
#include "util/below.h"
#include "util/err.h"

struct fl_janitor {
	pid_t pid;		/* 0: none */
	int line;		/* closed by whoever holds it: the janitor cleans up */
	int base;		/* the user's directory, O_PATH */
	int dir;		/* ours, to work in: see fl_below_own() */
	char name[FL_OWN_NAME]; /* of ours, below base */
	__u64 free_bytes;	/* there when it was made; 0 where that is not known */
};

/*
 * Makes a directory below path whose name begins with prefix; path is opened as by fl_open_by_own_links(). Waits no
 * longer than seconds for the file system to answer, and not when interrupted. Returns 0, or -1 with err set, and then
 * there is no janitor.
 */
int fl_janitor_start(struct fl_janitor *k, const char *path, const char *prefix, double seconds,
		     struct fl_err *err);
/* Removes what lies in the directory. Waits and returns as above, but the janitor stays. */
int fl_janitor_empty(struct fl_janitor *k, double seconds, struct fl_err *err);
/* For processes forked meanwhile: they must not keep the line open. */
void fl_janitor_forget(struct fl_janitor *k);
/*
 * Removes the directory, and ends processes that still work in it; with keep it stays. Waits at most seconds.
 * Returns 0 when that is done, -1 when the janitor failed or is still at it.
 */
int fl_janitor_finish(struct fl_janitor *k, bool keep, double seconds);

#endif
