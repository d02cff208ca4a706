/* SPDX-License-Identifier: GPL-2.0-only */
/* Plots by gnuplot, as SVG that takes its colours from the page around it. */
#ifndef FL_GNUPLOT_H
#define FL_GNUPLOT_H

#include <stdio.h>
#include "report/doc.h"
#include "util/err.h"

/* Colours by what they stand for. In a script: "lc @MOUNT". */
struct fl_plot {
	FILE *script;
	char *text;
	size_t len;
	int width, height;
};

/* Sets the gnuplot to run, by its file. NULL, as before the first call: the system's. */
void fl_plot_program(const char *file);

/* Begins a script: terminal, axes, grid, key. Text from outside must never be printed into a script. */
int fl_plot_begin(struct fl_plot *p);
/* Why a figure of this run could not be drawn; NULL: all figures were drawn. */
const char *fl_plot_none(void);
/* Drops a script without drawing it. */
void fl_plot_drop(struct fl_plot *p);
/*
 * Runs gnuplot and adds the figure to doc. Where gnuplot is missing or fails, a note says so instead, once in
 * a document.
 */
void fl_plot_end(struct fl_plot *p, struct fl_doc *doc, const char *title, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Adapts gnuplot's SVG to a page: sets its title and description, makes its ids unique in the page, turns its
 * colours into CSS variables and removes tooltips. Pure. Returns NULL when gnuplot did not write svg.
 */
char *fl_plot_adapt(const char *svg, unsigned int number, const char *title,
		    const char *description);

/* A name as a plot's key may show it: what could be gnuplot's or SVG's syntax becomes '_'. */
char *fl_plot_name(const char *name, char *buf, size_t len);

#endif
