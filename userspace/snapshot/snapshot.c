// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/reason.h"

void fl_file_counts_free(struct fl_file_counts *f)
{
	free(f->name);
	free(f->path);
	free(f->hists);
	free(f->holders);
	free(f->waits);
	fl_writers_free(&f->writers);
}

void fl_snapshot_free_files(struct fl_snapshot *s)
{
	for (size_t i = 0; i < s->nfiles; i++)
		fl_file_counts_free(&s->file[i]);
	free(s->file);
	s->file = NULL;
	s->nfiles = 0;
}

void fl_snapshot_free(struct fl_snapshot *s)
{
	fl_snapshot_free_files(s);
	for (size_t i = 0; i < s->nmounts; i++) {
		free(s->mount[i].path);
		free(s->mount[i].fstype);
		free(s->mount[i].source);
	}
	free(s->mount);
	free(s->probe);
	free(s->site);
	memset(s, 0, sizeof(*s));
}

bool fl_snapshot_knows(const struct fl_snapshot *s, enum fl_counter counter)
{
	switch (counter) {
	case FL_COUNT_COMPLETED_INLINE:
	case FL_COUNT_COMPLETED_WORKER:
		return s->has_completions;
	case FL_COUNT_OUTSIDE:
		return s->tells_outside;
	case FL_COUNT_QUEUED_BEHIND:
		return s->has_holders;
	case FL_COUNT_RETRIED:
	case FL_COUNT_FAILED:
	case FL_COUNT_UNCERTAIN:
		/* if only takes are counted, the outcome of the writes is not known */
		return !s->takes_only;
	default:
		return true;
	}
}

void fl_writes_from_takes(struct fl_snapshot *s)
{
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_file_counts *f = &s->file[i];
		__u64 upgrades = f->takes[FL_SITE_UPGRADE], shared = f->takes[FL_SITE_SHARED];

		memset(f->cell, 0, sizeof(f->cell));
		f->cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_OTHER] = f->takes[FL_SITE_EXCLUSIVE] +
								      upgrades;
		f->cell[FL_MODE_SHARED][FL_NATURE_OTHER] = shared > upgrades ? shared - upgrades
									     : 0;
	}
}

static void see_file(const struct fl_file_counts *f, struct fl_file_seen *seen)
{
	const __u64 *shared = f->cell[FL_MODE_SHARED];

	seen->grew = false;
	for (int mode = 0; mode < FL_MODES; mode++)
		seen->grew |= f->cell[mode][FL_NATURE_PAST_EOF] > 0;
	seen->shared_privileges = shared[FL_NATURE_PRIVILEGES];
	seen->shared_without_nosec = shared[FL_NATURE_UNCHECKED] || seen->shared_privileges;
	seen->shared_with_nosec = shared[FL_NATURE_PLAIN];
}

bool fl_totals_upgrades(const struct fl_snapshot *s, const struct fl_totals *t, __u64 *upgrades)
{
	__u64 ran = t->shared + t->counter[FL_COUNT_RETRIED] + t->counter[FL_COUNT_FAILED] +
		    s->unfinished;
	bool merged = false;

	for (size_t i = 0; i < s->nsites; i++)
		merged |= s->site[i].merged;
	*upgrades = t->takes[FL_SITE_UPGRADE];
	if (!s->has_takes || s->takes_only)
		return false;
	/*
	 * one call makes both kinds of exclusive take: upgrades are writes that took the lock
	 * shared and did not write under it
	 */
	if (merged && t->takes[FL_SITE_SHARED] > ran + *upgrades)
		*upgrades = t->takes[FL_SITE_SHARED] - ran;
	return true;
}

void fl_totals_tell_upgrades(const struct fl_snapshot *s, struct fl_totals *t)
{
	__u64 upgrades, more;

	if (!fl_totals_upgrades(s, t, &upgrades))
		return;
	more = upgrades - t->takes[FL_SITE_UPGRADE];
	if (more > t->takes[FL_SITE_EXCLUSIVE])
		more = t->takes[FL_SITE_EXCLUSIVE];
	t->takes[FL_SITE_EXCLUSIVE] -= more;
	t->takes[FL_SITE_UPGRADE] += more;
	t->counter[FL_COUNT_UPGRADES] += more;
}

/* A write that is past EOF when it holds the lock was so from the start, or has upgraded. */
static void tell_upgrades_apart(const struct fl_snapshot *s, struct fl_totals *t)
{
	__u64 upgrades;

	if (!t->reason[FL_REASON_PAST_EOF] || !fl_totals_upgrades(s, t, &upgrades))
		return;
	if (upgrades > t->reason[FL_REASON_PAST_EOF])
		upgrades = t->reason[FL_REASON_PAST_EOF];
	t->reason[FL_REASON_PAST_EOF] -= upgrades;
	t->reason[FL_REASON_EOF_RACE] += upgrades;
}

