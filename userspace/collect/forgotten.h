/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was counted for files that are no longer told apart, summed by mount, route and what was known of
 * the parallel flag. So totals and reasons stay what they were. Pure.
 */
#ifndef FL_FORGOTTEN_H
#define FL_FORGOTTEN_H

#include "snapshot/snapshot.h"

/* Sums past so many are kept together, whatever the mount. */
#define FL_FORGOTTEN_MAX 16384

struct fl_forgotten {
	struct fl_file_counts
		*sum; /* is_other, in the order of their first file; slot is fl_forgotten_id() */
	size_t n;
	struct fl_slot_hists *spare; /* for the next sum that needs times */
	struct fl_holders *spare_holders;
};

/* Which of its mount's sums a file belongs to: a number below 16 * (FL_ROUTES + 1). */
__u32 fl_forgotten_id(const struct fl_file_counts *f);
/*
 * Makes sure that the next fl_forgotten_add() cannot fail, because counts that have left the table must not be
 * lost. Returns 0, or -1 when out of memory.
 */
int fl_forgotten_reserve(struct fl_forgotten *k);
/* Adds a file's counts. To be called after a reserve. */
void fl_forgotten_add(struct fl_forgotten *k, const struct fl_file_counts *f);
/* Moves the sums to the end of a list that has room for k->n more; k is empty then. */
void fl_forgotten_move(struct fl_forgotten *k, struct fl_file_counts *list, size_t *n);
void fl_forgotten_free(struct fl_forgotten *k);

#endif
