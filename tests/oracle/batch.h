/* SPDX-License-Identifier: GPL-2.0-only */
/* Plans that are carried out under one `fuselens prove`: those with the same target. */
#ifndef ORACLE_BATCH_H
#define ORACLE_BATCH_H

#include "compare.h"

#define BATCH 12

struct oracle {
	struct plan_wish wish; /* without its seed */
	struct place place;
	const char *self, *fuselens, *evidence, *scratch;
	bool verbose;
	bool first_only; /* stop at the first difference */
	uint64_t seeds, exact, said, different, broken;
	uint64_t writes, unsure; /* of all seeds; those that reports call uncertain */
};

struct batch {
	struct oracle *o;
	struct plan plan[BATCH];
	struct trial trial[BATCH];
	size_t n;
	char report[PLACE_PATH];
};

void batch_init(struct oracle *o);
/*
 * Makes the batch's files, proves, compares, reports and removes them. Returns the worst outcome;
 * -1 if there is none.
 */
int batch_run(struct batch *b);
/* Whether both can be counted together. */
bool batch_takes(const struct batch *b, const struct plan *p);
/* Carries out plans with existing ledgers; `prove` runs this. */
int batch_drive(struct oracle *o, char *const *seeds, int n);
void oracle_print_choices(const struct oracle *o, FILE *out);

#endif
