// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/since.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/mounts.h"

/* Counts never fall while a collector lives; a reading that tears shows in the next one. */
static void subtract(__u64 *a, const __u64 *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] = a[i] > b[i] ? a[i] - b[i] : 0;
}

/* Subtracts min(a, b) from both. */
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

static int mounts_since(const struct fl_snapshot *before, const struct fl_snapshot *now,
			struct fl_snapshot *delta)
{
	const struct fl_mount_snapshot **old = before ? fl_sorted_mounts(before) : NULL, *m;
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
		m = old ? fl_sorted_mount(old, before->nmounts, d->dev) : NULL;
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
