/* SPDX-License-Identifier: GPL-2.0-only */
/* Which lock path a leg had to take, and whether the counts show it. Pure. */
#ifndef FL_VERIFY_JUDGE_H
#define FL_VERIFY_JUDGE_H

#include "snapshot/snapshot.h"
#include "verify/cases/case.h"

/* "pass", "inconclusive", "FAIL". */
const char *fl_outcome_name(enum fl_outcome outcome);
/* The worse of the two. */
enum fl_outcome fl_outcome_worse(enum fl_outcome a, enum fl_outcome b);

/* What was in force for a leg's file while it was written. */
struct fl_leg_facts {
	bool known; /* an open file showed it */
	enum fl_route route;
	bool parallel; /* FOPEN_PARALLEL_DIRECT_WRITES in force */
	bool answered; /* the daemon asked for it, granted or not */
	/* a livepatch came or went meanwhile, so sharing was possible for only part of the time */
	bool path_varied;
};

/*
 * How this kernel's passthrough path decides. as_dio: it locks with the helpers of the direct-io path,
 * which do not ask whether a write is direct.
 */
struct fl_lock_rules {
	bool as_dio;
};

/* Whether every write of a leg has to run shared, exclusively, or each by its own nature. */
enum fl_expect {
	FL_EXPECT_EXCLUSIVE,
	FL_EXPECT_SHARED,
	FL_EXPECT_BY_NATURE,
	FL_EXPECT_EITHER,
};

const char *fl_expect_name(enum fl_expect expect);
enum fl_expect fl_verify_expect(const struct fl_leg *leg, const struct fl_leg_facts *facts,
				const struct fl_lock_rules *rules);

struct fl_leg_verdict {
	enum fl_outcome result;
	enum fl_expect expect;
	char why[320];	/* of anything but a pass */
	char note[384]; /* or empty */
	bool lax;	/* the note is about a broken locking rule */
	struct fl_totals totals;
	__u64 past_eof; /* writes that were, in either mode */
};

void fl_verify_judge_leg(const struct fl_snapshot *s, __u32 dev, const struct fl_leg *leg,
			 const struct fl_leg_facts *facts, const struct fl_lock_rules *rules,
			 struct fl_leg_verdict *v);

/*
 * Upgrades of a case that has to show some. known: the evidence counts them. sharing: the case's files
 * share the lock at all.
 */
enum fl_outcome fl_verify_judge_upgrades(bool sharing, bool known, __u64 upgrades, char *why,
					 size_t len);

#endif
