// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/rows.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/hist.h"
#include "snapshot/mounts.h"

static void row_begin(const struct fl_snapshot *s, struct fl_row *row)
{
	memset(row, 0, sizeof(*row));
	row->ns = s->end_ns - s->start_ns;
	row->knows_takes = s->has_takes;
	row->knows_nature = !s->takes_only;
}

static void add_file_to_row(const struct fl_snapshot *s, const struct fl_file_counts *f,
			    struct fl_row *row)
{
	struct fl_totals one;

	fl_file_totals(s, f, &one);
	fl_totals_add(&row->totals, &one);
}

/* Adds a file to a row of several: the row has room of its own for the sums. */
static void add_file_to_sums(const struct fl_snapshot *s, const struct fl_file_counts *f,
			     struct fl_rows *rows, size_t at)
{
	struct fl_row *row = &rows->row[at];

	add_file_to_row(s, f, row);
	if (f->holders) {
		fl_add_words(&rows->holders[at], f->holders, sizeof(*f->holders));
		row->holders = &rows->holders[at];
	}
	if (f->hists) {
		for (int i = 0; i < FL_HISTS; i++)
			fl_hist_add(&rows->hists[at].hist[i], &f->hists->hist[i]);
		row->hists = &rows->hists[at];
	}
}

static int rows_alloc(struct fl_rows *rows, size_t n)
{
	memset(rows, 0, sizeof(*rows));
	rows->row = calloc(n + 1, sizeof(*rows->row));
	return rows->row ? 0 : -1;
}

/* Rows of several files, with room for their sums where the files have what is summed. */
static int rows_alloc_sums(struct fl_rows *rows, size_t n, const struct fl_snapshot *s)
{
	bool hists = false, holders = false;

	for (size_t i = 0; i < s->nfiles; i++) {
		hists |= s->file[i].hists != NULL;
		holders |= s->file[i].holders != NULL;
	}
	if (rows_alloc(rows, n))
		return -1;
	rows->hists = hists ? calloc(n + 1, sizeof(*rows->hists)) : NULL;
	rows->holders = holders ? calloc(n + 1, sizeof(*rows->holders)) : NULL;
	if ((!hists || rows->hists) && (!holders || rows->holders))
		return 0;
	fl_rows_free(rows);
	return -1;
}

void fl_rows_free(struct fl_rows *rows)
{
	free(rows->row);
	free(rows->hists);
	free(rows->holders);
	memset(rows, 0, sizeof(*rows));
}

static int busier(const void *a, const void *b)
{
	const struct fl_row *x = a, *y = b;

	if (x->totals.writes != y->totals.writes)
		return x->totals.writes < y->totals.writes ? 1 : -1;
	/* keep the order stable for rows that do nothing */
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->file && y->file
		       ? (x->file->slot > y->file->slot) - (x->file->slot < y->file->slot)
		       : 0;
}

int fl_rows_by_mount(const struct fl_snapshot *s, struct fl_rows *rows)
{
	const struct fl_mount_snapshot **list = fl_sorted_mounts(s);

	if (!list || rows_alloc_sums(rows, s->nmounts + 1, s)) {
		free(list);
		return -1;
	}
	for (size_t i = 0; i < s->nmounts; i++) {
		row_begin(s, &rows->row[i]);
		rows->row[i].dev = list[i]->dev;
		rows->row[i].mount = list[i];
	}
	rows->n = s->nmounts;
	for (size_t i = 0; i < s->nfiles; i++) {
		size_t at = fl_sorted_place(list, s->nmounts, s->file[i].dev);

		/* files beyond the table, of any mount */
		if (at == s->nmounts && rows->n == s->nmounts)
			row_begin(s, &rows->row[rows->n++]);
		add_file_to_sums(s, &s->file[i], rows, at);
	}
	free(list);
	qsort(rows->row, rows->n, sizeof(*rows->row), busier);
	return 0;
}

int fl_rows_by_file(const struct fl_snapshot *s, struct fl_rows *rows)
{
	const struct fl_mount_snapshot **list = fl_sorted_mounts(s);

	if (!list || rows_alloc(rows, s->nfiles)) {
		free(list);
		return -1;
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_row *row = &rows->row[rows->n++];

		row_begin(s, row);
		row->dev = s->file[i].dev;
		row->file = &s->file[i];
		row->mount = fl_sorted_mount(list, s->nmounts, row->dev);
		add_file_to_row(s, &s->file[i], row);
		row->hists = s->file[i].hists;
		row->holders = s->file[i].holders;
	}
	free(list);
	qsort(rows->row, rows->n, sizeof(*rows->row), busier);
	return 0;
}

int fl_rows_whole(const struct fl_snapshot *s, struct fl_rows *rows)
{
	if (rows_alloc_sums(rows, 1, s))
		return -1;
	row_begin(s, &rows->row[0]);
	rows->n = 1;
	if (s->nmounts == 1) {
		rows->row[0].mount = &s->mount[0];
		rows->row[0].dev = s->mount[0].dev;
	}
	for (size_t i = 0; i < s->nfiles; i++)
		add_file_to_sums(s, &s->file[i], rows, 0);
	fl_totals_add_losses(s, &rows->row[0].totals);
	return 0;
}

double fl_row_rate(const struct fl_row *row, __u64 n)
{
	return row->ns ? n * 1e9 / row->ns : 0;
}

bool fl_row_quantile(const struct fl_row *row, enum fl_row_time which, double q, __u64 *ns)
{
	struct fl_hist both;

	if (!row->hists)
		return false;
	both = row->hists->hist[which == FL_ROW_WAIT ? FL_HIST_WAIT_EXCL : FL_HIST_HOLD_EXCL];
	fl_hist_add(&both, &row->hists->hist[which == FL_ROW_WAIT ? FL_HIST_WAIT_SHARED
								  : FL_HIST_HOLD_SHARED]);
	*ns = fl_hist_quantile(&both, q);
	return fl_hist_count(&both) > 0;
}

bool fl_row_ceiling(const struct fl_row *row, double *per_second)
{
	const struct fl_hist *h = row->hists ? &row->hists->hist[FL_HIST_HOLD_EXCL] : NULL;

	if (!h || !h->sum_ns)
		return false;
	*per_second = fl_hist_count(h) * 1e9 / h->sum_ns;
	return true;
}
