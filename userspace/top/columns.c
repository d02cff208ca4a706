// SPDX-License-Identifier: GPL-2.0-only
#include "top/columns.h"

#include <ncurses.h>
#include <stddef.h>
#include <string.h>

#include "snapshot/missing.h"
#include "top/draw.h"
#include "util/table.h"
#include "util/text.h"

#define NAME_AT_LEAST 24
/* Width of the name that must be free before columns of rank EXTRA and more are shown. */
#define NAME_AT_EASE 44
#define EXTRA	     20

enum needs {
	NOTHING,
	BYTES,
	TAKES,
	TIMES,
	WRITERS,
};

enum kind {
	RATE, /* of the last interval */
	MEGABYTES,
	SHARE, /* of the writes; of all since the beginning where the last interval had none */
	P50,   /* of an enum fl_row_time */
	P99,
	CEILING,
	PART,	 /* of all the writes that the list shows */
	WROTE,	 /* how many processes wrote in the last interval */
	OPENS,	 /* the most descriptors that were open for writing at once */
	ROUTE,	 /* the one that wrote most */
	HISTORY, /* the last rates, as a curve */
	VERDICT,
};

#define OF(member) offsetof(struct fl_totals, member)

static const struct column {
	const char *title;
	int width;
	int rank; /* without room for all, the highest rank is dropped first */
	enum needs needs;
	enum kind kind;
	size_t which; /* of a rate or share: the member of struct fl_totals */
} columns[] = {
	{"writes/s", 8, 0, NOTHING, RATE, OF(writes)},
	{"part%", 5, EXTRA + 1, NOTHING, PART},
	{"MB/s", 5, 4, BYTES, MEGABYTES, OF(counter[FL_COUNT_BYTES])},
	{"excl%", 5, 1, NOTHING, SHARE, OF(exclusive)},
	{"shared%", 7, 1, NOTHING, SHARE, OF(shared)},
	{"elig%", 5, 3, NOTHING, SHARE, OF(eligible)},
	{"upgr/s", 6, 4, TAKES, RATE, OF(takes[FL_SITE_UPGRADE])},
	{"fi->lk/s", 8, 4, TAKES, RATE, OF(takes[FL_SITE_FI_LOCK])},
	{"wt p50", 6, 8, TIMES, P50, FL_ROW_WAIT},
	{"wt p99", 6, 5, TIMES, P99, FL_ROW_WAIT},
	{"hd p50", 6, 7, TIMES, P50, FL_ROW_HOLD},
	{"hd p99", 6, 5, TIMES, P99, FL_ROW_HOLD},
	{"ceiling", 7, 6, TIMES, CEILING},
	{"writers", 7, EXTRA + 3, WRITERS, WROTE},
	{"opens", 5, EXTRA + 2, NOTHING, OPENS},
	{"route", 11, 9, NOTHING, ROUTE},
	{"writes/s so far", FL_TOP_PAST, EXTRA, NOTHING, HISTORY},
	{"verdict", 9, 2, NOTHING, VERDICT},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))
_Static_assert(NCOLUMNS <= FL_TOP_COLUMNS, "a struct fl_top_columns holds them all");

static bool can_fill(const struct column *c, const struct fl_snapshot *s)
{
	switch (c->needs) {
	case BYTES:
		return !s->takes_only;
	case TAKES:
		return s->has_takes;
	case TIMES:
		return fl_snapshot_has_times(s);
	case WRITERS:
		return s->has_writers;
	default:
		return true;
	}
}

static __u64 total(const struct column *c, const struct fl_totals *t)
{
	return *(const __u64 *)((const char *)t + c->which);
}

static const struct fl_totals *shown_totals(const struct fl_top_entry *e)
{
	return e->now && e->now->totals.writes ? &e->now->totals : &e->all->totals;
}

static void rate_text(const struct column *c, const struct fl_top_entry *e, char *buf, size_t len)
{
	double rate = e->now ? fl_row_rate(e->now, total(c, &e->now->totals)) : 0;

	if ((c->needs == TAKES && !e->all->knows_takes) || (e->now && !e->now->ns))
		snprintf(buf, len, "-");
	else
		fl_scaled(c->kind == MEGABYTES ? rate / 1e6 : rate, buf, len);
}

/* A share without its "%": the header has one. */
static void share_text(__u64 part, __u64 whole, char *buf, size_t len)
{
	fl_percent(part, whole, buf, len);
	buf[strcspn(buf, " ")] = '\0';
}

static void quantile_text(const struct column *c, const struct fl_top_entry *e, char *buf,
			  size_t len)
{
	__u64 ns;

	if (e->now && fl_row_quantile(e->now, c->which, c->kind == P50 ? 0.50 : 0.99, &ns))
		fl_short_duration(ns, buf, len);
	else
		snprintf(buf, len, "-");
}

static void ceiling_text(const struct fl_top_entry *e, char *buf, size_t len)
{
	double ceiling;

	if (e->now && fl_row_ceiling(e->now, &ceiling))
		fl_scaled(ceiling, buf, len);
	else
		snprintf(buf, len, "-");
}

