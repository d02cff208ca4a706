/* SPDX-License-Identifier: GPL-2.0-only */
/* A page of lines that wraps to the terminal's width and scrolls. */
#ifndef FL_TOP_LINES_H
#define FL_TOP_LINES_H

#include <stddef.h>

struct fl_top_lines {
	char **text;
	size_t n;
};

/*
 * Adds a line. Where it is wider than the terminal it is broken between words, and what follows begins in
 * column indent. The text must be safe for a terminal.
 */
void fl_top_line(struct fl_top_lines *l, int indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts height lines from *scroll on below row y, holds *scroll within the page, and frees the lines. */
void fl_top_lines_draw(struct fl_top_lines *l, int y, int height, size_t *scroll);

#endif