static void add_file(const struct fl_snapshot *s, const struct fl_file_counts *f,
		     struct fl_totals *sum)
{
	struct fl_totals one = {}, *t = &one;
	struct fl_file_seen seen;

	see_file(f, &seen);
	for (int mode = 0; mode < FL_MODES; mode++) {
		for (int nature = 0; nature < FL_NATURES; nature++) {
			__u64 n = f->cell[mode][nature];

			if (!n)
				continue;
			t->writes += n;
			t->by_route[f->route] += n;
			if (fl_is_eligible(f->route, mode, nature, &seen)) {
				t->eligible += n;
				if (mode == FL_MODE_SHARED)
					t->eligible_shared += n;
			}
			if (mode == FL_MODE_SHARED) {
				t->shared += n;
			} else if (mode == FL_MODE_UNKNOWN) {
				t->unknown += n;
			} else {
				t->exclusive += n;
				t->reason[fl_reason_of(f->route, s->can[f->route], mode, nature,
						       &f->flag, &seen)] += n;
			}
		}
	}
	for (int i = 0; i < FL_COUNTERS; i++)
		t->counter[i] += f->counter[i];
	for (int i = 0; i < FL_SITE_ROLES; i++)
		t->takes[i] += f->takes[i];
	tell_upgrades_apart(s, t);
	fl_totals_add(sum, t);
}

void fl_add_words(void *to, const void *from, size_t size)
{
	__u64 *a = to;
	const __u64 *b = from;

	for (size_t i = 0; i < size / sizeof(__u64); i++)
		a[i] += b[i];
}

void fl_file_counts_add(struct fl_file_counts *to, const struct fl_file_counts *f)
{
	fl_add_words(to->cell, f->cell, sizeof(to->cell));
	fl_add_words(to->counter, f->counter, sizeof(to->counter));
	fl_add_words(to->takes, f->takes, sizeof(to->takes));
	if (f->holders)
		fl_add_words(to->holders, f->holders, sizeof(*to->holders));
	if (f->hists)
		fl_add_words(to->hists, f->hists, sizeof(*to->hists));
}

void fl_totals_add(struct fl_totals *sum, const struct fl_totals *t)
{
	fl_add_words(sum, t, sizeof(*sum));
}

void fl_totals_add_losses(const struct fl_snapshot *s, struct fl_totals *t)
{
	for (size_t i = 0; i < s->nprobes; i++)
		if (s->probe[i].counts_writes)
			t->lost += s->probe[i].misses;
	for (int i = 0; i < FL_LOSSES; i++)
		if (i != FL_LOSS_TABLE_FULL) /* these are counted, as writes to "other" */
			t->lost += s->loss[i];
}

__u64 fl_totals_unsure(const struct fl_totals *t)
{
	return t->lost + t->unseen + t->counter[FL_COUNT_UNCERTAIN];
}

__u64 fl_file_writes(const struct fl_file_counts *f)
{
	__u64 n = 0;

	for (int mode = 0; mode < FL_MODES; mode++)
		for (int nature = 0; nature < FL_NATURES; nature++)
			n += f->cell[mode][nature];
	return n;
}

void fl_file_totals(const struct fl_snapshot *s, const struct fl_file_counts *f,
		    struct fl_totals *t)
{
	memset(t, 0, sizeof(*t));
	add_file(s, f, t);
}

void fl_snapshot_totals(const struct fl_snapshot *s, struct fl_totals *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < s->nfiles; i++)
		add_file(s, &s->file[i], t);
	for (size_t i = 0; i < s->nmounts; i++)
		t->unseen += s->mount[i].unseen;
	fl_totals_add_losses(s, t);
}

void fl_mount_totals(const struct fl_snapshot *s, __u32 dev, struct fl_totals *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].dev == dev)
			add_file(s, &s->file[i], t);
	for (size_t i = 0; i < s->nmounts; i++)
		if (s->mount[i].dev == dev)
			t->unseen += s->mount[i].unseen;
	fl_totals_add_losses(s, t);
}

long long fl_takes_difference(const struct fl_totals *t)
{
	__u64 attempts = t->takes[FL_SITE_EXCLUSIVE] + t->takes[FL_SITE_SHARED];

	return (long long)(attempts - t->writes - t->counter[FL_COUNT_RETRIED] -
			   t->counter[FL_COUNT_FAILED]);
}
