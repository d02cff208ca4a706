/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An independent count of writes: fs/fuse raises fc->attr_version with every attempt to write that
 * it passes through, seen by a probe or not. Subtracting the counted attempts, and the most that
 * the daemon's replies may have added, leaves the unseen attempts.
 */
#ifndef FL_CROSS_CHECK_H
#define FL_CROSS_CHECK_H

#include "collect/target.h"
#include "snapshot/snapshot.h"

struct fl_cross_check {
	bool on;
	struct bpf_link *link;
	const struct fl_target *target;
	bool partial; /* only part of the writes on its mounts counts */
	bool quiet;   /* nothing wrote when it began; not so if others than the command write */
	bool begun;   /* the check has begun: earlier writes have ended */
	bool blind;   /* io_uring's unseen attempts raise the version */
	__u64 version[FL_MAX_DEVS], base[FL_MAX_DEVS]; /* 0: not known */
	bool writeback[FL_MAX_DEVS];		       /* the mount has a writeback cache */
	__u64 explained[FL_MAX_DEVS];		       /* by counted attempts, when base was read */
};

/*
 * Loads the program that reads the versions. If that fails, nothing is checked, and the snapshot
 * says so.
 */
void fl_cross_check_open(struct fl_cross_check *x, const struct fl_target *target, bool partial);
void fl_cross_check_close(struct fl_cross_check *x);
/* Reads the current versions. */
void fl_cross_check_read(struct fl_cross_check *x);
/* Reads them, and begins the check with them. The caller has set explained before. */
void fl_cross_check_begin(struct fl_cross_check *x);
/* Fills in the mounts' unseen attempts, from the versions read last. */
void fl_cross_check_fill(const struct fl_cross_check *x, struct fl_snapshot *s);

#endif
