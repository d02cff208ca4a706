// SPDX-License-Identifier: GPL-2.0-only
/* The mounts of a snapshot, and the requests that each has sent since the last reading. */
#include "collect/collector_impl.h"

#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "util/array.h"

int fl_collector_request_map(const struct fl_collector *c, const char *name)
{
	return fl_source_map(&c->choice.source[0], name);
}

/* Adds up a place of a map of the programs. Returns 0; 1 if there is no such place; -1 when out of memory. */
static int read_place(const struct fl_collector *c, const char *map, __u32 key,
		      struct fl_mount_counts *sum)
{
	struct fl_mount_counts *percpu = calloc(c->ncpus, sizeof(*percpu));
	int ret = 0;

	memset(sum, 0, sizeof(*sum));
	if (!percpu)
		return -1;
	if (bpf_map_lookup_elem(fl_collector_request_map(c, map), &key, percpu))
		ret = 1;
	for (int cpu = 0; !ret && cpu < c->ncpus; cpu++) {
		for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
			sum->counter[i] += percpu[cpu].counter[i];
		sum->blind_files += percpu[cpu].blind_files;
	}
	free(percpu);
	return ret;
}

/* What was counted of mounts that found no place. */
static void read_without_place(const struct fl_collector *c, struct fl_mount_counts *sum)
{
	read_place(c, "mounts_without_place", 0, sum);
}

static bool any_without_place(const struct fl_collector *c)
{
	struct fl_mount_counts sum;

	read_without_place(c, &sum);
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
		if (sum.counter[i])
			return true;
	return sum.blind_files;
}

int fl_collector_requests(struct fl_collector *c, struct fl_mount_snapshot *m)
{
	struct fl_mount_counts sum;
	int ret = read_place(c, "mounts", m->dev, &sum);

	if (ret < 0)
		return -1;
	m->uncounted = ret && any_without_place(c);
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
		m->counter[i] += sum.counter[i];
	return 0;
}

__u64 fl_collector_blind_opened(const struct fl_collector *c, const struct fl_snapshot *s)
{
	struct fl_mount_counts sum;
	__u64 n;

	read_without_place(c, &sum);
	n = sum.blind_files;
	for (size_t i = 0; i < s->nmounts; i++)
		if (!read_place(c, "mounts", s->mount[i].dev, &sum))
			n += sum.blind_files;
	return n;
}

/* Finds what was already reported of a mount's requests, or makes a new entry; NULL: no memory. */
static struct fl_mount_told *told_of(struct fl_collector *c, __u32 dev)
{
	__u32 place = fl_index_get(&c->told_by_dev, dev, 0);

	if (place != FL_INDEX_NONE)
		return &c->told[place];
	if (!FL_MORE(c->told, c->ntold) || fl_index_put(&c->told_by_dev, dev, 0, c->ntold))
		return NULL;
	c->told[c->ntold] = (struct fl_mount_told){.dev = dev};
	return &c->told[c->ntold++];
}

static int drain_requests(struct fl_collector *c, struct fl_mount_snapshot *m)
{
	struct fl_mount_told *told = told_of(c, m->dev);

	if (!told || fl_collector_requests(c, m))
		return -1;
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++) {
		__u64 sum = m->counter[i];

		m->counter[i] = sum - told->counter[i];
		told->counter[i] = sum;
	}
	return 0;
}

static int read_mount(struct fl_collector *c, __u32 dev, const struct fl_mounts *mounts,
		      struct fl_mount_snapshot *m)
{
	const struct fl_mount *info = fl_mounts_by_dev(mounts, dev);

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	m->present = info;
	/* report a mount that went away under its old name */
	if (!info)
		info = fl_mounts_by_dev_last(&c->seen, dev);
	if (!info)
		info = fl_mounts_by_dev(&c->target->mounts, dev);
	if (info) {
		m->path = strdup(info->path);
		m->fstype = strdup(info->fstype);
		m->source = strdup(info->source);
	}
	return drain_requests(c, m);
}

/* has: the devices that the snapshot has. */
static int add_mount(struct fl_collector *c, struct fl_snapshot *s, __u32 dev,
		     const struct fl_mounts *mounts, struct fl_index *has)
{
	if (!dev || fl_index_get(has, dev, 0) != FL_INDEX_NONE)
		return 0;
	if (fl_index_put(has, dev, 0, s->nmounts) || !FL_MORE(s->mount, s->nmounts))
		return -1;
	return read_mount(c, dev, mounts, &s->mount[s->nmounts++]);
}

/*
 * Whether a mount that had requests belongs to the target. They are counted whoever makes them, and a process has the
 * mounts that it wrote to, or may have without a write that was seen: those where cached pages were written back.
 */
static bool has_part(const struct fl_collector *c, __u32 dev)
{
	struct fl_mount_counts sum;

	return c->target->kind != FL_TARGET_WRITER ||
	       fl_index_get(&c->told_by_dev, dev, 0) != FL_INDEX_NONE ||
	       read_place(c, "mounts", dev, &sum) || sum.counter[FL_MOUNT_WRITEBACK_REQUESTS];
}

int fl_collector_read_mounts(struct fl_collector *c, struct fl_snapshot *s,
			     const struct fl_mounts *now, struct fl_err *err)
{
	__u32 dev, *prev = NULL;
	struct fl_index has = {};
	int bad = 0, fd = fl_collector_request_map(c, "mounts");

	for (__u32 i = 0; i < c->target->ndevs; i++)
		bad |= add_mount(c, s, c->target->dev[i], now, &has);
	/* add idle mounts, too: a mount that appears or vanishes differs from an idle one */
	for (size_t i = 0; c->target->kind == FL_TARGET_ALL && i < now->n; i++)
		bad |= add_mount(c, s, now->mount[i].dev, now, &has);
	for (size_t i = 0; i < s->nfiles; i++)
		bad |= add_mount(c, s, s->file[i].dev, now, &has);
	while (fd >= 0 && !bpf_map_get_next_key(fd, prev, &dev)) {
		if (has_part(c, dev))
			bad |= add_mount(c, s, dev, now, &has);
		prev = &dev;
	}
	fl_index_free(&has);
	return bad ? fl_err(err, "out of memory") : 0;
}
