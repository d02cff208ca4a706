/* SPDX-License-Identifier: GPL-2.0-only */
/* The last rates of each mount and file, for a small curve beside the figures of now. Pure. */
#ifndef FL_TOP_HISTORY_H
#define FL_TOP_HISTORY_H

#include "snapshot/rows.h"
#include "util/index.h"

#define FL_TOP_PAST 24 /* intervals that are kept */

struct fl_top_past {
	__u32 dev, slot;
	float rate[FL_TOP_PAST]; /* writes per second; a ring, see turn */
};

struct fl_top_history {
	struct fl_top_past *past; /* of those that wrote in one of the intervals kept */
	size_t n;
	struct fl_index by_row;
	unsigned int turn; /* where the last interval is in the rings */
};

/*
 * Takes in an interval that was to last this many seconds. Leaves it out if it is shorter than half of that, as
 * top's first reading is, which comes at once. Out of memory leaves mounts and files out.
 */
void fl_top_history_add(struct fl_top_history *h, const struct fl_snapshot *interval,
			double seconds);
/*
 * The curve of a mount (slot 0) or file, one character an interval, the last one at the right: blanks where
 * nothing was written, else eighths of the highest. utf8: block characters, else ASCII. buf needs
 * 3 * FL_TOP_PAST + 1 bytes; returns buf.
 */
char *fl_top_history_curve(const struct fl_top_history *h, __u32 dev, __u32 slot, bool utf8,
			   char *buf);
void fl_top_history_free(struct fl_top_history *h);

#endif
