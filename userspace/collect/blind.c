// SPDX-License-Identifier: GPL-2.0-only
#include "collect/blind.h"

#include <fcntl.h>
#include <stdio.h>

#include "snapshot/coverage.h"
#include "util/index.h"

static bool is_targets(const struct fl_file_record *r, const struct fl_target *t,
		       const struct fl_family *only)
{
	return fl_target_selects(t, r->dev, r->ino, r->nodeid, r->generation) &&
	       (!t->tgid || (__u32)t->tgid == r->global_pid) &&
	       (!only || fl_family_has(only, r->global_pid));
}

static enum fl_write_kind kind_of(const struct fl_file_record *r, enum fl_route route)
{
	if (r->f_flags & O_DIRECT || route == FL_ROUTE_DIRECT)
		return FL_KIND_DIRECT;
	if (route == FL_ROUTE_CACHED && r->fc_flags & FL_FC_WRITEBACK_CACHE)
		return FL_KIND_WRITEBACK;
	return FL_KIND_BUFFERED;
}

/* Whether fs/fuse wrote to files of the mount by iomap. */
static bool writes_by_iomap(const struct fl_slot_table *t, __u32 dev)
{
	for (size_t i = 0; i < t->nclaims; i++)
		if (t->slot[t->claim[i].slot].route == FL_ROUTE_IOMAP &&
		    t->slot[t->claim[i].slot].dev == dev)
			return true;
	return false;
}

/* Nothing in an open file tells the iomap route from the cached one. If a mount has both, the worse is assumed. */
static enum fl_route route_of(const struct fl_open_file *f, const struct fl_slot_table *written)
{
	enum fl_route route = fl_open_file_route(f);

	if (route == FL_ROUTE_CACHED && writes_by_iomap(written, f->rec.dev))
		return FL_ROUTE_IOMAP;
	return route;
}

void fl_blind_look(struct fl_snapshot *s, const struct fl_open_files *files,
		   const struct fl_target *target, const struct fl_family *only,
		   const struct fl_slot_table *written)
{
	const struct fl_open_file *first = NULL;
	struct fl_index counted = {};
	__u64 n = 0;

	for (size_t i = 0; i < files->n; i++) {
		const struct fl_open_file *f = &files->file[i];
		enum fl_route route;

		if (f->rec.kind != FL_FILE_OPEN || !(f->rec.f_flags & O_ACCMODE) ||
		    f->rec.f_flags & O_PATH || !is_targets(&f->rec, target, only))
			continue;
		route = route_of(f, written);
		if (fl_sees(s, route, kind_of(&f->rec, route),
			    fl_magic_name(f->rec.backing_magic)) == FL_SEES_YES)
			continue;
		/*
		 * count a file once, even if it is open several times; if memory is out, it may
		 * count twice
		 */
		if (fl_index_get(&counted, f->rec.dev, f->rec.nodeid) != FL_INDEX_NONE)
			continue;
		fl_index_put(&counted, f->rec.dev, f->rec.nodeid, 0);
		if (!n++)
			first = f;
	}
	fl_index_free(&counted);
	/* nobody knows about the others */
	n += files->cut;
	if (n <= s->blind_files)
		return;
	s->blind_files = n;
	snprintf(s->blind_example, sizeof(s->blind_example), "%s",
		 first && first->path ? first->path : "?");
}

void fl_blind_written(struct fl_snapshot *s, const struct fl_slot *slot, __u64 *written)
{
	if (slot->route != FL_ROUTE_PASSTHROUGH || !slot->backing_magic ||
	    fl_sees(s, FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, fl_magic_name(slot->backing_magic)) ==
		    FL_SEES_YES)
		return;
	if (++*written <= s->blind_files)
		return;
	s->blind_files = *written;
	if (!s->blind_example[0])
		snprintf(s->blind_example, sizeof(s->blind_example), "%.*s",
			 (int)sizeof(slot->name), slot->name);
}

void fl_blind_opened(struct fl_snapshot *s, __u64 opened)
{
	if (opened > s->blind_files)
		s->blind_files = opened;
}
