// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/since.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/hist.h"

/* Counts never fall while a collector lives; a reading that tears shows in the next one. */
static void subtract(__u64 *a, const __u64 *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] = a[i] > b[i] ? a[i] - b[i] : 0;
}

/* Takes as much of b as there is off a; b keeps the rest. */
static void move_from(__u64 *a, __u64 *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		__u64 part = a[i] < b[i] ? a[i] : b[i];

		a[i] -= part;
		b[i] -= part;
	}
}

static bool all_zero(const __u64 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static char *copy_of(const char *s, bool *failed)
{
	char *copy = s ? strdup(s) : NULL;

	*failed |= s && !copy;
	return copy;
}

#define WORDS(x) (sizeof(x) / sizeof(__u64))

static bool hists_since(struct fl_slot_hists *h, const struct fl_slot_hists *before)
{
	if (h && before)
		subtract((__u64 *)h, (const __u64 *)before, WORDS(*h));
	return h && !all_zero((const __u64 *)h, WORDS(*h));
}

/* f - before in place of f. Returns false when nothing is left of it. */
static bool file_since(struct fl_file_counts *f, const struct fl_file_counts *before)
{
	if (before) {
		subtract(&f->cell[0][0], &before->cell[0][0], WORDS(f->cell));
		subtract(f->counter, before->counter, WORDS(f->counter));
		subtract(f->takes, before->takes, WORDS(f->takes));
	}
	return !all_zero(&f->cell[0][0], WORDS(f->cell)) ||
	       !all_zero(f->counter, WORDS(f->counter)) || !all_zero(f->takes, WORDS(f->takes));
}

/*
 * What a file had counted before it was forgotten is now in the sums of its mount and route: it is no
 * work of this interval. Which of these sums it went to may not be told; their total is exact.
 */
static void take_from_sums(struct fl_snapshot *delta, const struct fl_file_counts *gone)
{
	struct fl_file_counts left = *gone;
	struct fl_slot_hists times;

	if (gone->hists)
		times = *gone->hists;
	for (size_t i = 0; i < delta->nfiles; i++) {
		struct fl_file_counts *f = &delta->file[i];

		if (!f->is_other || !f->slot || f->dev != gone->dev || f->route != gone->route)
			continue;
		move_from(&f->cell[0][0], &left.cell[0][0], WORDS(f->cell));
		move_from(f->counter, left.counter, WORDS(f->counter));
		if (f->hists && gone->hists)
			move_from((__u64 *)f->hists, (__u64 *)&times, WORDS(times));
	}
}

/* Files that before had and now lacks were forgotten in between. Both are in the order of their ids. */
static void take_forgotten(const struct fl_snapshot *before, const struct fl_snapshot *now,
			   struct fl_snapshot *delta)
{
	size_t at = 0;

	for (size_t i = 0; i < before->nfiles; i++) {
		while (at < now->nfiles && now->file[at].slot < before->file[i].slot)
			at++;
		if (at == now->nfiles || now->file[at].slot != before->file[i].slot)
			take_from_sums(delta, &before->file[i]);
	}
}

static int files_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
		       struct fl_snapshot *delta)
{
	size_t at = 0, nbefore = before ? before->nfiles : 0;
	bool failed = false;

	delta->file = calloc(now->nfiles + 1, sizeof(*delta->file));
	if (!delta->file)
		return -1;
	for (size_t i = 0; i < now->nfiles; i++) {
		struct fl_file_counts *f = &delta->file[delta->nfiles];

		struct fl_slot_hists hists;
		const struct fl_file_counts *old;
		bool times, counts;

		*f = now->file[i];
		while (at < nbefore && before->file[at].slot < f->slot)
			at++;
		old = at < nbefore && before->file[at].slot == f->slot ? &before->file[at] : NULL;
		if (f->hists)
			hists = *f->hists;
		times = f->hists && hists_since(&hists, old ? old->hists : NULL);
		counts = file_since(f, old);
		if (!counts && !times)
			continue;
		f->name = copy_of(f->name, &failed);
		f->path = copy_of(f->path, &failed);
		if (f->hists) {
			f->hists = malloc(sizeof(hists));
			if (f->hists)
				*f->hists = hists;
			else
				failed = true;
		}
		delta->nfiles++;
	}
	if (before)
		take_forgotten(before, now, delta);
	return failed ? -1 : 0;
}

