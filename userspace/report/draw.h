/* SPDX-License-Identifier: GPL-2.0-only */
/* What figures share: axes, data blocks, error bars, stacked bars. They write a plot's script. */
#ifndef FL_DRAW_H
#define FL_DRAW_H

#include <stdio.h>

#include "report/sections.h"

/* Writes one more field of a data line; NAN stands for what is not known. */
void fl_draw_number(FILE *f, double v);
/* The y axis from 0 past most, in writes a second: ticks in round steps. */
void fl_draw_rate_axis(FILE *f, double most);
/* The same for times in ns. */
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
	FL_DRAW_DOTTED = 8,
	FL_DRAW_SHAPES =
		16, /* FL_DRAW_SHAPES * k: points of shape k, for eyes that do not tell all colours apart */
};
void fl_draw_curve(FILE *f, bool *first, const char *data, const char *colour, const char *title,
		   int how);
/* Only a name in the key, of a kind of line that many curves share: dashed, dotted, or solid. */
void fl_draw_kind(FILE *f, const char *title, int how);
/* A key of several lines needs room, so the picture grows with each result after the first few. */
struct fl_plot;
void fl_draw_key_room(struct fl_plot *p, const struct fl_results *r, size_t few);
/* The colour of result number k. */
const char *fl_draw_colour(size_t k);

/*
 * What has bars in a picture: the results that are compared and, after them, the earlier result that is the
 * reference. mark is the letter below its bars, "" for a result that stands alone.
 */
size_t fl_draw_barred(const struct fl_results *r);
const struct fl_analysis *fl_draw_barred_at(const struct fl_results *r, size_t k);
const char *fl_draw_mark(const struct fl_results *r, size_t k, char mark[2]);

/* Stacked bars of up to FL_BAR_PARTS parts. Each level has a group with one bar for each of them. */
#define FL_BAR_PARTS 4
typedef bool fl_draw_parts(const struct fl_level *l, double part[FL_BAR_PARTS]);
/* ". R is the reference, before"; "" where the reference has no such bars. */
#define FL_DRAW_WORDS 320
const char *fl_draw_reference_bars(const struct fl_results *r, fl_draw_parts *parts,
				   char words[FL_DRAW_WORDS]);
void fl_draw_bars(FILE *f, const struct fl_results *r, fl_draw_parts *parts, int nparts,
		  const char *const *colours, const char *const *titles);

#endif
