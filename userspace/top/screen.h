/* SPDX-License-Identifier: GPL-2.0-only */
/* top's pages on a terminal, by ncurses. */
#ifndef FL_TOP_SCREEN_H
#define FL_TOP_SCREEN_H

#include "openfiles/openfiles.h"
#include "top/history.h"
#include "top/list.h"
#include "top/totals.h"
#include "collect/watch.h"

enum fl_top_page {
	FL_TOP_LIST,
	FL_TOP_DETAILS,
	FL_TOP_HELP,
};

struct fl_top {
	struct fl_watch watch;
	struct fl_top_totals totals; /* of the watch's session */
	__u64 began_ns;		     /* of that session */
	struct fl_top_query query;
	struct fl_top_list list;
	struct fl_top_history history;
	enum fl_top_page page;
	size_t cursor, first; /* in the list */
	size_t scroll;	      /* of the details */
	bool paused, typing;  /* typing: the filter */
	double seconds;
	char filter[128];
	char message[256];
	__u64 real_ns;
};

/* Takes the terminal; fails with a hint where it can't show pages. */
int fl_top_screen_open(struct fl_err *err);
void fl_top_screen_close(void);
void fl_top_draw(struct fl_top *t);
/* The colour of a verdict, as attributes of ncurses; 0 without colour. */
int fl_top_verdict_attr(enum fl_verdict_kind kind);
/* Rows of the list that fit now. */
int fl_top_list_height(void);

#endif
