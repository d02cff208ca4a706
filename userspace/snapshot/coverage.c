// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/coverage.h"

#include <string.h>

/* The first row that fits counts, so rows without a file system come after those with one. */
static const struct fl_coverage table[] = {
	{FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, "xfs", FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, "ext4", FL_SEES_PART, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, "f2fs", FL_SEES_PART, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, "btrfs", FL_SEES_PART, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_DIRECT, NULL, FL_SEES_NO, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_BUFFERED, "xfs", FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_BUFFERED, NULL, FL_SEES_NO, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_SPLICE, "xfs", FL_SEES_PART, FL_SEES_YES},
	{FL_ROUTE_PASSTHROUGH, FL_KIND_SPLICE, NULL, FL_SEES_NO, FL_SEES_YES},
	{FL_ROUTE_DIRECT, FL_KIND_DIRECT, NULL, FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_CACHED, FL_KIND_DIRECT, NULL, FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_CACHED, FL_KIND_BUFFERED, NULL, FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_CACHED, FL_KIND_WRITEBACK, NULL, FL_SEES_NO, FL_SEES_YES},
	{FL_ROUTE_DAX, FL_KIND_DIRECT, NULL, FL_SEES_NO, FL_SEES_NO},
	{FL_ROUTE_DAX, FL_KIND_BUFFERED, NULL, FL_SEES_NO, FL_SEES_NO},
	{FL_ROUTE_IOMAP, FL_KIND_DIRECT, NULL, FL_SEES_YES, FL_SEES_YES},
	{FL_ROUTE_IOMAP, FL_KIND_BUFFERED, NULL, FL_SEES_NO, FL_SEES_NO},
};

const struct fl_coverage *fl_coverage_table(size_t *n)
{
	*n = sizeof(table) / sizeof(table[0]);
	return table;
}

enum fl_sees fl_sees(const struct fl_snapshot *s, enum fl_route route, enum fl_write_kind kind,
		     const char *fs)
{
	bool tracepoints = !s->takes_only && s->writes_method == FL_METHOD_STATE_TP;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct fl_coverage *c = &table[i];

		if (c->route == route && c->kind == kind && (!c->fs || (fs && !strcmp(c->fs, fs))))
			return tracepoints ? c->tracepoints : c->functions;
	}
	return FL_SEES_NO;
}

static const struct {
	const char *name;
	const char *why_not;
} states[FL_CROSS_STATES] = {
	[FL_CROSS_OFF] = {"off", NULL},
	[FL_CROSS_DONE] = {"done", NULL},
	[FL_CROSS_PARTIAL] = {"partial", "only part of the mount is watched"},
	[FL_CROSS_NOWAIT] =
		{"nowait",
		 "io_uring wrote: its attempts without waiting raise attr_version, and no probe sees them end"},
	[FL_CROSS_KERNEL] = {"kernel", "this kernel does not raise attr_version with each write"},
	[FL_CROSS_UNREADABLE] = {"unreadable", "the mount's attr_version cannot be read here"},
	[FL_CROSS_SHORT] =
		{"short",
		 "the watching was too short to tell its writes from those before and after"},
	[FL_CROSS_REPLIES] =
		{"replies",
		 "the size of a reply to READDIRPLUS could not be read, so how often replies raised attr_version is not known"},
	[FL_CROSS_ALL] = {"all",
			  "it is made where a mount or its daemon is named, not of all mounts"},
	[FL_CROSS_WRITEBACK] =
		{"writeback", "writes into the mount's writeback cache do not raise attr_version"},
};

const char *fl_cross_check_name(enum fl_cross_check_state state)
{
	return state < FL_CROSS_STATES ? states[state].name : "?";
}

int fl_cross_check_from_name(const char *name)
{
	for (int i = 0; i < FL_CROSS_STATES; i++)
		if (!strcmp(states[i].name, name))
			return i;
	return -1;
}

const char *fl_cross_check_why_not(enum fl_cross_check_state state)
{
	return state < FL_CROSS_STATES ? states[state].why_not : NULL;
}

static bool passed_through(const struct fl_file_counts *f)
{
	return f->route == FL_ROUTE_PASSTHROUGH || f->route == FL_ROUTE_SPLICE;
}

/* The attempts that were counted on the mount's files, on passthrough or on the other routes. */
static __u64 attempts(const struct fl_snapshot *s, __u32 dev, bool passthrough)
{
	__u64 n = 0;

	for (size_t i = 0; i < s->nfiles; i++) {
		const struct fl_file_counts *f = &s->file[i];

		if (f->dev == dev && passed_through(f) == passthrough)
			n += fl_file_writes(f) + f->counter[FL_COUNT_RETRIED] +
			     f->counter[FL_COUNT_FAILED] + f->counter[FL_COUNT_UNCERTAIN];
	}
	return n;
}

__u64 fl_explained_rise(const struct fl_snapshot *s, __u32 dev)
{
	__u64 n = attempts(s, dev, true) + 2 * attempts(s, dev, false);

	for (size_t i = 0; i < s->nmounts; i++)
		if (s->mount[i].dev == dev)
			n += s->mount[i].counter[FL_MOUNT_ATTRIBUTE_REPLIES];
	return n;
}

/* Nothing says that writes which fs/fuse does by iomap raise attr_version. */
static bool has_iomap_writes(const struct fl_snapshot *s, __u32 dev)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].dev == dev && s->file[i].route == FL_ROUTE_IOMAP)
			return true;
	return false;
}

void fl_cross_check_judge(const struct fl_snapshot *s, struct fl_mount_snapshot *m, __u64 rise,
			  __u64 explained_before, __u64 under_way)
{
	__u64 explained = fl_explained_rise(s, m->dev), certain = attempts(s, m->dev, true), seen;

	if (m->counter[FL_MOUNT_UNREAD_REPLIES]) {
		m->cross_check = FL_CROSS_REPLIES;
		return;
	}
	if (has_iomap_writes(s, m->dev)) {
		m->cross_check = FL_CROSS_KERNEL;
		return;
	}
	explained = explained > explained_before ? explained - explained_before : 0;
	/* attr_version should have risen with each of these attempts */
	certain = certain > explained_before ? certain - explained_before : 0;
	if (rise < certain / 2 || rise + FL_CROSS_UNDER_WAY + certain / 1000 < certain) {
		m->cross_check = FL_CROSS_KERNEL;
		return;
	}
	m->cross_check = FL_CROSS_DONE;
	/* a write that was counted before the check began may raise attr_version later */
	explained += under_way;
	m->unseen = rise > explained ? rise - explained : 0;
	/* replies and the other routes' attempts need not raise it as often as they may */
	seen = attempts(s, m->dev, true) + attempts(s, m->dev, false);
	seen = seen > explained_before ? seen - explained_before : 0;
	m->unseen_at_most = rise > seen ? rise - seen : 0;
}
