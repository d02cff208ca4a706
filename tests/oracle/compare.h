/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares what was written with what fuselens counted. */
#ifndef ORACLE_COMPARE_H
#define ORACLE_COMPARE_H

#include "place.h"

enum outcome {
	OUTCOME_EXACT,
	OUTCOME_SAID, /* the difference is within what the report calls uncertain, unseen or lost */
	OUTCOME_DIFFERENT,
};

struct trial {
	const struct plan *plan;
	struct ledger *ledger;
	bool first_only; /* the target is the first entry's file: nothing else may be counted */
	enum outcome outcome;
	uint64_t writes, said; /* that were made; by how many the report says it may be off */
	char *why;	       /* lines for people; freed by the caller */
};

/*
 * Compares all that one report covers. path is the report of `prove --json`. Returns 0, or -1 with a
 * message on stderr if it can't be read.
 */
int compare(const char *path, struct trial *trials, size_t n);

#endif
