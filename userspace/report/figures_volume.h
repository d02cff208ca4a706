/* SPDX-License-Identifier: GPL-2.0-only */
/* The figure of bytes and reads per second. */
#ifndef FL_FIGURES_VOLUME_H
#define FL_FIGURES_VOLUME_H

#include "report/sections.h"

/* Bytes and reads, where they tell something that writes per second do not. */
void fl_figure_volume(struct fl_doc *doc, const struct fl_results *r);

#endif
