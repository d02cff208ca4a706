/* SPDX-License-Identifier: GPL-2.0-only */
/* The list that top shows. An entry has the last interval and all since the beginning. Pure. */
#ifndef FL_TOP_LIST_H
#define FL_TOP_LIST_H

#include "snapshot/rows.h"
#include "snapshot/verdict.h"

enum fl_top_sort {
	FL_TOP_WRITES, /* per second */
	FL_TOP_EXCLUSIVE,
	FL_TOP_SHARED,
	FL_TOP_TOTAL, /* writes so far */
	FL_TOP_WAIT,  /* p99 */
	FL_TOP_HOLD,
	FL_TOP_NAME,
	FL_TOP_SORTS,
};

const char *fl_top_sort_name(enum fl_top_sort sort);

struct fl_top_entry {
	const struct fl_row *now; /* NULL where nothing happened in the last interval */
	const struct fl_row *all; /* since the watch began */
};

struct fl_top_list {
	struct fl_top_entry *entry;
	size_t n;
	struct fl_rows now, all;
};

struct fl_top_query {
	bool files;	    /* files, not mounts */
	__u32 only_dev;	    /* files of this mount only; 0: all */
	const char *filter; /* part of the name as it is shown; NULL or "": all */
	enum fl_top_sort sort;
	bool reverse;
};

/*
 * Fills list with entries that point into both snapshots. Mounts that nobody wrote are listed too. Returns 0,
 * or -1 when out of memory.
 */
int fl_top_list(struct fl_top_list *list, const struct fl_snapshot *last,
		const struct fl_snapshot *interval, const struct fl_top_query *q);
void fl_top_list_free(struct fl_top_list *list);

/* What a row is called: a path; never NULL. Not escaped. */
const char *fl_top_name(const struct fl_row *row);
/* The place of the entry with this device and, for a file, this slot; 0 where there is none. */
size_t fl_top_find(const struct fl_top_list *list, __u32 dev, __u32 slot);
/*
 * Sets *kind to the verdict on the last interval, or on all intervals where the last one had no write.
 * False where there was no write at all.
 */
bool fl_top_verdict(const struct fl_top_entry *e, const struct fl_snapshot *last,
		    enum fl_verdict_kind *kind);

#endif
