/* SPDX-License-Identifier: GPL-2.0-only */
/* The list that top shows: what happened last beside what happened so far, sorted and filtered. Pure. */
#ifndef FL_TOP_ROWS_H
#define FL_TOP_ROWS_H

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
 * The entries points into both snapshots. Returns 0, or -1 when out of memory. Rows of last without
 * writes are listed too for mounts: an idle mount is worth seeing.
 */
int fl_top_list(struct fl_top_list *list, const struct fl_snapshot *last,
		const struct fl_snapshot *interval, const struct fl_top_query *q);
void fl_top_list_free(struct fl_top_list *list);

/* What a row is called: a path; never NULL. Not escaped. */
const char *fl_top_name(const struct fl_row *row);
/* Where entry with this device, slot (files) is in the list; 0 where it is not. */
size_t fl_top_find(const struct fl_top_list *list, __u32 dev, __u32 slot);
/* The verdict on what happened last, or where that is nothing on all of it; false without writes. */
bool fl_top_verdict(const struct fl_top_entry *e, const struct fl_snapshot *last,
		    enum fl_verdict_kind *kind);

#endif
