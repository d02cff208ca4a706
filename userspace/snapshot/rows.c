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
			    struct fl_row *row, struct fl_slot_hists *hists)
{
	struct fl_totals one;

	fl_file_totals(s, f, &one);
	fl_totals_add(&row->totals, &one);
	if (!f->hists || !hists)
		return;
	row->hists = hists;
	for (int i = 0; i < FL_HISTS; i++)
		fl_hist_add(&hists->hist[i], &f->hists->hist[i]);
}

static bool has_hists(const struct fl_snapshot *s)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].hists)
			return true;
	return false;
}

static int rows_alloc(struct fl_rows *rows, size_t n, bool hists)
{
	rows->n = 0;
	rows->row = calloc(n + 1, sizeof(*rows->row));
	rows->hists = hists ? calloc(n + 1, sizeof(*rows->hists)) : NULL;
	if (rows->row && (!hists || rows->hists))
		return 0;
	fl_rows_free(rows);
	return -1;
}

void fl_rows_free(struct fl_rows *rows)
{
	free(rows->row);
	free(rows->hists);
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

	if (!list || rows_alloc(rows, s->nmounts + 1, has_hists(s))) {
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
		add_file_to_row(s, &s->file[i], &rows->row[at],
				rows->hists ? &rows->hists[at] : NULL);
	}
	free(list);
	qsort(rows->row, rows->n, sizeof(*rows->row), busier);
	return 0;
}

int fl_rows_by_file(const struct fl_snapshot *s, struct fl_rows *rows)
{
	const struct fl_mount_snapshot **list = fl_sorted_mounts(s);

	if (!list || rows_alloc(rows, s->nfiles, false)) {
		free(list);
		return -1;
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_row *row = &rows->row[rows->n++];

		row_begin(s, row);
		row->dev = s->file[i].dev;
		row->file = &s->file[i];
		row->mount = fl_sorted_mount(list, s->nmounts, row->dev);
		add_file_to_row(s, &s->file[i], row, NULL);
		row->hists = s->file[i].hists;
	}
	free(list);
	qsort(rows->row, rows->n, sizeof(*rows->row), busier);
	return 0;
}

int fl_rows_whole(const struct fl_snapshot *s, struct fl_rows *rows)
{
	if (rows_alloc(rows, 1, has_hists(s)))
		return -1;
	row_begin(s, &rows->row[0]);
	rows->n = 1;
	if (s->nmounts == 1) {
		rows->row[0].mount = &s->mount[0];
		rows->row[0].dev = s->mount[0].dev;
	}
	for (size_t i = 0; i < s->nfiles; i++)
		add_file_to_row(s, &s->file[i], &rows->row[0], rows->hists);
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
