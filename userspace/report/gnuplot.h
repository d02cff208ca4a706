/* SPDX-License-Identifier: GPL-2.0-only */
/* Plots by gnuplot, as SVG that takes its colours from the page around it. */
#ifndef FL_PLOT_H
#define FL_PLOT_H

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

/* Begins a script: terminal, axes, grid, key. Nothing that comes from outside may be printed into it. */
/* The gnuplot to run; until this is called, and for NULL, the system's. */
void fl_plot_program(const char *file);

int fl_plot_begin(struct fl_plot *p);
/*
 * Runs gnuplot and adds the figure to doc. Where gnuplot is missing or fails, the reason takes the
 * figure's place: said once in a document for all of them.
 */
void fl_plot_end(struct fl_plot *p, struct fl_doc *doc, const char *title, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * gnuplot's SVG made fit for a page: own title and description, ids that are unique in the page,
 * colours as CSS variables, no tooltips. Pure. NULL when svg is not what gnuplot writes.
 */
char *fl_plot_adapt(const char *svg, unsigned int number, const char *title,
		    const char *description);

/* A name as a plot's key may show it: what could be gnuplot's or SVG's syntax becomes '_'. */
char *fl_plot_name(const char *name, char *buf, size_t len);

#endif
