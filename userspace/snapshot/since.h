/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was counted between two readings. The difference of two snapshots is a snapshot, so totals and
 * verdicts work on an interval as they do on a whole run. Pure.
 */
#ifndef FL_SINCE_H
#define FL_SINCE_H

#include "snapshot/snapshot.h"

/*
 * Fills delta with what now counts beyond before (NULL: since the start). Files and probes that counted
 * nothing in between are left out; mounts are always kept. Both snapshots must come from one collector,
 * because files are matched by their slot, and a slot is never given to another file. The caller frees
 * delta with fl_snapshot_free(). Returns 0, or -1 when out of memory.
 */
int fl_snapshot_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
		      struct fl_snapshot *delta);

#endif
