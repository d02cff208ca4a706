// SPDX-License-Identifier: GPL-2.0-only
#include "stat/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "snapshot/missing.h"
#include "util/table.h"
#include "util/text.h"

/* Width that is kept free for the name before further columns are shown. */
#define NAME_ROOM 32

enum kind {
	TIME,
	RATE,	  /* a figure that is a rate */
	MB_RATE,  /* a rate of bytes */
	DURATION, /* ns */
	SHARE,	  /* a share of the writes, in percent */
	OF_ALL,	  /* of the writes of all rows */
	BEHIND,	  /* of the exclusive writes */
	MEAN,
	COUNT,
	ROUTE,
	NAME, /* a name: the last column, as wide as the name */
};

enum needs {
	NOTHING,
	TIMES,
	TAKES,
	NATURE,
	FILES,
	MOUNTS,
	HOLDERS,
};

static const struct column {
	const char *name, *title, *group;
	int width;
	enum kind kind;
	enum fl_stat_figure figure;
	enum needs needs;
	/*
	 * 0: always shown. Without room for all, the highest rank is dropped first. Ranks from
	 * EXTRA on are shown only if there is more room.
	 */
	int rank;
} columns[] = {
	{"time", "time", NULL, 8, TIME, 0, NOTHING, 0},
	{"writes", "writes", "per second", 6, RATE, FL_STAT_WRITES_PER_S, NOTHING, 0},
	{"mb", "MB", "per second", 5, MB_RATE, FL_STAT_BYTES, NATURE, 6},
	{"excl", "excl", "per second", 6, RATE, FL_STAT_EXCLUSIVE_PER_S, NOTHING, 0},
	{"shared", "shared", "per second", 6, RATE, FL_STAT_SHARED_PER_S, NOTHING, 0},
	{"upgrade", "upgr", "per second", 6, RATE, FL_STAT_UPGRADES_PER_S, TAKES, 4},
	{"filock", "fi->lk", "per second", 6, RATE, FL_STAT_FI_LOCK_PER_S, TAKES, 5},
	{"wait50", "p50", "wait", 5, DURATION, FL_STAT_WAIT_P50, TIMES, 3},
	{"wait99", "p99", "wait", 5, DURATION, FL_STAT_WAIT_P99, TIMES, 1},
	{"hold50", "p50", "hold", 5, DURATION, FL_STAT_HOLD_P50, TIMES, 3},
	{"hold99", "p99", "hold", 5, DURATION, FL_STAT_HOLD_P99, TIMES, 1},
	{"ceiling", "ceil", NULL, 6, RATE, FL_STAT_CEILING, TIMES, 2},
#define EXTRA 10
	{"share", "share%", NULL, 6, OF_ALL, FL_STAT_WRITES, FILES, EXTRA + 6},
	{"elig", "elig%", NULL, 5, SHARE, FL_STAT_ELIGIBLE, NATURE, EXTRA},
	{"atonce", "atonce", NULL, 6, MEAN, FL_STAT_HOLDERS_MEAN, HOLDERS, EXTRA + 4},
	{"behind", "behind%", NULL, 7, BEHIND, FL_STAT_QUEUED_BEHIND, HOLDERS, EXTRA + 5},
	{"lost", "lost", NULL, 6, COUNT, FL_STAT_LOST, NOTHING, EXTRA + 1},
	{"getxattr", "xattr", NULL, 6, COUNT, FL_STAT_GETXATTR, MOUNTS, EXTRA + 3},
	{"route", "route", NULL, 11, ROUTE, 0, FILES, EXTRA + 2},
	{"name", NULL, NULL, 1, NAME, 0, NOTHING, 0},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))
_Static_assert(NCOLUMNS <= FL_STAT_MAX_COLUMNS, "a view holds a list of all columns");

static int no_such_column(const char *word, struct fl_err *err)
{
	char list[256] = "";
	size_t guess = 0;

	while (guess < NCOLUMNS && !fl_meant(word, columns[guess].name))
		guess++;
	for (size_t i = 0; i < NCOLUMNS; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 columns[i].name);
	if (guess < NCOLUMNS)
		return fl_err(err, "--output: there is no column '%s'; did you mean '%s'?", word,
			      columns[guess].name);
	return fl_err(err, "--output: there is no column '%s'; there are %s", word, list);
}

