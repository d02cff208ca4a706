/* SPDX-License-Identifier: GPL-2.0-only */
/* Every figure of an interval row once: text, CSV and JSON take theirs from here. Pure. */
#ifndef FL_STAT_FIGURES_H
#define FL_STAT_FIGURES_H

#include "snapshot/rows.h"

enum fl_stat_figure {
	FL_STAT_WRITES,
	FL_STAT_BYTES,
	FL_STAT_EXCLUSIVE,
	FL_STAT_SHARED,
	FL_STAT_UNTOLD,
	FL_STAT_ELIGIBLE,
	FL_STAT_ELIGIBLE_SHARED,
	FL_STAT_UPGRADES,
	FL_STAT_FI_LOCK,
	FL_STAT_LOST,
	FL_STAT_WRITES_PER_S,
	FL_STAT_EXCLUSIVE_PER_S,
	FL_STAT_SHARED_PER_S,
	FL_STAT_UPGRADES_PER_S,
	FL_STAT_FI_LOCK_PER_S,
	FL_STAT_WAIT_P50,
	FL_STAT_WAIT_P99,
	FL_STAT_HOLD_P50,
	FL_STAT_HOLD_P99,
	FL_STAT_CEILING,
	FL_STAT_GETXATTR,
	FL_STAT_QUEUED_BEHIND,
	FL_STAT_HOLDERS_MEAN,
	FL_STAT_HOLDERS_MAX,
	FL_STAT_FIGURES,
};

/* Counts are exact; what is worked out from them is not a whole number. */
struct fl_stat_value {
	bool known, whole;
	__u64 n;
	double d;
};

/* "writes", "wait_p50_ns": the keys of CSV and JSON. */
const char *fl_stat_figure_name(enum fl_stat_figure figure);
/* The figures of a row of the interval s. Of an interval of no length none is known. */
void fl_stat_figures(const struct fl_snapshot *s, const struct fl_row *row,
		     struct fl_stat_value v[FL_STAT_FIGURES]);

/* The row's mount point and file, unescaped; NULL where it has none or it is not known. */
const char *fl_stat_mount_name(const struct fl_row *row);
const char *fl_stat_file_name(const struct fl_row *row);

#endif
