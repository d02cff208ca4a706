/* SPDX-License-Identifier: GPL-2.0-only */
/* What top's pages are drawn with: text put at a place on the screen, cut to a width in columns. */
#ifndef FL_TOP_DRAW_H
#define FL_TOP_DRAW_H

#include <stdbool.h>

/* Finds out whether the terminal takes UTF-8. Called once, after setlocale(). */
void fl_top_put_init(void);
bool fl_top_utf8(void);
/* Columns that text takes on this terminal. */
int fl_top_width(const char *text);
/*
 * Puts text that consists of parts with two blanks between them: as many whole parts as fit into width
 * columns, at least a piece of the first.
 */
void fl_top_put_parts(int y, int x, int width, const char *text);
/* Puts text that is safe for a terminal already, cut to width columns. */
void fl_top_put(int y, int x, int width, const char *text);
/* Puts a name from the system, escaped. Where it is too long its end is shown, which tells files apart. */
void fl_top_put_name(int y, int x, int width, const char *name);

#endif
