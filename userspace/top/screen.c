// SPDX-License-Identifier: GPL-2.0-only
#include "top/screen.h"

#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/text.h"
#include "top/details.h"
#include "top/draw.h"

#define MIN_LINES     10
#define MIN_COLUMNS   50
#define LIST_TOP      4
#define NAME_AT_LEAST 24

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
	int rank; /* the highest goes first where there is no room */
	bool (*known)(const struct fl_snapshot *last);
	void (*text)(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
		     size_t len);
};

static bool sees_takes(const struct fl_snapshot *s)
{
	return s->has_takes;
}

static bool sees_times(const struct fl_snapshot *s)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].hists)
			return true;
	return false;
}

static void put_rate(const struct fl_row *now, __u64 n, bool known, char *buf, size_t len)
{
	if (known && (!now || now->ns))
		fl_scaled(now ? fl_row_rate(now, n) : 0, buf, len);
	else
		snprintf(buf, len, "-");
}

static void writes_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			size_t len)
{
	put_rate(e->now, e->now ? e->now->totals.writes : 0, true, buf, len);
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

static void exclusive_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			   size_t len)
{
	put_share(shown_totals(e)->exclusive, shown_totals(e)->writes, buf, len);
}

static void shared_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			size_t len)
{
	put_share(shown_totals(e)->shared, shown_totals(e)->writes, buf, len);
}

static void eligible_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_share(shown_totals(e)->eligible, shown_totals(e)->writes, buf, len);
}

static void upgrades_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_rate(e->now, e->now ? e->now->totals.takes[FL_SITE_UPGRADE] : 0, e->all->knows_takes,
		 buf, len);
}

static void fi_lock_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
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

static void wait_p50_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_WAIT, 0.50, buf, len);
}

static void wait_p99_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_WAIT, 0.99, buf, len);
}

static void hold_p50_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_HOLD, 0.50, buf, len);
}

static void hold_p99_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			  size_t len)
{
	put_quantile(e, FL_ROW_HOLD, 0.99, buf, len);
}

static void ceiling_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			 size_t len)
{
	double ceiling;

	if (e->now && fl_row_ceiling(e->now, &ceiling))
		fl_scaled(ceiling, buf, len);
	else
		snprintf(buf, len, "-");
}

static void route_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
		       size_t len)
{
	const struct fl_totals *t = shown_totals(e);
	int best = 0, used = 0;

	for (int r = 0; r < FL_ROUTES; r++) {
		used += t->by_route[r] > 0;
		if (t->by_route[r] > t->by_route[best])
			best = r;
	}
	snprintf(buf, len, "%s", used > 1 ? "several" : used ? fl_route_name(best) : "-");
}

static bool unserved(const struct fl_top_entry *e)
{
	return e->all->mount && e->all->mount->served == FL_SERVED_NO;
}

static void verdict_text(const struct fl_top_entry *e, const struct fl_snapshot *last, char *buf,
			 size_t len)
{
	enum fl_verdict_kind kind;

	if (unserved(e))
		snprintf(buf, len, "no daemon");
	else
		snprintf(buf, len, "%.9s",
			 fl_top_verdict(e, last, &kind) ? fl_verdict_name(kind) : "-");
}

static const struct column columns[] = {
	{"writes/s", 8, 0, NULL, writes_text},	     {"excl%", 5, 1, NULL, exclusive_text},
	{"shared%", 7, 1, NULL, shared_text},	     {"elig%", 5, 3, NULL, eligible_text},
	{"upgr/s", 6, 4, sees_takes, upgrades_text}, {"fi->lk/s", 8, 4, sees_takes, fi_lock_text},
	{"wt p50", 6, 8, sees_times, wait_p50_text}, {"wt p99", 6, 5, sees_times, wait_p99_text},
	{"hd p50", 6, 7, sees_times, hold_p50_text}, {"hd p99", 6, 5, sees_times, hold_p99_text},
	{"ceiling", 7, 6, sees_times, ceiling_text}, {"route", 11, 9, NULL, route_text},
	{"verdict", 9, 2, NULL, verdict_text},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Which columns to show: those the method can fill, fewer until the name has room. Returns their width. */
static int choose_columns(const struct fl_snapshot *last, bool *show)
{
	int used = 0;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		show[i] = !columns[i].known || columns[i].known(last);
		used += show[i] ? columns[i].width + 1 : 0;
	}
	while (COLS - used < NAME_AT_LEAST) {
		size_t drop = NCOLUMNS;

		for (size_t i = 0; i < NCOLUMNS; i++)
			if (show[i] && columns[i].rank &&
			    (drop == NCOLUMNS || columns[i].rank > columns[drop].rank))
				drop = i;
		if (drop == NCOLUMNS)
			break;
		show[drop] = false;
		used -= columns[drop].width + 1;
	}
	return used;
}

