// SPDX-License-Identifier: GPL-2.0-only
#include "export/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/hist.h"
#include "util/text.h"

/* Files whose rates are remembered: twice as many as the programs tell apart by default. */
#define RATES_KEPT 8192
/*
 * A file must be this many times busier to take over a series, so that similar files do not
 * alternate.
 */
#define BUSIER 2

int fl_metrics_init(struct fl_metrics *m, const struct fl_metrics_limits *limits)
{
	memset(m, 0, sizeof(*m));
	m->limits = *limits;
	m->mount = calloc(limits->mounts + 1, sizeof(*m->mount));
	m->file = calloc(limits->files + 1, sizeof(*m->file));
	m->nmounts = !!m->mount;
	m->changes = limits->files;
	if (fl_busiest_init(&m->busiest, RATES_KEPT))
		return -1;
	return m->mount && m->file ? 0 : -1;
}

static void mount_free(struct fl_metric_mount *m)
{
	free(m->path);
	free(m->fstype);
	free(m->source);
	free(m->hists);
}

static void file_free(struct fl_metric_file *f)
{
	free(f->mount);
	free(f->name);
}

void fl_metrics_free(struct fl_metrics *m)
{
	for (size_t i = 0; i < m->nmounts; i++)
		mount_free(&m->mount[i]);
	for (size_t i = 0; i < m->nfiles; i++)
		file_free(&m->file[i]);
	free(m->mount);
	free(m->file);
	fl_index_free(&m->by_dev);
	fl_index_free(&m->by_file);
	fl_busiest_free(&m->busiest);
	memset(m, 0, sizeof(*m));
}

static int reindex_files(struct fl_metrics *m)
{
	int bad = 0;

	fl_index_free(&m->by_file);
	for (size_t i = 0; i < m->nfiles; i++)
		bad |= fl_index_put(&m->by_file, m->file[i].key.mount, m->file[i].key.node, i);
	return bad;
}

static int reindex(struct fl_metrics *m)
{
	int bad = 0;

	fl_index_free(&m->by_dev);
	for (size_t i = 1; i < m->nmounts; i++)
		bad |= m->mount[i].present ? fl_index_put(&m->by_dev, m->mount[i].dev, 0, i) : 0;
	return bad | reindex_files(m);
}

static bool long_ago(const struct fl_metrics *m, __u64 then, __u64 now)
{
	return now > then && now - then > m->limits.keep_ns;
}

/* Drops the series of mounts that are gone and of files that have been idle for long. */
static int forget(struct fl_metrics *m, __u64 now)
{
	size_t kept = 1;

	for (size_t i = 1; i < m->nmounts; i++) {
		if (!m->mount[i].present && long_ago(m, m->mount[i].gone_ns, now))
			mount_free(&m->mount[i]);
		else
			m->mount[kept++] = m->mount[i];
	}
	m->nmounts = kept;
	kept = 0;
	for (size_t i = 0; i < m->nfiles; i++) {
		if (long_ago(m, m->file[i].active_ns, now))
			file_free(&m->file[i]);
		else
			m->file[kept++] = m->file[i];
	}
	m->nfiles = kept;
	return reindex(m);
}

static char *mount_path(const struct fl_mount_snapshot *s)
{
	char text[32];

	if (s->path)
		return strdup(s->path);
	snprintf(text, sizeof(text), "dev %u:%u", s->dev >> 20, s->dev & 0xfffff);
	return strdup(text);
}

/* Finds the entry of a mount. Makes one if its device is new, or now at another path. */
static struct fl_metric_mount *mount_entry(struct fl_metrics *m, const struct fl_mount_snapshot *s)
{
	struct fl_metric_mount *e;

