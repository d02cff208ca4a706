/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An independent count of what was written: fs/fuse raises fc->attr_version with every attempt to write
 * that it passes through, whoever sees it. What it rose by beyond the attempts that were counted, and
 * beyond what replies of the daemon may have raised it by, was unseen.
 */
#ifndef FL_CROSS_CHECK_H
#define FL_CROSS_CHECK_H

#include "collect/target.h"
#include "snapshot/snapshot.h"

struct fl_cross_check {
	bool on;
	struct versions_bpf *skel;
	struct bpf_link *link;
	const struct fl_target *target;
	bool partial; /* not all that is written on its mounts counts */
	bool quiet;   /* nobody wrote when it began, unless others than the command write, too */
	bool begun;   /* and no write from before it is under way any more */
	bool blind;   /* something writes that nothing sees and that raises it: io_uring's tries */
	__u64 version[FL_MAX_DEVS], base[FL_MAX_DEVS]; /* 0: not known */
	__u64 explained[FL_MAX_DEVS];		       /* by what was counted, when base was read */
};

/* Loads what reads the versions. Where that fails nothing is checked, and the snapshot says so. */
void fl_cross_check_open(struct fl_cross_check *x, const struct fl_target *target, bool partial);
void fl_cross_check_close(struct fl_cross_check *x);
/* Reads the versions as they are now. */
void fl_cross_check_read(struct fl_cross_check *x);
/* Reads them, and begins the check there; what was explained by then is set already. */
void fl_cross_check_begin(struct fl_cross_check *x);
/* Fills in the mounts' unseen attempts by what was read last. */
void fl_cross_check_fill(const struct fl_cross_check *x, struct fl_snapshot *s);

#endif
