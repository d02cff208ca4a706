/* SPDX-License-Identifier: GPL-2.0-only */
/* What the evidence sees of the writes, and whether something was written that it did not see. Pure. */
#ifndef FL_COVERAGE_H
#define FL_COVERAGE_H

#include "snapshot/snapshot.h"

enum fl_write_kind {
	FL_KIND_DIRECT, /* O_DIRECT, or a file in direct mode */
	FL_KIND_BUFFERED,
	FL_KIND_SPLICE,
	FL_KIND_WRITEBACK, /* pages that the kernel writes later: of mappings, of the writeback cache */
	FL_WRITE_KINDS,
};

enum fl_sees {
	FL_SEES_NO,
	FL_SEES_PART,
	FL_SEES_YES,
};

/* What a form sees of one kind of write. fs: of the backing file; NULL where that does not matter. */
struct fl_coverage {
	enum fl_route route;
	enum fl_write_kind kind;
	const char *fs;
	enum fl_sees tracepoints, functions;
};

/* The whole table, for the test that holds docs/measuring.md to it; *n is its length. */
const struct fl_coverage *fl_coverage_table(size_t *n);
/* By whatever counts the writes of s. fs may be NULL for one that is not known. */
enum fl_sees fl_sees(const struct fl_snapshot *s, enum fl_route route, enum fl_write_kind kind,
		     const char *fs);

/* "done", "partial", ...: of snapshots; and a sentence for people, NULL for FL_CROSS_OFF and _DONE. */
const char *fl_cross_check_name(enum fl_cross_check_state state);
int fl_cross_check_from_name(const char *name);
const char *fl_cross_check_why_not(enum fl_cross_check_state state);

/*
 * By how much the mount's attr_version may have risen for what was counted: once with every attempt that
 * was passed through, twice at most with any other write, and with the daemon's replies.
 */
__u64 fl_explained_rise(const struct fl_snapshot *s, __u32 dev);
/* Writes that may be under way at one moment: counted, and the version not raised yet. */
#define FL_CROSS_UNDER_WAY 64

/*
 * Settles a mount's check. rise: by how much attr_version has risen since the check began. explained_before: how
 * much of what was counted before that moment. under_way: how many counted writes may have been under way at that
 * moment; as many unexplained attempts are not called unseen.
 */
void fl_cross_check_judge(const struct fl_snapshot *s, struct fl_mount_snapshot *m, __u64 rise,
			  __u64 explained_before, __u64 under_way);

#endif
