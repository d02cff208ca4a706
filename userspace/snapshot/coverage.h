/* SPDX-License-Identifier: GPL-2.0-only */
/* What the evidence sees of the writes, and whether something was written that it did not see. Pure. */
#ifndef FL_COVERAGE_H
#define FL_COVERAGE_H

#include "snapshot/snapshot.h"

/* "done", "partial", ...: of snapshots; and a sentence for people, NULL for FL_CROSS_OFF and _DONE. */
const char *fl_cross_check_name(enum fl_cross_check_state state);
int fl_cross_check_from_name(const char *name);
const char *fl_cross_check_why_not(enum fl_cross_check_state state);

/*
 * By how much the mount's attr_version may have risen for what was counted: once with every attempt that
 * was passed through, twice at most with any other write, and with the daemon's replies.
 */
__u64 fl_explained_rise(const struct fl_snapshot *s, __u32 dev);
/* Settles a mount's check: rise since the check began, when so much of the rise was explained already. */
void fl_cross_check_judge(const struct fl_snapshot *s, struct fl_mount_snapshot *m, __u64 rise,
			  __u64 explained_before);

#endif
