/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of stat's text: which there are, which of them to show, and a row of them. Pure. */
#ifndef FL_STAT_COLUMNS_H
#define FL_STAT_COLUMNS_H

#include <stdio.h>
#include "stat/figures.h"
#include "stat/print.h"
#include "util/err.h"

/*
 * Takes in a list of column names, "time,writes,excl"; with a '+' in front the columns come after the usual
 * ones. Returns 0, or -1 with err set, which names all columns.
 */
int fl_stat_columns_parse(struct fl_stat_view *v, const char *list, struct fl_err *err);
/* Prints the names of all columns, separated by blanks. */
void fl_stat_columns_words(FILE *out);
/*
 * Settles which columns to show: those asked for; else those that the evidence of s can fill and that fit
 * into the view's width. Called again whenever the width may have changed.
 */
void fl_stat_columns_choose(struct fl_stat_view *v, const struct fl_snapshot *s);

void fl_stat_columns_header(const struct fl_stat_view *v, FILE *out);
/* all: the writes of all rows of the interval. */
void fl_stat_columns_row(const struct fl_stat_view *v, const struct fl_row *row,
			 const struct fl_stat_value *fig, __u64 all, FILE *out);

#endif