	for (size_t i = 1; i < m->nmounts; i++) {
		e = &m->mount[i];
		if (e->dev == s->dev && (!s->path || fl_same_text(e->path, s->path)))
			return e;
	}
	if (m->nmounts > m->limits.mounts)
		return &m->mount[0];
	e = &m->mount[m->nmounts];
	memset(e, 0, sizeof(*e));
	e->dev = s->dev;
	e->path = mount_path(s);
	e->fstype = s->fstype ? strdup(s->fstype) : NULL;
	e->source = s->source ? strdup(s->source) : NULL;
	if (!e->path) {
		mount_free(e);
		return NULL;
	}
	m->nmounts++;
	return e;
}

static int add_mounts(struct fl_metrics *m, const struct fl_snapshot *s)
{
	for (size_t i = 1; i < m->nmounts; i++) {
		if (m->mount[i].present)
			m->mount[i].gone_ns = s->end_ns;
		m->mount[i].present = false;
	}
	fl_index_free(&m->by_dev);
	for (size_t i = 0; i < s->nmounts; i++) {
		struct fl_metric_mount *e = mount_entry(m, &s->mount[i]);

		if (!e || fl_index_put(&m->by_dev, s->mount[i].dev, 0, e - m->mount))
			return -1;
		e->present |= s->mount[i].present;
		/* "other" has files of several mounts */
		e->served = e == m->mount ? FL_SERVED_UNKNOWN : s->mount[i].served;
		e->uncounted |= s->mount[i].uncounted;
		for (int k = 0; k < FL_MOUNT_COUNTERS; k++)
			e->counter[k] += s->mount[i].counter[k];
	}
	return 0;
}

static void add_modes(__u64 *sum, const __u64 *modes)
{
	for (int i = 0; i < FL_LOCK_MODES; i++)
		sum[i] += modes[i];
}

static struct fl_metric_file *file_with_labels(struct fl_metrics *m, const struct fl_file_counts *f,
					       const char *name)
{
	for (size_t i = 0; i < m->nfiles; i++)
		if (m->file[i].dev == f->dev && m->file[i].ino == f->ino &&
		    !strcmp(m->file[i].name, name))
			return &m->file[i];
	return NULL;
}

/* The last component is known for open files and others; a path is known only for open ones. */
static const char *label_of(const struct fl_file_counts *f)
{
	const char *slash = f->path ? strrchr(f->path, '/') : NULL;

	if (f->name && *f->name)
		return f->name;
	return slash ? slash + 1 : f->path ? f->path : "";
}

static double rate_of(const struct fl_metrics *m, const struct fl_metric_file *e)
{
	return fl_busiest_rate(&m->busiest, &e->key);
}

/* Finds a place for a new series: a free one, or that of a file that is much less busy. */
static struct fl_metric_file *place_for(struct fl_metrics *m, const struct fl_file_key *key)
{
	struct fl_metric_file *least;

	if (m->nfiles < m->limits.files)
		return &m->file[m->nfiles++];
	if (!m->nfiles || m->changes < 1)
		return NULL;
	least = &m->file[0];
	for (size_t i = 1; i < m->nfiles; i++)
		if (rate_of(m, &m->file[i]) < rate_of(m, least))
			least = &m->file[i];
	if (fl_busiest_rate(&m->busiest, key) <= BUSIER * rate_of(m, least))
		return NULL;
	m->changes--;
	file_free(least);
	return least;
}

/* Gives a file its own series, as long as there are any. */
static struct fl_metric_file *file_entry(struct fl_metrics *m, const struct fl_file_counts *f,
					 const struct fl_metric_mount *mount)
{
	struct fl_file_key key = fl_key_of(f);
	__u32 place = fl_index_get(&m->by_file, key.mount, key.node);
	struct fl_metric_file *e;
	const char *name = label_of(f);

	if (f->is_other || !mount->path)
		return NULL;
	if (place != FL_INDEX_NONE)
		return &m->file[place];
	/* the labels of a series cannot tell another file with the same name and number apart */
	e = file_with_labels(m, f, name);
	if (e) {
		fl_index_put(&m->by_file, key.mount, key.node, e - m->file);
		return e;
	}
	e = place_for(m, &key);
	if (!e)
		return NULL;
	*e = (struct fl_metric_file){
		.dev = f->dev,
		.ino = f->ino,
		.key = key,
		.mount = strdup(mount->path),
		.name = strdup(name),
	};
	if (e->mount && e->name && !reindex_files(m))
		return e;
	file_free(e);
	*e = m->file[--m->nfiles];
	reindex_files(m);
	return NULL;
}

