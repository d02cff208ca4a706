// SPDX-License-Identifier: GPL-2.0-only
#include "util/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/text.h"

struct fl_table {
	int columns, cells;
	char align[32];
	bool wraps;
	char **cell;
};

struct fl_table *fl_table_new(int columns)
{
	struct fl_table *t = calloc(1, sizeof(*t));

	if (t)
		t->columns = columns;
	return t;
}

void fl_table_align(struct fl_table *t, const char *align)
{
	if (t)
		snprintf(t->align, sizeof(t->align), "%s", align);
}

void fl_table_wrap(struct fl_table *t)
{
	if (t)
		t->wraps = true;
}

void fl_table_cell(struct fl_table *t, const char *fmt, ...)
{
	va_list ap;

	if (!t || !FL_MORE(t->cell, t->cells))
		return;
	va_start(ap, fmt);
	if (vasprintf(&t->cell[t->cells], fmt, ap) < 0)
		t->cell[t->cells] = NULL;
	va_end(ap);
	t->cells++;
}

static const char *cell_text(const struct fl_table *t, int i)
{
	return t->cell[i] ? t->cell[i] : "";
}

/* Whether the row has nothing to the right of the cell: then no blanks are printed, either. */
static bool ends_row(const struct fl_table *t, int i, const char *const *rest)
{
	for (int col = i % t->columns + 1; col < t->columns; col++)
		if (*rest[col])
			return false;
	return true;
}

static bool is_right(const struct fl_table *t, int col)
{
	return (size_t)col < strlen(t->align) && t->align[col] == 'r';
}

/* Narrows the widest left-aligned columns, by one at a time, until the table fits or they are narrow. */
static void narrow(const struct fl_table *t, int *width, int room)
{
	enum { NARROW = 12 };

	for (;;) {
		int sum = 2 * (t->columns - 1), widest = -1;

		for (int col = 0; col < t->columns; col++) {
			sum += width[col];
			if (!is_right(t, col) && width[col] > NARROW &&
			    (widest < 0 || width[col] >= width[widest]))
				widest = col;
		}
		if (sum <= room || widest < 0)
			return;
		width[widest]--;
	}
}

/*
 * The number of bytes of text that fit into a line of this many columns: whole words if possible.
 */
static size_t line_of(const char *text, int width)
{
	size_t bytes = 0, word = 0, part = 0;
	int columns = 0;

	while (text[bytes]) {
		size_t next = bytes + 1;

		while ((text[next] & 0xc0) == 0x80)
			next++;
		if (columns == width)
			return text[bytes] == ' ' ? bytes : word ? word : part ? part : bytes;
		if (text[bytes] == ' ')
			word = bytes;
		if (strchr(",/", text[bytes]))
			part = next;
		bytes = next;
		columns++;
	}
	return bytes;
}

/*
 * Prints one line of a row; rest is the text that each column still has to print. Returns whether
 * anything is left.
 */
static bool print_line(const struct fl_table *t, FILE *out, int indent, const int *width,
		       const char **rest)
{
	bool left = false;

	fprintf(out, "%*s", indent, "");
	for (int col = 0; col < t->columns; col++) {
		size_t n = t->wraps && !is_right(t, col) ? line_of(rest[col], width[col])
							 : strlen(rest[col]);
		char *line = strndup(rest[col], n);
		int pad = width[col] - fl_shown_width(line ? line : "");
		bool last = ends_row(t, col, rest);

		pad = pad > 0 ? pad : 0;
		if (is_right(t, col))
			fprintf(out, "%*s%s", pad, "", line ? line : "");
		else
			fprintf(out, "%s%*s", line ? line : "", last ? 0 : pad, "");
		free(line);
		rest[col] += n;
		rest[col] += strspn(rest[col], " ");
		left |= *rest[col];
		if (last)
			break;
		fputs("  ", out);
	}
	fputc('\n', out);
	return left;
}

void fl_table_print(const struct fl_table *t, FILE *out, int indent)
{
	const char **rest;
	int *width;

	if (!t)
		return;
	width = calloc(t->columns, sizeof(*width));
	rest = calloc(t->columns, sizeof(*rest));
	for (int i = 0; width && i < t->cells; i++) {
		int w = fl_shown_width(cell_text(t, i));

		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
	if (width && t->wraps)
		narrow(t, width, fl_text_width(out) - indent);
	for (int i = 0; width && rest && i < t->cells; i += t->columns) {
		for (int col = 0; col < t->columns; col++)
			rest[col] = i + col < t->cells ? cell_text(t, i + col) : "";
		while (print_line(t, out, indent, width, rest))
			;
	}
	free(width);
	free(rest);
}

void fl_table_free(struct fl_table *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t);
}

void fl_fit_columns(struct fl_fit *column, size_t n, int from, int room)
{
	int used = 0;

	for (size_t i = 0; i < n; i++)
		used += column[i].on ? column[i].width + 1 : 0;
	while (used > room) {
		struct fl_fit *drop = NULL;

		for (size_t i = 0; i < n; i++)
			if (column[i].on && column[i].rank >= from &&
			    (!drop || column[i].rank > drop->rank))
				drop = &column[i];
		if (!drop)
			return;
		drop->on = false;
		used -= drop->width + 1;
	}
}
