// SPDX-License-Identifier: GPL-2.0-only
#include "util/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

struct fl_table {
	int columns, cells, capacity;
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

	if (!t)
		return;
	if (t->cells == t->capacity) {
		int capacity = t->capacity ? 2 * t->capacity : 64;
		char **grown = realloc(t->cell, capacity * sizeof(*grown));

		if (!grown)
			return;
		t->cell = grown;
		t->capacity = capacity;
	}
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
static bool ends_row(const struct fl_table *t, int i)
{
	for (i++; i < t->cells && i % t->columns; i++)
		if (*cell_text(t, i))
			return false;
	return true;
}

void fl_table_print(const struct fl_table *t, FILE *out, int indent)
{
	int *width, before = indent;

	if (!t)
		return;
	width = calloc(t->columns, sizeof(*width));
	if (!width)
		return;
	for (int i = 0; i < t->cells; i++) {
		int w = fl_shown_width(cell_text(t, i));

		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
	for (int col = 0; col + 1 < t->columns; col++)
		before += width[col] + 2;
	for (int i = 0; i < t->cells; i++) {
		int col = i % t->columns;
		const char *text = cell_text(t, i);
		int pad = width[col] - fl_shown_width(text);
		bool last = ends_row(t, i);
		bool right = (size_t)col < strlen(t->align) && t->align[col] == 'r';

		if (!col)
			fprintf(out, "%*s", indent, "");
		if (t->wraps && !right && col == t->columns - 1) {
			fl_wrap(out, text, before, before);
			continue;
		}
		if (right)
			fprintf(out, "%*s%s", pad, "", text);
		else
			fprintf(out, "%s%*s", text, last ? 0 : pad, "");
		fputs(last ? "\n" : "  ", out);
		if (last)
			i += t->columns - 1 - col;
	}
	free(width);
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