static int add_file(struct fl_metrics *m, const struct fl_snapshot *s,
		    const struct fl_file_counts *f)
{
	__u32 place = fl_index_get(&m->by_dev, f->dev, 0);
	struct fl_metric_mount *mount = &m->mount[place == FL_INDEX_NONE ? 0 : place];
	struct fl_metric_file *file;
	struct fl_totals t;
	__u64 modes[FL_LOCK_MODES];

	fl_file_totals(s, f, &t);
	modes[FL_LOCK_EXCLUSIVE] = t.exclusive;
	modes[FL_LOCK_SHARED] = t.shared;
	modes[FL_LOCK_UNTOLD] = t.unknown;
	add_modes(mount->writes[f->route], modes);
	mount->bytes[f->route] += t.counter[FL_COUNT_BYTES];
	fl_totals_add(&mount->totals, &t);
	file = t.writes ? file_entry(m, f, mount) : NULL;
	if (file) {
		add_modes(file->writes, modes);
		file->active_ns = s->end_ns;
	} else {
		add_modes(mount->other_files, modes);
	}
	if (!f->hists)
		return 0;
	if (!mount->hists)
		mount->hists = calloc(1, sizeof(*mount->hists));
	if (!mount->hists)
		return -1;
	for (int i = 0; i < FL_HISTS; i++)
		fl_hist_add(&mount->hists->hist[i], &f->hists->hist[i]);
	return 0;
}

static int busier(const void *a, const void *b)
{
	__u64 x = fl_file_writes(*(const struct fl_file_counts *const *)a);
	__u64 y = fl_file_writes(*(const struct fl_file_counts *const *)b);

	return x < y ? 1 : -(x > y);
}

static int add_rates(struct fl_metrics *m, const struct fl_snapshot *s)
{
	/* the length of the first interval is not known */
	double seconds = m->last_ns && s->end_ns > m->last_ns ? (s->end_ns - m->last_ns) / 1e9 : 1;
	double keep = m->limits.keep_ns / 1e9;

	m->last_ns = s->end_ns;
	m->changes += m->limits.files * seconds / keep;
	if (m->changes > m->limits.files)
		m->changes = m->limits.files;
	return fl_busiest_add(&m->busiest, s, seconds);
}

int fl_metrics_add(struct fl_metrics *m, const struct fl_snapshot *s)
{
	const struct fl_file_counts **busy;
	int bad = 0;

	for (size_t i = 0; i < s->nprobes && i < FL_METRIC_PROGRAMS; i++)
		m->misses[i] += s->probe[i].misses;
	for (int i = 0; i < FL_LOSSES; i++)
		m->loss[i] += s->loss[i];
	m->knows_takes = s->has_takes;
	m->knows_nature = !s->takes_only;
	if (forget(m, s->end_ns) || add_mounts(m, s) || add_rates(m, s))
		return -1;
	/* the busiest first, so that they get the series that are free */
	busy = calloc(s->nfiles + 1, sizeof(*busy));
	if (!busy)
		return -1;
	for (size_t i = 0; i < s->nfiles; i++)
		busy[i] = &s->file[i];
	qsort(busy, s->nfiles, sizeof(*busy), busier);
	for (size_t i = 0; i < s->nfiles; i++)
		bad |= add_file(m, s, busy[i]);
	free(busy);
	return bad;
}
