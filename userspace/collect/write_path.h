/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose code writes run: a livepatch that comes or goes changes it while a command watches. Every
 * livepatch that replaces functions of fs/fuse counts, not only ours.
 */
#ifndef FL_WRITE_PATH_H
#define FL_WRITE_PATH_H

#include "kernel/livepatch.h"

struct fl_write_path {
	struct fl_livepatches seen;
	__u64 looked_ns;
	bool looked;
};

/*
 * Begins to look. Livepatches that are loaded already are not reported as changes. A change that is under way already
 * is: the first look tells of it.
 */
void fl_write_path_open(struct fl_write_path *p);
void fl_write_path_close(struct fl_write_path *p);
/*
 * Checks again, at most three times a second. Returns whether something has changed. If so, what is
 * a sentence about it, cut to size, and *settled says whether every task runs the same code.
 */
bool fl_write_path_look(struct fl_write_path *p, char *what, size_t size, bool *settled);

/*
 * Only the sentences: writes what changed from before to now. Returns false, and writes nothing, if
 * nothing changed.
 */
bool fl_write_path_compare(const struct fl_livepatches *before, const struct fl_livepatches *now,
			   char *what, size_t size, bool *settled);
/* The same of the changes that are under way now, which need not have gone on since before. */
bool fl_write_path_under_way(const struct fl_livepatches *now, char *what, size_t size);

#endif