static void draw_entry(const struct fl_top *t, size_t index, int y, const bool *show)
{
	const struct fl_top_entry *e = &t->list.entry[index];
	enum fl_verdict_kind kind;
	char text[64];
	int x = 0;

	attrset(index == t->cursor ? A_REVERSE : 0);
	mvhline(y, 0, ' ', COLS);
	for (size_t i = 0; i < NCOLUMNS; i++) {
		if (!show[i])
			continue;
		columns[i].text(e, &t->totals.sum, text, sizeof(text));
		if (columns[i].text == verdict_text && unserved(e))
			attron(verdict_attr(FL_EXCLUSIVE));
		else if (columns[i].text == verdict_text &&
			 fl_top_verdict(e, &t->totals.sum, &kind))
			attron(verdict_attr(kind));
		mvprintw(y, x, columns[i].text == verdict_text ? "%-*s" : "%*s", columns[i].width,
			 text);
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
		mvprintw(LIST_TOP - 1, x, columns[i].text == verdict_text ? "%-*s" : "%*s",
			 columns[i].width, columns[i].title);
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
	char line[512], n[4][32], clock[16];
	time_t seconds = t->real_ns / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	attrset(A_BOLD);
	fl_top_put(0, 0, COLS, "fuselens top  ");
	attrset(0);
	fl_top_put_name(0, 14, COLS > 51 ? COLS - 51 : 0, t->watch.session.target->name);
	snprintf(line, sizeof(line), t->paused ? "%12s  %s  PAUSED" : "%12s  %s  every %gs",
		 fl_method_name(t->totals.sum.method), clock, t->seconds);
	fl_top_put(0, COLS > 36 ? COLS - 36 : 0, 36, line);
	if (t->watch.ended) {
		fl_top_put(1, 0, COLS,
			   "counting has stopped by itself: all figures are of the time before");
	} else if (!fl_rows_whole(s, &whole)) {
		const struct fl_totals *tot = &whole.row[0].totals;

		snprintf(line, sizeof(line),
			 "%s writes/s  %s exclusive  %s shared  %s eligible  %llu lost",
			 fl_scaled(fl_row_rate(&whole.row[0], tot->writes), n[0], sizeof(n[0])),
			 fl_percent(tot->exclusive, tot->writes, n[1], sizeof(n[1])),
			 fl_percent(tot->shared, tot->writes, n[2], sizeof(n[2])),
			 fl_percent(tot->eligible, tot->writes, n[3], sizeof(n[3])), tot->lost);
		fl_top_put(1, 0, COLS, line);
		fl_rows_free(&whole);
	}
	if (t->typing)
		snprintf(line, sizeof(line), "filter: %s_", t->filter);
	else
		snprintf(line, sizeof(line), "%zu %s%s, by %s%s%s%s%s%s", t->list.n,
			 t->query.files ? "files" : "mounts",
			 t->query.files && t->query.only_dev ? " of one mount" : "",
			 fl_top_sort_name(t->query.sort), t->query.reverse ? ", reversed" : "",
			 t->filter[0] ? ", filter: " : "", t->filter, t->message[0] ? "  |  " : "",
			 t->message);
	fl_top_put(2, 0, COLS, line);
}

static void draw_keys(const struct fl_top *t)
{
	attrset(A_REVERSE);
	mvhline(LINES - 1, 0, ' ', COLS);
	fl_top_put(
		LINES - 1, 0, COLS,
		t->page == FL_TOP_LIST
			? " q quit  h help  p pause  s sort  / filter  f files  m mounts  Enter into"
			: " q quit  Esc back  Up/Down scroll");
	attrset(0);
}

static void draw_help(void)
{
	static const char *const lines[] = {
		"Up Down PgUp PgDn Home End   move",
		"Enter   a mount's files; a file's details",
		"d       details of the mount or file: reasons, histograms, who has it open",
		"Esc     back; at the list, drop the filter",
		"m f     list mounts; list files of all mounts",
		"s S     sort by the next, the previous column; r reverses",
		"/       filter by part of a name, Enter ends",
		"p space pause: the screen stands still, counting goes on",
		"+ -     longer, shorter intervals",
		"q       quit",
		"",
		"writes/s is of the last interval; shares and the verdict too, or where",
		"that had no write, of all since top began. elig%: what the shared lock",
		"path would accept. wt, hd: wait for the inode lock and hold of it, upper",
		"bounds of log2 buckets. ceiling: 1 / mean exclusive hold, the writes a",
		"second one file's lock lets through. Columns that the method at hand",
		"cannot fill are not shown.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if ((int)i + 4 < LINES - 1)
			fl_top_put(i + 4, 2, COLS - 2, lines[i]);
}

void fl_top_draw(struct fl_top *t)
{
	erase();
	if (LINES < MIN_LINES || COLS < MIN_COLUMNS) {
		mvprintw(0, 0, "%dx%d is too small", COLS, LINES);
		refresh();
		return;
	}
	draw_head(t);
	if (t->page == FL_TOP_HELP)
		draw_help();
	else if (t->page == FL_TOP_DETAILS && t->cursor < t->list.n)
		fl_top_draw_details(t);
	else
		draw_list(t);
	draw_keys(t);
	refresh();
}