static int by_dev(const void *a, const void *b)
{
	const struct fl_mount_snapshot *const *x = a, *const *y = b;

	return (*x)->dev < (*y)->dev ? -1 : (*x)->dev > (*y)->dev;
}

/* The mounts of s by device, so that a thousand of them are matched without a million looks. */
static const struct fl_mount_snapshot **mounts_by_dev(const struct fl_snapshot *s)
{
	const struct fl_mount_snapshot **list = calloc(s->nmounts + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->nmounts; i++)
		list[i] = &s->mount[i];
	if (list)
		qsort(list, s->nmounts, sizeof(*list), by_dev);
	return list;
}

static const struct fl_mount_snapshot *mount_of(const struct fl_mount_snapshot **list, size_t n,
						__u32 dev)
{
	const struct fl_mount_snapshot key = {.dev = dev}, *wanted = &key, **found;

	found = bsearch(&wanted, list, n, sizeof(*list), by_dev);
	return found ? *found : NULL;
}

static int mounts_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
			struct fl_snapshot *delta)
{
	const struct fl_mount_snapshot **old = before ? mounts_by_dev(before) : NULL, *m;
	bool failed = before && !old;

	delta->mount = calloc(now->nmounts + 1, sizeof(*delta->mount));
	if (!delta->mount)
		failed = true;
	for (size_t i = 0; i < now->nmounts && !failed; i++) {
		struct fl_mount_snapshot *d = &delta->mount[delta->nmounts++];

		*d = now->mount[i];
		d->path = copy_of(d->path, &failed);
		d->fstype = copy_of(d->fstype, &failed);
		d->source = copy_of(d->source, &failed);
		m = old ? mount_of(old, before->nmounts, d->dev) : NULL;
		if (m)
			subtract(d->counter, m->counter, WORDS(d->counter));
	}
	free(old);
	return failed ? -1 : 0;
}

static int probes_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
			struct fl_snapshot *delta)
{
	delta->probe = calloc(now->nprobes + 1, sizeof(*delta->probe));
	if (!delta->probe)
		return -1;
	for (size_t i = 0; i < now->nprobes; i++) {
		delta->probe[i] = now->probe[i];
		if (before && i < before->nprobes)
			subtract(&delta->probe[i].misses, &before->probe[i].misses, 1);
	}
	delta->nprobes = now->nprobes;
	return 0;
}

/* The waits at a site are quantiles of all of it, and stay that. */
static int sites_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
		       struct fl_snapshot *delta)
{
	delta->site = calloc(now->nsites + 1, sizeof(*delta->site));
	if (!delta->site)
		return -1;
	for (size_t i = 0; i < now->nsites; i++) {
		delta->site[i] = now->site[i];
		if (before && i < before->nsites)
			subtract(&delta->site[i].takes, &before->site[i].takes, 1);
	}
	delta->nsites = now->nsites;
	return 0;
}

int fl_snapshot_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
		      struct fl_snapshot *delta)
{
	*delta = *now;
	delta->file = NULL;
	delta->site = NULL;
	delta->mount = NULL;
	delta->probe = NULL;
	delta->nfiles = delta->nmounts = delta->nprobes = delta->nsites = 0;
	if (before) {
		delta->start_ns = before->end_ns;
		subtract(delta->loss, before->loss, WORDS(delta->loss));
	}
	if (!files_since(before, now, delta) && !mounts_since(before, now, delta) &&
	    !probes_since(before, now, delta) && !sites_since(before, now, delta))
		return 0;
	fl_snapshot_free(delta);
	return -1;
}

