/* SPDX-License-Identifier: GPL-2.0-only */
/* Interval rows as text, CSV and JSON lines. Pure: rows in, bytes out. */
#ifndef FL_STAT_PRINT_H
#define FL_STAT_PRINT_H

#include <stdio.h>
#include "snapshot/rows.h"
#include "snapshot/verdict.h"
#include "collect/watch.h"

enum fl_stat_format {
	FL_STAT_TEXT,
	FL_STAT_CSV,
	FL_STAT_JSON,
};

#define FL_STAT_MAX_COLUMNS 24

struct fl_stat_view {
	enum fl_stat_format format;
	bool files;    /* a row a file, not a row a mount */
	bool label;    /* rows of more than one mount may come: each names its own */
	bool wide;     /* every column that can be filled, and names whole */
	int width;     /* of the terminal; 0: no terminal, and no limit */
	int digits;    /* of the seconds' fraction in the time column */
	__u64 real_ns; /* CLOCK_REALTIME of the reading */
	/* Columns of text, by their place in the table of columns.c: asked for, and chosen from that. */
	unsigned char asked[FL_STAT_MAX_COLUMNS], shown[FL_STAT_MAX_COLUMNS];
	size_t nasked, nshown;
	bool adds; /* what was asked for comes beside the usual ones */
};

/* The header of text (two lines) or CSV; nothing for JSON. Text needs its columns chosen before. */
void fl_stat_header(const struct fl_stat_view *v, FILE *out);
/* One row of the interval s. Nothing is counted in an interval of no length: no figure of it is known. */
void fl_stat_row(const struct fl_stat_view *v, const struct fl_snapshot *s,
		 const struct fl_row *row, FILE *out);
/* Something that happened; only JSON has rows for it. */
void fl_stat_note(const struct fl_stat_view *v, const struct fl_watch_note *note, FILE *out);
/* The whole run, in text and JSON; row holds the sum of all intervals. */
void fl_stat_total(const struct fl_stat_view *v, const struct fl_snapshot *s,
		   const struct fl_row *row, const struct fl_verdict *verdict, FILE *out);

#endif
