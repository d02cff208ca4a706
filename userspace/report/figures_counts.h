/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of what was counted; those of speed are in figures.c. */
#ifndef FL_FIGURES_COUNTS_H
#define FL_FIGURES_COUNTS_H

#include "report/sections.h"

/* How writes held the lock, and what was taken where takes were counted. */
void fl_figure_takes(struct fl_doc *doc, const struct fl_results *r);
/* The first run with most jobs, over its time. */
void fl_figure_series(struct fl_doc *doc, const struct fl_results *r);
/* Waits and holds, where they were timed. */
void fl_figure_hists(struct fl_doc *doc, const struct fl_results *r);

#endif