static void part_text(const struct fl_top *t, const struct fl_top_entry *e, char *buf, size_t len)
{
	__u64 all = 0;

	for (size_t i = 0; i < t->list.now.n; i++)
		all += t->list.now.row[i].totals.writes;
	share_text(e->now ? e->now->totals.writes : 0, all, buf, len);
}

/* A file's list of writers ends after FL_WRITERS_TOLD of them: there may be more. */
static void writers_text(const struct fl_top *t, const struct fl_top_entry *e, char *buf,
			 size_t len)
{
	struct fl_writer_counts w = {};
	bool bad = false, more = false;

	for (size_t i = 0; e->now && i < t->watch.interval.nfiles; i++) {
		const struct fl_file_counts *f = &t->watch.interval.file[i];

		if (e->now->file ? f != e->now->file : f->dev != e->now->dev)
			continue;
		bad |= fl_writers_add_all(&w, &f->writers) != 0;
		more |= f->writers.n >= FL_WRITERS_TOLD &&
			fl_writers_others(&f->writers, fl_file_writes(f));
	}
	if (bad)
		snprintf(buf, len, "-");
	else
		snprintf(buf, len, "%zu%s", w.n, more ? "+" : "");
	fl_writers_free(&w);
}

static void opens_text(const struct fl_top *t, const struct fl_top_entry *e, char *buf, size_t len)
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

static void route_text(const struct fl_top_entry *e, char *buf, size_t len)
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

/* Returns the colour that goes with it, as fl_top_verdict_attr() does; 0 where there is no verdict. */
static int verdict_text(const struct fl_top *t, const struct fl_top_entry *e, char *buf, size_t len)
{
	enum fl_verdict_kind kind;

	if (unserved(e)) {
		snprintf(buf, len, "no daemon");
		return fl_top_verdict_attr(FL_EXCLUSIVE);
	}
	if (!fl_top_verdict(e, &t->totals.sum, &kind)) {
		snprintf(buf, len, "-");
		return 0;
	}
	snprintf(buf, len, "%.9s", fl_verdict_name(kind));
	return fl_top_verdict_attr(kind);
}

/* Returns the attributes that the cell is shown with beside its line's. */
static int cell_text(const struct column *c, const struct fl_top *t, const struct fl_top_entry *e,
		     char *buf, size_t len)
{
	switch (c->kind) {
	case RATE:
	case MEGABYTES:
		rate_text(c, e, buf, len);
		break;
	case SHARE:
		share_text(total(c, shown_totals(e)), shown_totals(e)->writes, buf, len);
		break;
	case P50:
	case P99:
		quantile_text(c, e, buf, len);
		break;
	case CEILING:
		ceiling_text(e, buf, len);
		break;
	case PART:
		part_text(t, e, buf, len);
		break;
	case WROTE:
		writers_text(t, e, buf, len);
		break;
	case OPENS:
		opens_text(t, e, buf, len);
		break;
	case ROUTE:
		route_text(e, buf, len);
		break;
	case HISTORY:
		fl_top_history_curve(&t->history, e->all->dev,
				     e->all->file ? e->all->file->slot : 0, fl_top_utf8(), buf);
		break;
	case VERDICT:
		return verdict_text(t, e, buf, len);
	}
	return 0;
}

/* mvprintw() pads by bytes, and a curve has more bytes than columns. */
static void put_cell(int y, int x, const struct column *c, const char *text)
{
	int pad = c->width - fl_top_width(text);
	bool left = c->kind == VERDICT || c->kind == HISTORY;

	fl_top_put(y, left || pad < 0 ? x : x + pad, c->width, text);
}

void fl_top_columns_choose(struct fl_top_columns *chosen, const struct fl_snapshot *s)
{
	for (size_t i = 0; i < NCOLUMNS; i++)
		chosen->column[i] = (struct fl_fit){.width = columns[i].width,
						    .rank = columns[i].rank,
						    .on = can_fill(&columns[i], s)};
	fl_fit_columns(chosen->column, NCOLUMNS, EXTRA, COLS - NAME_AT_EASE);
	fl_fit_columns(chosen->column, NCOLUMNS, 1, COLS - NAME_AT_LEAST);
}

int fl_top_columns_titles(const struct fl_top_columns *chosen, int y)
{
	int x = 0;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		if (!chosen->column[i].on)
			continue;
		put_cell(y, x, &columns[i], columns[i].title);
		x += columns[i].width + 1;
	}
	return x;
}

int fl_top_columns_row(const struct fl_top_columns *chosen, const struct fl_top *t,
		       const struct fl_top_entry *e, int y, int attr)
{
	char text[3 * FL_TOP_PAST + 1];
	int x = 0;

	for (size_t i = 0; i < NCOLUMNS; i++) {
		if (!chosen->column[i].on)
			continue;
		attrset(attr | cell_text(&columns[i], t, e, text, sizeof(text)));
		put_cell(y, x, &columns[i], text);
		x += columns[i].width + 1;
	}
	attrset(attr);
	return x;
}
