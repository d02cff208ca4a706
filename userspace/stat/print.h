/* SPDX-License-Identifier: GPL-2.0-only */
/* Interval rows as text, CSV and JSON lines. Pure: rows in, bytes out. */
#ifndef FL_RENDER_STAT_H
#define FL_RENDER_STAT_H

#include <stdio.h>
#include "snapshot/rows.h"
#include "snapshot/verdict.h"
#include "collect/watch.h"

enum fl_stat_format {
	FL_STAT_TEXT,
	FL_STAT_CSV,
	FL_STAT_JSON,
};

struct fl_stat_view {
	enum fl_stat_format format;
	bool files; /* a row a file, not a row a mount */
	bool label; /* rows of more than one mount may come: each names its own */
	bool colour;
	__u64 real_ns; /* CLOCK_REALTIME of the reading */
};

/* What the columns mean: the header of text (two lines) or CSV; nothing for JSON. */
void fl_stat_header(const struct fl_stat_view *v, FILE *out);
/* One interval row. s is the interval's snapshot. In one of no length nothing was counted: no figure is known. */
void fl_stat_row(const struct fl_stat_view *v, const struct fl_snapshot *s,
		 const struct fl_row *row, FILE *out);
/* Something that happened; only JSON has rows for it. */
void fl_stat_note(const struct fl_stat_view *v, const struct fl_watch_note *note, FILE *out);
/* The whole run, in text and JSON; row is that of the sum of all intervals. */
void fl_stat_total(const struct fl_stat_view *v, const struct fl_snapshot *s,
		   const struct fl_row *row, const struct fl_verdict *verdict, FILE *out);

#endif
