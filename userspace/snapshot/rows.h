/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures that interval rows show: one row a mount, a file, or everything together. Pure. */
#ifndef FL_ROWS_H
#define FL_ROWS_H

#include "snapshot/snapshot.h"

/* One row: a mount, a file on one route, or everything together. */
struct fl_row {
	__u32 dev; /* 0 for everything */
	const struct fl_mount_snapshot *mount;
	const struct fl_file_counts *file; /* NULL but for a file's row */
	__u64 ns;			   /* length of the interval */
	struct fl_totals totals;
	const struct fl_slot_hists *hists; /* NULL where the method has none */
	const struct fl_holders *holders;  /* NULL where none were told */
	bool knows_takes;		   /* upgrades and fi->lock */
	bool knows_nature;		   /* which writes were eligible, and the reasons */
};

struct fl_rows {
	struct fl_row *row;
	size_t n;
	/* behind the rows' pointers; owned */
	struct fl_slot_hists *hists;
	struct fl_holders *holders;
};

/*
 * The rows of a snapshot, most writes first: a row a mount, or a row a file. They point into the
 * snapshot. Returns 0, or -1 when out of memory.
 */
int fl_rows_by_mount(const struct fl_snapshot *s, struct fl_rows *rows);
int fl_rows_by_file(const struct fl_snapshot *s, struct fl_rows *rows);
/* One row for all of it. */
int fl_rows_whole(const struct fl_snapshot *s, struct fl_rows *rows);
void fl_rows_free(struct fl_rows *rows);

/* n events in the row's interval, as a rate per second. */
double fl_row_rate(const struct fl_row *row, __u64 n);

enum fl_row_time {
	FL_ROW_WAIT,
	FL_ROW_HOLD,
};
/* Sets *ns to the q-quantile over exclusive and shared together. False where the row has no times. */
bool fl_row_quantile(const struct fl_row *row, enum fl_row_time which, double q, __u64 *ns);
/*
 * Sets *per_second to 1 / mean exclusive hold: the writes per second that one file's lock lets through. False
 * where no exclusive hold was timed.
 */
bool fl_row_ceiling(const struct fl_row *row, double *per_second);

#endif
