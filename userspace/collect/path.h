/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose code writes run: a livepatch that comes or goes changes it while somebody watches. Any livepatch that
 * replaces functions of fs/fuse counts, whoever made it.
 */
#ifndef FL_PATH_H
#define FL_PATH_H

#include "kernel/livepatch.h"

struct fl_path {
	struct fl_livepatches seen;
	__u64 looked_ns;
};

/* What is there at first is no change. */
void fl_path_open(struct fl_path *p);
void fl_path_close(struct fl_path *p);
/*
 * Looks again, but not more often than three times a second. Returns whether something has changed; what then
 * is a sentence that says so, cut to size, and *settled whether every task runs the same code.
 */
bool fl_path_look(struct fl_path *p, char *what, size_t size, bool *settled);

/* The sentences alone: what changed from before to now; false, and nothing written, where nothing did. */
bool fl_path_compare(const struct fl_livepatches *before, const struct fl_livepatches *now,
		     char *what, size_t size, bool *settled);

#endif
