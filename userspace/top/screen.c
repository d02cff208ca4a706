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
#include "top/details.h"
#include "top/draw.h"
#include "top/lines.h"

#define MIN_LINES     10
#define MIN_COLUMNS   50
#define LIST_TOP      4
#define NAME_AT_LEAST 24
/* Width of the name that must be free before columns of rank EXTRA and more are shown. */
#define NAME_AT_EASE 44
#define EXTRA	     20

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

static int verdict_attr(enum fl_verdict_kind kind)
{
	static const int pairs[] = {
		[FL_SHARED] = PAIR_GOOD,
		[FL_EXCLUSIVE] = PAIR_BAD,
		[FL_MIXED] = PAIR_MIXED,
		[FL_INCONCLUSIVE] = PAIR_MIXED,
	};

	return colour ? COLOR_PAIR(pairs[kind]) : 0;
}

/* One column of the list. */
struct column {
	const char *title;
	int width;
	int rank; /* without room for all, the highest rank is dropped first */
	bool (*known)(const struct fl_snapshot *last);
	void (*text)(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len);
};

static bool sees_takes(const struct fl_snapshot *s)
{
	return s->has_takes;
}

static bool sees_times(const struct fl_snapshot *s)
{
	return fl_snapshot_has_times(s);
}

static bool sees_bytes(const struct fl_snapshot *s)
{
	return !s->takes_only;
}

static void put_rate(const struct fl_row *now, __u64 n, bool known, char *buf, size_t len)
{
	if (known && (!now || now->ns))
		fl_scaled(now ? fl_row_rate(now, n) : 0, buf, len);
	else
		snprintf(buf, len, "-");
}

static void writes_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	put_rate(e->now, e->now ? e->now->totals.writes : 0, true, buf, len);
}

static void mb_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	const struct fl_row *now = e->now;

	fl_scaled(now ? fl_row_rate(now, now->totals.counter[FL_COUNT_BYTES]) / 1e6 : 0, buf, len);
}

static void history_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			 size_t len)
{
	fl_top_history_curve(&t->history, e->all->dev, e->all->file ? e->all->file->slot : 0,
			     fl_top_utf8(), buf);
}

/* The most descriptors that were open for writing at once. */
static void opens_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	const struct fl_snapshot *s = &t->totals.sum;
	__u64 opens = 0;

	for (size_t i = 0; i < s->nfiles; i++) {
		const struct fl_file_counts *f = &s->file[i];

		if (e->all->file ? f == e->all->file : f->dev == e->all->dev)
			opens += f->flag.effective_set + f->flag.effective_unset;
	}
	if (opens < 10000)
		snprintf(buf, len, "%llu", (unsigned long long)opens);
	else
		fl_scaled(opens, buf, len);
}

static const struct fl_totals *shown_totals(const struct fl_top_entry *e)
{
	return e->now && e->now->totals.writes ? &e->now->totals : &e->all->totals;
}

/* A share without its "%": the header has one. */
static void put_share(__u64 part, __u64 whole, char *buf, size_t len)
{
	char *space;

	fl_percent(part, whole, buf, len);
	space = strchr(buf, ' ');
	if (space)
		*space = '\0';
}

/* Share of all writes in the list. */
static void part_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	__u64 all = 0;

	for (size_t i = 0; i < t->list.now.n; i++)
		all += t->list.now.row[i].totals.writes;
	put_share(e->now ? e->now->totals.writes : 0, all, buf, len);
}

static void exclusive_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			   size_t len)
{
	put_share(shown_totals(e)->exclusive, shown_totals(e)->writes, buf, len);
}

static void shared_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	put_share(shown_totals(e)->shared, shown_totals(e)->writes, buf, len);
}

static void eligible_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_share(shown_totals(e)->eligible, shown_totals(e)->writes, buf, len);
}

static void upgrades_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_rate(e->now, e->now ? e->now->totals.takes[FL_SITE_UPGRADE] : 0, e->all->knows_takes,
		 buf, len);
}

static void fi_lock_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			 size_t len)
{
	put_rate(e->now, e->now ? e->now->totals.takes[FL_SITE_FI_LOCK] : 0, e->all->knows_takes,
		 buf, len);
}

static void put_quantile(const struct fl_top_entry *e, enum fl_row_time which, double q, char *buf,
			 size_t len)
{
	__u64 ns;

	if (e->now && fl_row_quantile(e->now, which, q, &ns))
		fl_short_duration(ns, buf, len);
	else
		snprintf(buf, len, "-");
}

static void wait_p50_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_WAIT, 0.50, buf, len);
}

static void wait_p99_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_WAIT, 0.99, buf, len);
}

static void hold_p50_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_HOLD, 0.50, buf, len);
}

static void hold_p99_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_HOLD, 0.99, buf, len);
}

static void ceiling_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			 size_t len)
{
	double ceiling;

	if (e->now && fl_row_ceiling(e->now, &ceiling))
		fl_scaled(ceiling, buf, len);
	else
		snprintf(buf, len, "-");
}

static void route_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf, size_t len)
{
	const struct fl_totals *tot = shown_totals(e);
	int best = 0, used = 0;

	for (int r = 0; r < FL_ROUTES; r++) {
		used += tot->by_route[r] > 0;
		if (tot->by_route[r] > tot->by_route[best])
			best = r;
	}
	snprintf(buf, len, "%s", used > 1 ? "several" : used ? fl_route_name(best) : "-");
}

static bool unserved(const struct fl_top_entry *e)
{
	return e->all->mount && e->all->mount->served == FL_SERVED_NO;
}

