// SPDX-License-Identifier: GPL-2.0-only
#include "collect/takes.h"

#include <string.h>

#include "snapshot/waits.h"
#include "util/index.h"

static bool through_daemon(enum fl_route route)
{
	return route == FL_ROUTE_DIRECT || route == FL_ROUTE_CACHED;
}

/* The role of the same take when no write makes it. */
static enum fl_site_role as_other(enum fl_site_role role)
{
	static const enum fl_site_role others[FL_SITE_ROLES] = {
		[FL_SITE_EXCLUSIVE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_SHARED] = FL_SITE_OTHER_SHARED,
		[FL_SITE_UPGRADE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_FI_LOCK] = FL_SITE_OTHER_FI_LOCK,
		[FL_SITE_OTHER_EXCLUSIVE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_OTHER_SHARED] = FL_SITE_OTHER_SHARED,
		[FL_SITE_OTHER_FI_LOCK] = FL_SITE_OTHER_FI_LOCK,
	};

	return others[role];
}

/*
 * Whether writes by the other route may have made a take at a site of this route. If a file is
 * written by passthrough only, no write made its takes on the direct path: opens share helpers with
 * direct writes.
 */
static bool may_be_of(enum fl_route site, enum fl_route written)
{
	/* the global method knows routes by the open flags, which for both of these are the same */
	if (site == FL_ROUTE_CACHED && written == FL_ROUTE_IOMAP)
		return true;
	return site == written || site == FL_ROUTE_OTHER ||
	       (through_daemon(site) && through_daemon(written));
}

/* Who waited for the file's locks, and who held them together: of attempts that wrote nothing, too. */
static void join_waits(struct fl_file_counts *to, struct fl_file_counts *from)
{
	if (!to->waits) {
		to->waits = from->waits;
		from->waits = NULL;
	} else if (from->waits) {
		fl_waits_add(to->waits, from->waits);
	}
	if (!to->holders) {
		to->holders = from->holders;
		from->holders = NULL;
	} else if (from->holders) {
		fl_add_words(to->holders, from->holders, sizeof(*to->holders));
	}
}

static void join(struct fl_file_counts *to, struct fl_file_counts *from, bool its_route)
{
	join_waits(to, from);
	for (int r = 0; r < FL_SITE_ROLES; r++)
		to->takes[its_route ? (enum fl_site_role)r : as_other(r)] += from->takes[r];
	for (int i = 0; i < FL_COUNTERS; i++)
		to->counter[i] += from->counter[i];
	to->counter[FL_COUNT_UPGRADES] = to->takes[FL_SITE_UPGRADE];
}

static bool tells_a_file(const struct fl_file_counts *f)
{
	return !f->is_other;
}

/* Finds for each file, by device and inode, its entry with the most writes. */
static int index_written(const struct fl_snapshot *s, struct fl_index *written)
{
	for (size_t i = 0; i < s->nfiles; i++) {
		const struct fl_file_counts *f = &s->file[i];
		struct fl_file_key key = fl_key_of(f);
		__u32 best;

		if (!tells_a_file(f) || !fl_file_writes(f))
			continue;
		best = fl_index_get(written, key.mount, key.node);
		if (best != FL_INDEX_NONE && fl_file_writes(&s->file[best]) >= fl_file_writes(f))
			continue;
		if (fl_index_put(written, key.mount, key.node, i))
			return -1;
	}
	return 0;
}

int fl_takes_join(struct fl_snapshot *s)
{
	struct fl_index written = {};
	size_t kept = 0;

	if (index_written(s, &written)) {
		fl_index_free(&written);
		return -1;
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_file_counts *f = &s->file[i];
		__u32 to = FL_INDEX_NONE;

		if (tells_a_file(f) && !fl_file_writes(f))
			to = fl_index_get(&written, fl_key_of(f).mount, fl_key_of(f).node);
		if (to != FL_INDEX_NONE)
			join(&s->file[to], f,
			     s->takes_only || may_be_of(f->route, s->file[to].route));
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_file_counts *f = &s->file[i];

		if (tells_a_file(f) && !fl_file_writes(f) &&
		    fl_index_get(&written, fl_key_of(f).mount, fl_key_of(f).node) != FL_INDEX_NONE)
			fl_file_counts_free(f);
		else
			s->file[kept++] = *f;
	}
	s->nfiles = kept;
	fl_index_free(&written);
	if (s->takes_only)
		fl_writes_from_takes(s);
	return 0;
}
