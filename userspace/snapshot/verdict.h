/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict: a pure function of a snapshot. */
#ifndef FL_VERDICT_H
#define FL_VERDICT_H

#include "snapshot/snapshot.h"

enum fl_verdict_kind {
	FL_SHARED,
	FL_EXCLUSIVE,
	FL_MIXED,
	FL_INCONCLUSIVE,
};

struct fl_verdict_opts {
	double min_share;	   /* of eligible writes that must run shared, 0..1 */
	double max_loss;	   /* of writes that may be lost, uncertain or untold, 0..1 */
	__u64 min_eligible;	   /* eligible writes that SHARED needs */
	double min_eligible_share; /* share of all writes that has to be eligible for SHARED, 0..1 */
	bool code_changed; /* a livepatch replaced code meanwhile at whose call sites takes were counted */
};

/*
 * A share of 99 % says little of two writes, and what one write in a thousand may do says little of the
 * others: SHARED needs ten eligible writes, and one in ten of all to be eligible.
 */
#define FL_VERDICT_DEFAULTS                                               \
	{                                                                 \
		.min_share = 0.99, .max_loss = 0.001, .min_eligible = 10, \
		.min_eligible_share = 0.1,                                \
	}

struct fl_reason_count {
	enum fl_reason reason;
	__u64 writes;
};

struct fl_verdict {
	enum fl_verdict_kind kind;
	int exit_code; /* of prove: 0, 1 or 3 */
	struct fl_totals totals;
	struct fl_reason_count reason[FL_REASONS]; /* by weight, only those that occurred */
	int nreasons;
	double loss;	/* fl_totals_unsure() as a share of the writes and itself, 0..1 */
	char why[640];	/* one sentence */
	char next[384]; /* what to do now */
};

const char *fl_verdict_name(enum fl_verdict_kind kind);
/* Sets *v to the verdict on a whole snapshot or, where dev is not 0, on one of its mounts. */
void fl_verdict_of(const struct fl_snapshot *s, __u32 dev, const struct fl_verdict_opts *opts,
		   struct fl_verdict *v);
/* The verdict on totals that were summed over several snapshots; s is the last of them. */
void fl_verdict_of_totals(const struct fl_snapshot *s, __u32 dev, const struct fl_totals *totals,
			  const struct fl_verdict_opts *opts, struct fl_verdict *v);

#endif
