/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that top has seen: the sum of its readings. Bounded: past so many files, those that were idle for
 * the longest time are added up by mount and route. Pure.
 */
#ifndef FL_TOP_TOTALS_H
#define FL_TOP_TOTALS_H

#include "util/index.h"
#include "snapshot/snapshot.h"

#define FL_TOP_FILES 8192

struct fl_top_totals {
	struct fl_snapshot sum; /* its start is that of the first reading */
	struct fl_index by_id;	/* device and slot of a file to its place in sum.file */
	struct fl_index by_dev; /* device to its place in sum.mount */
	__u64 *active; /* by the same place: the last reading in which it counted something */
	__u64 readings;
};

/* Adds a reading. Returns 0, or -1 when out of memory: some of it may then be missing. */
int fl_top_totals_add(struct fl_top_totals *t, const struct fl_snapshot *reading);
void fl_top_totals_free(struct fl_top_totals *t);

#endif
