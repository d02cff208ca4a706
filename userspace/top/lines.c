// SPDX-License-Identifier: GPL-2.0-only
#include "top/lines.h"

#include <ncurses.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "top/draw.h"
#include "util/array.h"

static void add(struct fl_top_lines *l, int indent, const char *text, size_t len)
{
	if (!FL_MORE(l->text, l->n))
		return;
	if (asprintf(&l->text[l->n], "%*s%.*s", indent, "", (int)len, text) >= 0)
		l->n++;
}

/*
 * The number of bytes of text that fit into width columns: up to a blank if there is one, else as
 * many as fit.
 */
static size_t fit(const char *text, int width)
{
	size_t word = 0, n = 0;
	char part[8] = "";

	while (text[n]) {
		size_t len = 1;

		while (((unsigned char)text[n + len] & 0xc0) == 0x80 && len < sizeof(part) - 1)
			len++;
		memcpy(part, text + n, len);
		part[len] = '\0';
		width -= fl_top_width(part);
		if (width < 0)
			return word ? word : n ? n : len;
		if (text[n] == ' ' && n && text[n - 1] != ' ')
			word = n;
		n += len;
	}
	return n;
}

void fl_top_line(struct fl_top_lines *l, int indent, const char *fmt, ...)
{
	char *text = NULL;
	const char *p;
	va_list ap;
	size_t n, skip = 0;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return;
	/* do not break a line at the blanks that it begins with */
	skip = strspn(text, " ");
	n = skip + fit(text + skip, COLS - (int)skip);
	add(l, 0, text, n);
	for (p = text + n; *(p += strspn(p, " ")); p += n) {
		n = fit(p, COLS - indent);
		add(l, indent, p, n);
	}
	free(text);
}

void fl_top_lines_draw(struct fl_top_lines *l, int y, int height, size_t *scroll)
{
	if (*scroll + height > l->n)
		*scroll = l->n > (size_t)height ? l->n - height : 0;
	for (int i = 0; i < height && *scroll + i < l->n; i++)
		fl_top_put(y + i, 0, COLS, l->text[*scroll + i]);
	for (size_t i = 0; i < l->n; i++)
		free(l->text[i]);
	free(l->text);
	memset(l, 0, sizeof(*l));
}