void fl_stat_columns_words(FILE *out)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(out, "%s%s", i ? " " : "", columns[i].name);
}

int fl_stat_columns_parse(struct fl_stat_view *v, const char *list, struct fl_err *err)
{
	char text[256], *save = NULL;

	v->adds = *list == '+';
	v->nasked = 0;
	if ((size_t)snprintf(text, sizeof(text), "%s", list + v->adds) >= sizeof(text))
		return fl_err(err, "--output: that list is too long");
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < NCOLUMNS && strcmp(word, columns[i].name))
			i++;
		if (i == NCOLUMNS)
			return no_such_column(word, err);
		if (v->nasked == FL_STAT_MAX_COLUMNS)
			return fl_err(err, "--output: that list is too long");
		v->asked[v->nasked++] = i;
	}
	return v->nasked ? 0 : fl_err(err, "--output: no column is named");
}

static bool can_fill(const struct column *c, const struct fl_stat_view *v,
		     const struct fl_snapshot *s)
{
	switch (c->needs) {
	case TIMES:
		return fl_snapshot_has_times(s);
	case TAKES:
		return s->has_takes;
	case NATURE:
		return !s->takes_only;
	case FILES:
		return v->files;
	case MOUNTS:
		return !v->files;
	case HOLDERS:
		return s->has_holders;
	default:
		return c->kind != NAME || v->files || v->label;
	}
}

static int width_of(const struct fl_stat_view *v, const struct column *c)
{
	return c->kind == TIME && v->digits ? c->width + 1 + v->digits : c->width;
}

static void show(struct fl_stat_view *v, size_t column)
{
	if (v->nshown < FL_STAT_MAX_COLUMNS)
		v->shown[v->nshown++] = column;
}

void fl_stat_columns_choose(struct fl_stat_view *v, const struct fl_snapshot *s)
{
	const int name = v->files || v->label ? NAME_ROOM : 0;
	struct fl_fit fit[NCOLUMNS] = {};

	v->nshown = 0;
	for (size_t i = 0; i < NCOLUMNS && (!v->nasked || v->adds); i++)
		fit[i] = (struct fl_fit){.width = width_of(v, &columns[i]),
					 .rank = columns[i].rank,
					 .on = can_fill(&columns[i], v, s) &&
					       (columns[i].rank < EXTRA || v->wide || v->width)};
	/* extra columns must leave a name all its room, usual ones only a part of it */
	if (v->width && !v->wide) {
		fl_fit_columns(fit, NCOLUMNS, EXTRA, v->width + 1 - name);
		fl_fit_columns(fit, NCOLUMNS, 1, v->width + 1 - name / 2);
	}
	for (size_t i = 0; i < NCOLUMNS; i++)
		if (fit[i].on && columns[i].kind != NAME)
			show(v, i);
	for (size_t i = 0; i < v->nasked; i++)
		if (!fit[v->asked[i]].on)
			show(v, v->asked[i]);
	if (fit[NCOLUMNS - 1].on)
		show(v, NCOLUMNS - 1);
}

/* The number of neighbouring columns of the same group, from at on. */
static size_t group_of(const struct fl_stat_view *v, size_t at, int *width)
{
	const char *group = columns[v->shown[at]].group;
	size_t n = 0;

	*width = -1;
	for (; at + n < v->nshown; n++) {
		const struct column *c = &columns[v->shown[at + n]];

		if (n && (!group || !c->group || strcmp(c->group, group)))
			break;
		*width += width_of(v, c) + 1;
	}
	return n;
}

/* prints "--- wait ---" with this width */
static void group_title(const char *title, int width, FILE *out)
{
	int room = width - (int)strlen(title) - 2, left = room / 2;

	if (room < 2) {
		fprintf(out, "%*s", width, (int)strlen(title) > width ? "/s" : title);
		return;
	}
	for (int i = 0; i < left; i++)
		fputc('-', out);
	fprintf(out, " %s ", title);
	for (int i = left; i < room; i++)
		fputc('-', out);
}

