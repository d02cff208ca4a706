// SPDX-License-Identifier: GPL-2.0-only
#include "top/screen.h"

#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "snapshot/missing.h"
#include "util/text.h"
#include "top/columns.h"
#include "top/details.h"
#include "top/draw.h"
#include "top/lines.h"

#define MIN_LINES   10
#define MIN_COLUMNS 50
#define LIST_TOP    4

static bool colour;

enum {
	PAIR_BAD = 1,
	PAIR_GOOD,
	PAIR_MIXED,
};

int fl_top_screen_open(struct fl_err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fl_err(err, "top needs a terminal");
		return fl_hint(err, "'fuselens stat' writes the same figures into files and pipes");
	}
	if (!term || !*term || !strcmp(term, "dumb")) {
		fl_err(err, "this terminal cannot show pages (TERM=%s)", term ? term : "");
		return fl_hint(err, "'fuselens stat' needs nothing of a terminal");
	}
	setlocale(LC_ALL, "");
	fl_top_put_init();
	if (!newterm(NULL, stdout, stdin)) {
		fl_err(err, "there is no description of the terminal '%.64s'", term);
		return fl_hint(err, "set TERM to what the terminal is, or use 'fuselens stat'");
	}
	colour = fl_colour(stdout) && has_colors() && start_color() == OK;
	if (colour) {
		use_default_colors();
		init_pair(PAIR_BAD, COLOR_RED, -1);
		init_pair(PAIR_GOOD, COLOR_GREEN, -1);
		init_pair(PAIR_MIXED, COLOR_YELLOW, -1);
	}
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	timeout(100);
	return 0;
}

void fl_top_screen_close(void)
{
	if (stdscr)
		endwin();
}

int fl_top_list_height(void)
{
	return LINES - LIST_TOP - 1;
}

int fl_top_verdict_attr(enum fl_verdict_kind kind)
{
	static const int pairs[] = {
		[FL_SHARED] = PAIR_GOOD,
		[FL_EXCLUSIVE] = PAIR_BAD,
		[FL_MIXED] = PAIR_MIXED,
		[FL_INCONCLUSIVE] = PAIR_MIXED,
	};

	return colour ? COLOR_PAIR(pairs[kind]) : 0;
}

static void draw_entry(const struct fl_top *t, size_t index, int y,
		       const struct fl_top_columns *columns)
{
	const struct fl_top_entry *e = &t->list.entry[index];
	int attr = index == t->cursor ? A_REVERSE : 0, x;

	attrset(attr);
	mvhline(y, 0, ' ', COLS);
	x = fl_top_columns_row(columns, t, e, y, attr);
	if (COLS > x)
		fl_top_put_name(y, x, COLS - x, fl_top_name(e->all));
	attrset(0);
}

static void draw_list(struct fl_top *t)
{
	struct fl_top_columns columns;
	int height = fl_top_list_height(), x;

	fl_top_columns_choose(&columns, &t->totals.sum);
	attrset(A_BOLD | A_UNDERLINE);
	mvhline(LIST_TOP - 1, 0, ' ', COLS);
	x = fl_top_columns_titles(&columns, LIST_TOP - 1);
	if (COLS > x)
		fl_top_put(LIST_TOP - 1, x, COLS - x, t->query.files ? "file" : "mount");
	attrset(0);
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (t->cursor >= t->first + height)
		t->first = t->cursor - height + 1;
	for (int i = 0; i < height && t->first + i < t->list.n; i++)
		draw_entry(t, t->first + i, LIST_TOP + i, &columns);
	if (!t->list.n)
		fl_top_put(LIST_TOP + 1, 2, COLS - 2,
			   t->filter[0]	    ? "nothing matches the filter"
			   : t->query.files ? "no file was written yet"
					    : "no FUSE mount");
}

