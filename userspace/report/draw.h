/* SPDX-License-Identifier: GPL-2.0-only */
/* What figures share: axes, data blocks, error bars, stacked bars. They write a plot's script. */
#ifndef FL_DRAW_H
#define FL_DRAW_H

#include <stdio.h>

#include "report/sections.h"

/* One more field of a data line; NAN where it is not known. */
void fl_draw_number(FILE *f, double v);
/* The y axis from 0 past most, in writes a second: ticks in round steps. */
void fl_draw_rate_axis(FILE *f, double most);
/* The same of a time in ns. */
void fl_draw_time_axis(FILE *f, double most);
/* A logarithmic axis ('x' or 'y') of times in ns that shows low to high. */
void fl_draw_log_time_axis(FILE *f, char axis, double low, double high);
/* The x axis of curves: numbers of jobs by their logarithm, or the values of a sweep side by side. */
void fl_draw_level_axis(FILE *f, const struct fl_bench *b);

/* Begins and ends a data block called name. */
void fl_draw_block(FILE *f, const char *name);
void fl_draw_block_end(FILE *f);
/* A block of lines "at value low high". Levels for which value() is NAN are left out. */
typedef double fl_draw_value(const struct fl_level *l, double *low, double *high);
bool fl_draw_curve_data(FILE *f, const char *name, const struct fl_analysis *a,
			enum fl_system system, fl_draw_value *value);
/* Draws such a block as a line with points and, if how says so, error bars. */
enum {
	FL_DRAW_BARS = 1,
	FL_DRAW_DASHED = 2,
	FL_DRAW_THIN = 4,
};
void fl_draw_curve(FILE *f, bool *first, const char *data, const char *colour, const char *title,
		   int how);
/* The colour of result number k. */
const char *fl_draw_colour(size_t k);

/*
 * Stacked bars of up to FL_BAR_PARTS parts. Each level has a group with one bar per result; if
 * there are several results, each bar has its letter below.
 */
#define FL_BAR_PARTS 4
typedef bool fl_draw_parts(const struct fl_level *l, double part[FL_BAR_PARTS]);
void fl_draw_bars(FILE *f, const struct fl_results *r, fl_draw_parts *parts, int nparts,
		  const char *const *colours, const char *const *titles);

#endif
