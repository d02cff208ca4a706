/* SPDX-License-Identifier: GPL-2.0-only */
/* Aligned columns of text, and which columns there is room for. */
#ifndef FL_TABLE_H
#define FL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A table whose columns are as wide as their widest cell. Cells are copied. */
struct fl_table;
struct fl_table *fl_table_new(int columns);
/* align: one character a column, 'l' or 'r'. */
void fl_table_align(struct fl_table *t, const char *align);
/*
 * Wraps left-aligned columns if the table would be wider than fl_text_width(). Words are broken
 * after a comma or a slash, and elsewhere only if necessary.
 */
void fl_table_wrap(struct fl_table *t);
/* printf into the next cell; rows fill from left to right. */
void fl_table_cell(struct fl_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints with indent spaces in front of each row; the last column is not padded. */
void fl_table_print(const struct fl_table *t, FILE *out, int indent);
void fl_table_free(struct fl_table *t);

/* A column of figures that is shown where there is room. */
struct fl_fit {
	int width, rank;
	bool on;
};
/*
 * Turns columns off until the others, each with a blank behind it, fit into room columns of the screen. The
 * column with the highest rank goes first; columns with a rank below from stay.
 */
void fl_fit_columns(struct fl_fit *column, size_t n, int from, int room);

#endif