static void verdict_text(const struct fl_top_entry *e, const struct fl_top *t, char *buf,
			 size_t len)
{
	enum fl_verdict_kind kind;

	if (unserved(e))
		snprintf(buf, len, "no daemon");
	else
		snprintf(buf, len, "%.9s",
			 fl_top_verdict(e, &t->totals.sum, &kind) ? fl_verdict_name(kind) : "-");
}

static const struct column columns[] = {
	{"writes/s", 8, 0, NULL, writes_text},
	{"part%", 5, EXTRA + 1, NULL, part_text},
	{"MB/s", 5, 4, sees_bytes, mb_text},
	{"excl%", 5, 1, NULL, exclusive_text},
	{"shared%", 7, 1, NULL, shared_text},
	{"elig%", 5, 3, NULL, eligible_text},
	{"upgr/s", 6, 4, sees_takes, upgrades_text},
	{"fi->lk/s", 8, 4, sees_takes, fi_lock_text},
	{"wt p50", 6, 8, sees_times, wait_p50_text},
	{"wt p99", 6, 5, sees_times, wait_p99_text},
	{"hd p50", 6, 7, sees_times, hold_p50_text},
	{"hd p99", 6, 5, sees_times, hold_p99_text},
	{"ceiling", 7, 6, sees_times, ceiling_text},
	{"opens", 5, EXTRA + 2, NULL, opens_text},
	{"route", 11, 9, NULL, route_text},
	{"writes/s so far", FL_TOP_PAST, EXTRA, NULL, history_text},
	{"verdict", 9, 2, NULL, verdict_text},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

/*
 * Drops the shown column with the highest rank, if that is at least from. Returns false if there is
 * none.
 */
static bool drop_column(bool *show, int from, int *used)
{
	size_t drop = NCOLUMNS;

	for (size_t i = 0; i < NCOLUMNS; i++)
		if (show[i] && columns[i].rank >= from &&
		    (drop == NCOLUMNS || columns[i].rank > columns[drop].rank))
			drop = i;
	if (drop == NCOLUMNS)
		return false;
	show[drop] = false;
	*used -= columns[drop].width + 1;
	return true;
}

/* Chooses the columns that the method can fill, and drops some until the name has room. */
static void choose_columns(const struct fl_snapshot *last, bool *show)
{
	int used = 0;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		show[i] = !columns[i].known || columns[i].known(last);
		used += show[i] ? columns[i].width + 1 : 0;
	}
	while (COLS - used < NAME_AT_EASE && drop_column(show, EXTRA, &used))
		;
	while (COLS - used < NAME_AT_LEAST && drop_column(show, 1, &used))
		;
}

static bool to_the_left(const struct column *c)
{
	return c->text == verdict_text || c->text == history_text;
}

/* mvprintw() pads by bytes, and a curve has more bytes than columns. */
static void put_cell(int y, int x, const struct column *c, const char *text)
{
	int pad = c->width - fl_top_width(text);

	fl_top_put(y, to_the_left(c) || pad < 0 ? x : x + pad, c->width, text);
}

static void draw_entry(const struct fl_top *t, size_t index, int y, const bool *show)
{
	const struct fl_top_entry *e = &t->list.entry[index];
	enum fl_verdict_kind kind;
	char text[3 * FL_TOP_PAST + 1];
	int x = 0;

	attrset(index == t->cursor ? A_REVERSE : 0);
	mvhline(y, 0, ' ', COLS);
	for (size_t i = 0; i < NCOLUMNS; i++) {
		if (!show[i])
			continue;
		columns[i].text(e, t, text, sizeof(text));
		if (columns[i].text == verdict_text && unserved(e))
			attron(verdict_attr(FL_EXCLUSIVE));
		else if (columns[i].text == verdict_text &&
			 fl_top_verdict(e, &t->totals.sum, &kind))
			attron(verdict_attr(kind));
		put_cell(y, x, &columns[i], text);
		attrset(index == t->cursor ? A_REVERSE : 0);
		x += columns[i].width + 1;
	}
	if (COLS > x)
		fl_top_put_name(y, x, COLS - x, fl_top_name(e->all));
	attrset(0);
}

static void draw_list(struct fl_top *t)
{
	bool show[NCOLUMNS];
	int height = fl_top_list_height(), x = 0;

	choose_columns(&t->totals.sum, show);
	attrset(A_BOLD | A_UNDERLINE);
	mvhline(LIST_TOP - 1, 0, ' ', COLS);
	for (size_t i = 0; i < NCOLUMNS; i++) {
		if (!show[i])
			continue;
		put_cell(LIST_TOP - 1, x, &columns[i], columns[i].title);
		x += columns[i].width + 1;
	}
	if (COLS > x)
		fl_top_put(LIST_TOP - 1, x, COLS - x, t->query.files ? "file" : "mount");
	attrset(0);
	if (t->cursor < t->first)
		t->first = t->cursor;
	if (t->cursor >= t->first + height)
		t->first = t->cursor - height + 1;
	for (int i = 0; i < height && t->first + i < t->list.n; i++)
		draw_entry(t, t->first + i, LIST_TOP + i, show);
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
			 t->query.files ? "files" : "mounts",
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
		"writes/s and MB/s are of the last interval. So are shares and the verdict; if it had no write, they cover all since top began. elig%: what the shared lock path would accept. wt, hd: wait for the inode lock and hold of it, upper bounds of log2 buckets. ceiling: 1 / mean exclusive hold, the writes per second that one file's lock lets through. part%: share of all listed writes. opens: the most descriptors that were open for writing at once. Columns that the method at hand cannot fill are not shown.";
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