void fl_stat_columns_header(const struct fl_stat_view *v, FILE *out)
{
	int width, blanks = 0;

	for (size_t i = 0, n; i < v->nshown; i += n) {
		n = group_of(v, i, &width);
		if (columns[v->shown[i]].group) {
			fprintf(out, "%*s", blanks, "");
			group_title(columns[v->shown[i]].group, width, out);
			blanks = 1;
		} else {
			blanks += width + 1;
		}
	}
	fputc('\n', out);
	for (size_t i = 0; i < v->nshown; i++) {
		const struct column *c = &columns[v->shown[i]];

		fprintf(out, "%s", i ? " " : "");
		if (c->kind == NAME)
			fprintf(out, " %s", v->files ? "file" : "mount");
		else
			fprintf(out, "%*s", width_of(v, c), c->title);
	}
	fputc('\n', out);
}

static void clock_text(const struct fl_stat_view *v, char *buf, size_t len)
{
	time_t t = v->real_ns / 1000000000;
	char digits[16];
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(buf, len, "%H:%M:%S", &tm);
	snprintf(digits, sizeof(digits), "%09llu", (unsigned long long)(v->real_ns % 1000000000));
	if (v->digits)
		snprintf(buf + strlen(buf), len - strlen(buf), ".%.*s", v->digits, digits);
}

/* Prints the name: whole if there is room or --wide, else its end, which tells files apart. */
static void name_cell(const struct fl_stat_view *v, const struct fl_row *row, int room, FILE *out)
{
	const char *name = v->files ? fl_stat_file_name(row) : fl_stat_mount_name(row);
	char *shown = name ? fl_escape(name) : NULL;
	const char *end = shown;
	int over = shown ? fl_shown_width(shown) - room : 0;

	if (row->file && row->file->is_other) {
		fprintf(out, " (other files)");
	} else if (!shown) {
		fprintf(out, " %s", row->dev ? "?" : "-");
	} else if (v->width && !v->wide && over > 0 && room > 3) {
		for (over += 3; over > 0; over--)
			do
				end++;
			while (((unsigned char)*end & 0xc0) == 0x80);
		fprintf(out, " ...%s", end);
	} else {
		fprintf(out, " %s", shown);
	}
	free(shown);
}

static const char *route_text(const struct fl_row *row)
{
	return row->file && !row->file->is_other ? fl_route_name(row->file->route) : "-";
}

static void figure_cell(const struct column *c, const struct fl_row *row,
			const struct fl_stat_value *fig, __u64 all, char *buf, size_t len)
{
	const struct fl_stat_value *v = &fig[c->figure];

	if (!v->known) {
		snprintf(buf, len, "-");
		return;
	}
	switch (c->kind) {
	case MB_RATE:
		fl_scaled(fl_row_rate(row, v->n) / 1e6, buf, len);
		break;
	case DURATION:
		fl_short_duration(v->n, buf, len);
		break;
	case SHARE:
		fl_percent(v->n, fig[FL_STAT_WRITES].n, buf, len);
		buf[strcspn(buf, " ")] = '\0';
		break;
	case OF_ALL:
		fl_percent(v->n, all, buf, len);
		buf[strcspn(buf, " ")] = '\0';
		break;
	case BEHIND:
		fl_percent(v->n, fig[FL_STAT_EXCLUSIVE].n, buf, len);
		buf[strcspn(buf, " ")] = '\0';
		break;
	case MEAN:
		snprintf(buf, len, "%.1f", v->d);
		break;
	default:
		fl_scaled(v->d, buf, len);
	}
}

void fl_stat_columns_row(const struct fl_stat_view *v, const struct fl_row *row,
			 const struct fl_stat_value *fig, __u64 all, FILE *out)
{
	int used = 0;
	char text[64];

	for (size_t i = 0; i < v->nshown; i++) {
		const struct column *c = &columns[v->shown[i]];

		fprintf(out, "%s", i ? " " : "");
		used += i != 0;
		switch (c->kind) {
		case NAME:
			name_cell(v, row, v->width - used - 1, out);
			continue;
		case TIME:
			clock_text(v, text, sizeof(text));
			break;
		case ROUTE:
			snprintf(text, sizeof(text), "%s", route_text(row));
			break;
		default:
			figure_cell(c, row, fig, all, text, sizeof(text));
		}
		fprintf(out, "%*s", width_of(v, c), text);
		used += width_of(v, c);
	}
	fputc('\n', out);
}
