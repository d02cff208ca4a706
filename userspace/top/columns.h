/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of top's list: which there are, which of them to show, and what a row says in them. */
#ifndef FL_TOP_COLUMNS_H
#define FL_TOP_COLUMNS_H

#include "top/screen.h"
#include "util/table.h"

#define FL_TOP_COLUMNS 24

struct fl_top_columns {
	struct fl_fit column[FL_TOP_COLUMNS];
};

/* Chooses those that the evidence of s can fill, fewer until the name has room. */
void fl_top_columns_choose(struct fl_top_columns *chosen, const struct fl_snapshot *s);
/* Put their titles, or an entry's cells, into line y. Return the screen's column behind them. */
int fl_top_columns_titles(const struct fl_top_columns *chosen, int y);
int fl_top_columns_row(const struct fl_top_columns *chosen, const struct fl_top *t,
		       const struct fl_top_entry *e, int y, int attr);

#endif
