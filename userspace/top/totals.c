// SPDX-License-Identifier: GPL-2.0-only
#include "top/totals.h"

#include <stdlib.h>
#include <string.h>

#include "collect/forgotten.h"
#include "util/array.h"

/* Finds the file's entry, or makes a new one without counts. NULL if out of memory. */
static struct fl_file_counts *entry_of(struct fl_top_totals *t, const struct fl_file_counts *f)
{
	__u32 place = fl_index_get(&t->by_id, f->dev, f->slot);
	struct fl_file_counts *e;

	if (place != FL_INDEX_NONE)
		return &t->sum.file[place];
	place = t->sum.nfiles;
	if (!FL_MORE(t->sum.file, place) || !FL_MORE(t->active, place) ||
	    fl_index_put(&t->by_id, f->dev, f->slot, place))
		return NULL;
	e = &t->sum.file[t->sum.nfiles++];
	memset(e, 0, sizeof(*e));
	e->slot = f->slot;
	e->dev = f->dev;
	e->ino = f->ino;
	e->nodeid = f->nodeid;
	e->generation = f->generation;
	e->route = f->route;
	e->is_other = f->is_other;
	t->active[place] = 0;
	return e;
}

static int set_text(char **to, const char *from)
{
	char *copy;

	if (!from || (*to && !strcmp(*to, from)))
		return 0;
	copy = strdup(from);
	if (!copy)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

static int add_file(struct fl_top_totals *t, const struct fl_file_counts *f, __u64 active)
{
	struct fl_file_counts *e = entry_of(t, f);

	if (!e)
		return -1;
	if (t->active[e - t->sum.file] < active)
		t->active[e - t->sum.file] = active;
	e->has_takes = f->has_takes;
	e->flag = f->flag;
	if (f->hists && !e->hists) {
		e->hists = calloc(1, sizeof(*e->hists));
		if (!e->hists)
			return -1;
	}
	if (f->holders && !e->holders) {
		e->holders = calloc(1, sizeof(*e->holders));
		if (!e->holders)
			return -1;
	}
	if (fl_writers_add_all(&e->writers, &f->writers))
		return -1;
	fl_writers_keep(&e->writers, FL_WRITERS_TOLD);
	fl_file_counts_add(e, f);
	return e->is_other ? 0 : set_text(&e->name, f->name) | set_text(&e->path, f->path);
}

static int newest_first(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/* The number of the reading that splits the files by last activity into halves. */
static __u64 half_active_since(const struct fl_top_totals *t)
{
	__u64 *sorted = malloc(t->sum.nfiles * sizeof(*sorted)), since;

	if (!sorted)
		return 0;
	memcpy(sorted, t->active, t->sum.nfiles * sizeof(*sorted));
	qsort(sorted, t->sum.nfiles, sizeof(*sorted), newest_first);
	since = sorted[FL_TOP_FILES / 2];
	free(sorted);
	return since;
}

/* Adds the files that have been idle for long to sums, so that half of the room is free. */
static int forget_idle(struct fl_top_totals *t)
{
	struct fl_top_totals old = *t;
	__u64 since;
	int bad = 0;

	if (t->sum.nfiles <= FL_TOP_FILES)
		return 0;
	since = half_active_since(t);
	t->sum.file = NULL;
	t->sum.nfiles = 0;
	t->active = NULL;
	memset(&t->by_id, 0, sizeof(t->by_id));
	for (size_t i = 0; i < old.sum.nfiles; i++) {
		struct fl_file_counts f = old.sum.file[i];

		if (!f.is_other && old.active[i] <= since) {
			f.slot = fl_forgotten_id(&f);
			f.is_other = true;
		}
		bad |= add_file(t, &f, old.active[i]);
		free(f.name);
		free(f.path);
		free(f.hists);
		free(f.holders);
		fl_writers_free(&f.writers);
		free(f.waits);
	}
	free(old.sum.file);
	free(old.active);
	fl_index_free(&old.by_id);
	return bad;
}

static int add_mount(struct fl_top_totals *t, const struct fl_mount_snapshot *m)
{
	__u32 place = fl_index_get(&t->by_dev, m->dev, 0);
	struct fl_snapshot *sum = &t->sum;
	struct fl_mount_snapshot *e;

	if (place == FL_INDEX_NONE) {
		place = sum->nmounts;
		if (!FL_MORE(sum->mount, place) || fl_index_put(&t->by_dev, m->dev, 0, place))
			return -1;
		e = &sum->mount[sum->nmounts++];
		memset(e, 0, sizeof(*e));
		e->dev = m->dev;
	}
	e = &sum->mount[place];
	e->present = m->present;
	e->served = m->served;
	e->uncounted |= m->uncounted;
	fl_add_words(e->counter, m->counter, sizeof(e->counter));
	return set_text(&e->path, m->path) | set_text(&e->fstype, m->fstype) |
	       set_text(&e->source, m->source);
}

static int add_probes(struct fl_snapshot *sum, const struct fl_snapshot *s)
{
	if (!sum->probe) {
		sum->probe = calloc(s->nprobes + 1, sizeof(*sum->probe));
		if (!sum->probe)
			return -1;
		sum->nprobes = s->nprobes;
	}
	for (size_t i = 0; i < s->nprobes && i < sum->nprobes; i++) {
		__u64 misses = sum->probe[i].misses + s->probe[i].misses;

		sum->probe[i] = s->probe[i];
		sum->probe[i].misses = misses;
	}
	return 0;
}

/* Each reading replaces the texts about the method. */
static void describe(struct fl_snapshot *sum, const struct fl_snapshot *s, bool first)
{
	struct fl_snapshot old = *sum;

	*sum = *s;
	sum->file = old.file;
	sum->nfiles = old.nfiles;
	sum->mount = old.mount;
	sum->nmounts = old.nmounts;
	sum->probe = old.probe;
	sum->nprobes = old.nprobes;
	sum->site = NULL;
	sum->nsites = 0;
	if (!first)
		sum->start_ns = old.start_ns;
	fl_add_words(sum->loss, old.loss, sizeof(sum->loss));
}

int fl_top_totals_add(struct fl_top_totals *t, const struct fl_snapshot *reading)
{
	int bad = 0;

	describe(&t->sum, reading, !t->readings);
	t->readings++;
	bad |= add_probes(&t->sum, reading);
	for (size_t i = 0; i < reading->nmounts; i++)
		bad |= add_mount(t, &reading->mount[i]);
	for (size_t i = 0; i < reading->nfiles; i++)
		bad |= add_file(t, &reading->file[i], t->readings);
	bad |= forget_idle(t);
	return bad ? -1 : 0;
}

void fl_top_totals_free(struct fl_top_totals *t)
{
	fl_snapshot_free(&t->sum);
	fl_index_free(&t->by_id);
	fl_index_free(&t->by_dev);
	free(t->active);
	memset(t, 0, sizeof(*t));
}