static bool same_mount(const struct fl_mount_snapshot *a, const struct fl_mount_snapshot *b)
{
	return a && b && a->present && b->present &&
	       (!a->path || !b->path || !strcmp(a->path, b->path));
}

/* Mounts of a that b lacks. */
static size_t missing_from(const struct fl_snapshot *a, const struct fl_snapshot *b,
			   enum fl_mount_change change, struct fl_mount_event *event, size_t max)
{
	const struct fl_mount_snapshot **list = mounts_by_dev(b);
	size_t n = 0;

	for (size_t i = 0; list && i < a->nmounts && n < max; i++) {
		const struct fl_mount_snapshot *m = &a->mount[i];

		if (!m->present || same_mount(m, mount_of(list, b->nmounts, m->dev)))
			continue;
		event[n++] = (struct fl_mount_event){m->dev, change, m->path};
	}
	free(list);
	return n;
}

static size_t daemons_changed(const struct fl_snapshot *before, const struct fl_snapshot *now,
			      struct fl_mount_event *event, size_t max)
{
	const struct fl_mount_snapshot **list = before ? mounts_by_dev(before) : NULL;
	size_t n = 0;

	for (size_t i = 0; i < now->nmounts && n < max; i++) {
		const struct fl_mount_snapshot *m = &now->mount[i], *old;
		enum fl_served_state was;

		old = list ? mount_of(list, before->nmounts, m->dev) : NULL;
		was = same_mount(m, old) ? old->served : FL_SERVED_UNKNOWN;
		if (m->served == FL_SERVED_NO && was != FL_SERVED_NO)
			event[n++] = (struct fl_mount_event){m->dev, FL_MOUNT_UNSERVED, m->path};
		else if (m->served == FL_SERVED_YES && was == FL_SERVED_NO)
			event[n++] = (struct fl_mount_event){m->dev, FL_MOUNT_SERVED_AGAIN,
							     m->path};
	}
	free(list);
	return n;
}

size_t fl_mount_events(const struct fl_snapshot *before, const struct fl_snapshot *now,
		       struct fl_mount_event *event, size_t max)
{
	size_t n = 0;

	if (before) {
		n = missing_from(before, now, FL_MOUNT_GONE, event, max);
		n += missing_from(now, before, FL_MOUNT_APPEARED, event + n, max - n);
	}
	return n + daemons_changed(before, now, event + n, max - n);
}

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
	/* a stable order for those that do nothing */
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->file && y->file
		       ? (x->file->slot > y->file->slot) - (x->file->slot < y->file->slot)
		       : 0;
}

int fl_rows_by_mount(const struct fl_snapshot *s, struct fl_rows *rows)
{
	const struct fl_mount_snapshot **list = mounts_by_dev(s);
	const struct fl_mount_snapshot key_mount = {}, *key = &key_mount, **found;
	struct fl_mount_snapshot wanted;

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
		size_t at = s->nmounts;

		wanted.dev = s->file[i].dev;
		key = &wanted;
		found = bsearch(&key, list, s->nmounts, sizeof(*list), by_dev);
		if (found) {
			at = found - list;
		} else if (rows->n == s->nmounts) {
			/* files past the table's room, of whichever mount */
			row_begin(s, &rows->row[rows->n++]);
		}
		add_file_to_row(s, &s->file[i], &rows->row[at],
				rows->hists ? &rows->hists[at] : NULL);
	}
	free(list);
	qsort(rows->row, rows->n, sizeof(*rows->row), busier);
	return 0;
}

int fl_rows_by_file(const struct fl_snapshot *s, struct fl_rows *rows)
{
	const struct fl_mount_snapshot **list = mounts_by_dev(s);

	if (!list || rows_alloc(rows, s->nfiles, false)) {
		free(list);
		return -1;
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_row *row = &rows->row[rows->n++];

		row_begin(s, row);
		row->dev = s->file[i].dev;
		row->file = &s->file[i];
		row->mount = mount_of(list, s->nmounts, row->dev);
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
