/* SPDX-License-Identifier: GPL-2.0-only */
/* The figure of fio's completion latency. */
#ifndef FL_FIGURES_LATENCY_H
#define FL_FIGURES_LATENCY_H

#include "report/sections.h"

/* fio's completion latency by its quantiles, where fio says them. */
void fl_figure_latency(struct fl_doc *doc, const struct fl_results *r);

#endif
