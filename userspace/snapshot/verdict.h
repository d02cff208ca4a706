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
	double min_share; /* of eligible writes that must run shared, 0..1 */
	double max_loss;  /* of writes that may be lost, uncertain or untold, 0..1 */
};

#define FL_VERDICT_DEFAULTS                          \
	{                                            \
		.min_share = 0.99, .max_loss = 0.001 \
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
	double loss;	/* (lost + uncertain) / (counted + lost + uncertain) */
	char why[256];	/* one sentence */
	char next[384]; /* what to do now */
};

const char *fl_verdict_name(enum fl_verdict_kind kind);
/* Of the whole snapshot; of one mount where dev is not 0. */
void fl_verdict_of(const struct fl_snapshot *s, __u32 dev, const struct fl_verdict_opts *opts,
		   struct fl_verdict *v);
/* Of totals that were added up over several snapshots, of which s is the last. */
void fl_verdict_of_totals(const struct fl_snapshot *s, __u32 dev, const struct fl_totals *totals,
			  const struct fl_verdict_opts *opts, struct fl_verdict *v);

#endif
