// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/mounts.h"

#include <stdlib.h>
#include <string.h>

static int by_dev(const void *a, const void *b)
{
	const struct fl_mount_snapshot *const *x = a, *const *y = b;

	return (*x)->dev < (*y)->dev ? -1 : (*x)->dev > (*y)->dev;
}

const struct fl_mount_snapshot **fl_sorted_mounts(const struct fl_snapshot *s)
{
	const struct fl_mount_snapshot **list = calloc(s->nmounts + 1, sizeof(*list));

	for (size_t i = 0; list && i < s->nmounts; i++)
		list[i] = &s->mount[i];
	if (list)
		qsort(list, s->nmounts, sizeof(*list), by_dev);
	return list;
}

size_t fl_sorted_place(const struct fl_mount_snapshot **list, size_t n, __u32 dev)
{
	const struct fl_mount_snapshot key = {.dev = dev}, *wanted = &key, **found;

	found = bsearch(&wanted, list, n, sizeof(*list), by_dev);
	return found ? (size_t)(found - list) : n;
}

const struct fl_mount_snapshot *fl_sorted_mount(const struct fl_mount_snapshot **list, size_t n,
						__u32 dev)
{
	size_t place = fl_sorted_place(list, n, dev);

	return place < n ? list[place] : NULL;
}

static bool same_mount(const struct fl_mount_snapshot *a, const struct fl_mount_snapshot *b)
{
	return a && b && a->present && b->present &&
	       (!a->path || !b->path || !strcmp(a->path, b->path));
}

/* Finds the mounts that are in a and not in b. */
static size_t missing_from(const struct fl_snapshot *a, const struct fl_snapshot *b,
			   enum fl_mount_change change, struct fl_mount_event *event, size_t max)
{
	const struct fl_mount_snapshot **list = fl_sorted_mounts(b);
	size_t n = 0;

	for (size_t i = 0; list && i < a->nmounts && n < max; i++) {
		const struct fl_mount_snapshot *m = &a->mount[i];

		if (!m->present || same_mount(m, fl_sorted_mount(list, b->nmounts, m->dev)))
			continue;
		event[n++] = (struct fl_mount_event){m->dev, change, m->path};
	}
	free(list);
	return n;
}

static size_t daemons_changed(const struct fl_snapshot *before, const struct fl_snapshot *now,
			      struct fl_mount_event *event, size_t max)
{
	const struct fl_mount_snapshot **list = before ? fl_sorted_mounts(before) : NULL;
	size_t n = 0;

	for (size_t i = 0; i < now->nmounts && n < max; i++) {
		const struct fl_mount_snapshot *m = &now->mount[i], *old;
		enum fl_served_state was;

		old = list ? fl_sorted_mount(list, before->nmounts, m->dev) : NULL;
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
