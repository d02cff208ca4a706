// SPDX-License-Identifier: GPL-2.0-only
#include "openfiles/served.h"

#include <stdlib.h>
#include <string.h>

/* A mount helper passes the descriptor to another process; on its way it is in no table. */
#define LOOKS_TO_BE_SURE 2

static struct fl_served_mount *entry(const struct fl_served *w, __u32 dev)
{
	__u32 place = fl_index_get(&w->by_dev, dev, 0);

	return place == FL_INDEX_NONE ? NULL : &w->mount[place];
}

/* The hypervisor serves a virtiofs mount: no process here holds a device for it. */
static bool has_device(const struct fl_mount_snapshot *m)
{
	return m->present && m->fstype && strcmp(m->fstype, "virtiofs");
}

int fl_served_look(struct fl_served *w, const struct fl_open_files *files,
		   const struct fl_snapshot *s)
{
	struct fl_served next = {.sees_every_task = w->sees_every_task};
	struct fl_index held = {};
	int bad = 0;

	next.mount = calloc(s->nmounts + 1, sizeof(*next.mount));
	if (!next.mount)
		return -1;
	for (size_t i = 0; i < files->n; i++)
		if (files->file[i].rec.kind == FL_FILE_DEV)
			bad |= fl_index_put(&held, files->file[i].rec.dev, 0, 0);
	for (size_t i = 0; i < s->nmounts; i++) {
		const struct fl_served_mount *old = entry(w, s->mount[i].dev);
		struct fl_served_mount *e = &next.mount[next.n];

		if (!has_device(&s->mount[i]))
			continue;
		if (old)
			*e = *old;
		e->dev = s->mount[i].dev;
		e->missed++;
		if (fl_index_get(&held, e->dev, 0) != FL_INDEX_NONE) {
			e->seen = true;
			e->missed = 0;
		} else if (files->cut) {
			/* it may be in the part that was not listed */
			e->seen = false;
			e->missed = 0;
		}
		bad |= fl_index_put(&next.by_dev, e->dev, 0, next.n++);
	}
	fl_index_free(&held);
	if (bad) {
		fl_served_free(&next);
		return -1;
	}
	fl_served_free(w);
	*w = next;
	return 0;
}

static enum fl_served_state state_of(const struct fl_served *w, const struct fl_served_mount *e)
{
	if (!e)
		return FL_SERVED_UNKNOWN;
	if (e->missed >= LOOKS_TO_BE_SURE)
		return e->seen || w->sees_every_task ? FL_SERVED_NO : FL_SERVED_UNKNOWN;
	return e->seen ? FL_SERVED_YES : FL_SERVED_UNKNOWN;
}

void fl_served_mark(const struct fl_served *w, struct fl_snapshot *s)
{
	for (size_t i = 0; i < s->nmounts; i++)
		s->mount[i].served = has_device(&s->mount[i])
					     ? state_of(w, entry(w, s->mount[i].dev))
					     : FL_SERVED_UNKNOWN;
}

void fl_served_forget(struct fl_served *w, __u32 dev)
{
	struct fl_served_mount *e = entry(w, dev);

	if (e)
		*e = (struct fl_served_mount){.dev = dev};
}

void fl_served_free(struct fl_served *w)
{
	free(w->mount);
	fl_index_free(&w->by_dev);
	w->mount = NULL;
	w->n = 0;
}