static void draw_head(const struct fl_top *t)
{
	const struct fl_snapshot *s = &t->watch.interval;
	struct fl_rows whole = {};
	char line[512], n[5][32], clock[16];
	int right;
	time_t seconds = t->real_ns / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	attrset(A_BOLD);
	fl_top_put(0, 0, COLS, "fuselens top  ");
	attrset(0);
	snprintf(line, sizeof(line), t->paused ? "%s  %s  PAUSED" : "%s  %s  every %gs",
		 fl_method_name(t->totals.sum.method), clock, t->seconds);
	right = fl_top_width(line);
	fl_top_put_name(0, 14, COLS - 16 - right, t->watch.session.target->name);
	fl_top_put(0, COLS - right, right, line);
	if (t->watch.ended) {
		fl_top_put(1, 0, COLS,
			   "counting has stopped by itself: all figures are of the time before");
	} else if (!fl_rows_whole(s, &whole)) {
		const struct fl_totals *tot = &whole.row[0].totals;

		snprintf(line, sizeof(line),
			 "%s writes/s  %s MB/s  %s exclusive  %s shared  %llu lost  %s eligible",
			 fl_scaled(fl_row_rate(&whole.row[0], tot->writes), n[0], sizeof(n[0])),
			 whole.row[0].knows_nature
				 ? fl_scaled(fl_row_rate(&whole.row[0],
							 tot->counter[FL_COUNT_BYTES]) /
						     1e6,
					     n[4], sizeof(n[4]))
				 : "-",
			 fl_percent(tot->exclusive, tot->writes, n[1], sizeof(n[1])),
			 fl_percent(tot->shared, tot->writes, n[2], sizeof(n[2])), tot->lost,
			 fl_percent(tot->eligible, tot->writes, n[3], sizeof(n[3])));
		fl_top_put_parts(1, 0, COLS, line);
		fl_rows_free(&whole);
	}
	if (t->typing)
		snprintf(line, sizeof(line), "filter: %s_", t->filter);
	else
		snprintf(line, sizeof(line), "%zu %s%s, by %s%s%s%s%s%s", t->list.n,
			 t->list.n == 1	  ? t->query.files ? "file" : "mount"
			 : t->query.files ? "files"
					  : "mounts",
			 t->query.files && t->query.only_dev ? " of one mount" : "",
			 fl_top_sort_name(t->query.sort), t->query.reverse ? ", reversed" : "",
			 t->filter[0] ? ", filter: " : "", t->filter, t->message[0] ? "  | " : "",
			 t->message);
	fl_top_put_parts(2, 0, COLS, line);
}

static void draw_keys(const struct fl_top *t)
{
	attrset(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	fl_top_put_parts(
		LINES - 1, 0, COLS,
		t->page == FL_TOP_LIST
			? " q quit  h help  p pause  s sort  / filter  f files  m mounts  Enter into"
			: " q quit  Esc back  Up/Down scroll");
	attrset(0);
}

/* Keys and meanings in separate columns, so that a narrow terminal wraps only the meanings. */
static void draw_help(struct fl_top *t)
{
	static const char *const keys[][2] = {
		{"Up Down", "move; PgUp PgDn Home End too"},
		{"Enter", "a mount's files; a file's details"},
		{"d", "details: reasons, histograms, who has it open"},
		{"Esc", "back; at the list, drop the filter"},
		{"m f", "list mounts; list files of all mounts"},
		{"s S", "sort by the next, the previous column; r reverses"},
		{"/", "filter by part of a name, Enter ends"},
		{"p space", "pause: the screen stands still, counting goes on"},
		{"+ -", "longer, shorter intervals"},
		{"q", "quit"},
	};
	static const char about[] =
		"writes/s and MB/s are of the last interval. So are shares and the verdict; if it had no write, they cover all since top began. elig%: what the shared lock path would accept. wt, hd: wait for the inode lock and hold of it, upper bounds of buckets, of which an octave has eight. ceiling: 1 / mean exclusive hold, the writes per second that one file's lock lets through. part%: share of all listed writes. writers: processes that wrote in the last interval; with a + there were more. opens: the most descriptors that were open for writing at once. Columns that the method at hand cannot fill are not shown.";
	struct fl_top_lines lines = {};
	char missing[512];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fl_top_line(&lines, 10, "  %-8s%s", keys[i][0], keys[i][1]);
	fl_top_line(&lines, 0, "%s", "");
	fl_top_line(&lines, 2, "  %s", about);
	if (fl_missing_text(&t->totals.sum, missing, sizeof(missing))[0])
		fl_top_line(&lines, 2, "  %s", missing);
	fl_top_lines_draw(&lines, 4, LINES - 5, &t->scroll);
}

void fl_top_draw(struct fl_top *t)
{
	erase();
	if (LINES < MIN_LINES || COLS < MIN_COLUMNS) {
		mvprintw(0, 0, "%dx%d is too small", COLS, LINES);
		mvprintw(1, 0, "%dx%d will do", MIN_COLUMNS, MIN_LINES);
		refresh();
		return;
	}
	draw_head(t);
	if (t->page == FL_TOP_HELP)
		draw_help(t);
	else if (t->page == FL_TOP_DETAILS && t->cursor < t->list.n)
		fl_top_draw_details(t);
	else
		draw_list(t);
	draw_keys(t);
	refresh();
}
