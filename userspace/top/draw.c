// SPDX-License-Identifier: GPL-2.0-only
#include "top/draw.h"

#include <langinfo.h>
#include <ncurses.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "util/text.h"

static bool utf8;

void fl_top_put_init(void)
{
	utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/*
 * The number of columns of the character at s; sets *len to its length. Without UTF-8 each byte is
 * a column.
 */
static int char_width(const char *s, size_t *len)
{
	mbstate_t state = {};
	wchar_t wc;
	int width;

	*len = utf8 ? mbrtowc(&wc, s, strlen(s), &state) : 1;
	if (!utf8)
		return 1;
	if (*len == (size_t)-1 || *len == (size_t)-2 || !*len) {
		*len = 1;
		return 1;
	}
	width = wcwidth(wc);
	return width > 0 ? width : 0;
}

int fl_top_width(const char *s)
{
	int width = 0;
	size_t len;

	for (; *s; s += len)
		width += char_width(s, &len);
	return width;
}

bool fl_top_utf8(void)
{
	return utf8;
}

void fl_top_put(int y, int x, int width, const char *text)
{
	int at = 0;
	size_t len;

	for (const char *s = text; *s && y < LINES; s += len) {
		int w = char_width(s, &len);

		if (at + w > width)
			break;
		if (!utf8 && (unsigned char)*s >= 0x80)
			mvaddch(y, x + at, '?');
		else
			mvaddnstr(y, x + at, s, (int)len);
		at += w;
	}
}

void fl_top_put_name(int y, int x, int width, const char *name)
{
	char *shown = fl_escape(name);
	const char *s = shown;
	int over = shown ? fl_top_width(shown) - width : 0;
	size_t len;

	if (over > 0) {
		for (over += 3; *s && over > 0; s += len)
			over -= char_width(s, &len);
		fl_top_put(y, x, width, "...");
		x += 3;
		width -= 3;
	}
	if (s)
		fl_top_put(y, x, width, s);
	free(shown);
}

void fl_top_put_parts(int y, int x, int width, const char *text)
{
	char *shown = strdup(text), *cut;

	while (shown && fl_top_width(shown) > width) {
		cut = NULL;
		for (char *gap = shown + 1; (gap = strstr(gap, "  ")); gap += strspn(gap, " "))
			if (gap[strspn(gap, " ")])
				cut = gap;
		if (!cut)
			break;
		*cut = '\0';
	}
	fl_top_put(y, x, width, shown ? shown : "");
	free(shown);
}
