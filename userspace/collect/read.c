// SPDX-License-Identifier: GPL-2.0-only
/* From the BPF tables to a snapshot. */
#include "collect/collector_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>

#include "kernel/kcore.h"

#define FOPEN_PARALLEL (1u << 6)
/* Ids of files in snapshots: 0, then the sums of what was forgotten, then claims. */
#define FIRST_CLAIM (2 * FL_FORGOTTEN_MAX)

static bool all_zero(const void *p, size_t len)
{
	const char *s = p;

	return !len || (!s[0] && !memcmp(s, s + 1, len - 1));
}

static void add_flag_knowledge(struct fl_collector *c, const struct fl_slot *slot,
			       struct fl_file_counts *f)
{
	struct fl_asked_key key = {.nodeid = f->nodeid, .dev = f->dev};
	const struct fl_known_file *k = fl_known_files_find(&c->known, f->dev, f->ino);
	struct fl_asked asked;

	if (!bpf_map_lookup_elem(fl_collector_map(c, "asked"), &key, &asked)) {
		f->flag.opens_seen = asked.opens;
		f->flag.opens_asked = asked.opens_with_parallel;
	}
	if (slot->open_flags_known && slot->open_flags & FOPEN_PARALLEL)
		f->flag.effective_set = 1;
	else if (slot->open_flags_known)
		f->flag.effective_unset = 1;
	if (!k)
		return;
	/* a listing tells more than the first writer's descriptor, where it saw any */
	if (!k->effective_set && !k->effective_unset)
		return;
	f->flag.effective_set = k->effective_set;
	f->flag.effective_unset = k->effective_unset;
	if (k->path)
		f->path = strdup(k->path);
}

static int read_values(struct fl_percpu_values *v, __u32 slot, bool take, void *sum)
{
	return take ? fl_percpu_values_take(v, slot, sum) : fl_percpu_values_read(v, slot, sum);
}

/* Times are kept for as many slots as memory allows; those of the others are with slot 0's. */
static int read_hists(struct fl_collector *c, __u32 slot, bool take, struct fl_file_counts *f)
{
	if (!c->timed_in || slot >= c->hist_slots)
		return 0;
	f->hists = malloc(sizeof(*f->hists));
	if (f->hists && !read_values(&c->hists, slot, take, f->hists))
		return 0;
	free(f->hists);
	f->hists = NULL;
	return -1;
}

static int read_slot(struct fl_collector *c, __u32 slot, bool take, struct fl_file_counts *f)
{
	struct fl_slot_counts sum;

	memset(f, 0, sizeof(*f));
	if (read_values(&c->counts, slot, take, &sum))
		return -1;
	memcpy(f->cell, sum.cell, sizeof(f->cell));
	memcpy(f->counter, sum.counter, sizeof(f->counter));
	/* counts that were taken must not be lost for want of memory for their times */
	return read_hists(c, slot, take, f) && !take ? -1 : 0;
}

int fl_collector_read_claim(struct fl_collector *c, const struct fl_claim *claim, bool take,
			    struct fl_file_counts *f)
{
	const struct fl_slot *slot = &c->table.slot[claim->slot];

	if (read_slot(c, claim->slot, take, f))
		return -1;
	f->slot = FIRST_CLAIM + claim->id;
	f->dev = slot->dev;
	f->ino = slot->ino;
	f->nodeid = slot->nodeid;
	f->route = slot->route;
	if (slot->name_len)
		f->name = strndup(slot->name, sizeof(slot->name));
	add_flag_knowledge(c, slot, f);
	return 0;
}

/* What found no slot. 1: there is something, 0: there is nothing, -1: errno is set. */
static int read_other(struct fl_collector *c, struct fl_file_counts *f)
{
	if (read_slot(c, 0, false, f))
		return -1;
	if (all_zero(f->cell, sizeof(f->cell)) && all_zero(f->counter, sizeof(f->counter)) &&
	    (!f->hists || all_zero(f->hists, sizeof(*f->hists)))) {
		free(f->hists);
		f->hists = NULL;
		return 0;
	}
	f->is_other = true;
	f->route = FL_ROUTE_OTHER;
	f->dev = c->target->ndevs == 1 ? c->target->dev[0] : 0;
	return 1;
}

static int read_files(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	int got;

	if (fl_slot_table_update(&c->table))
		return fl_err(err, "out of memory");
	s->capacity = c->table.nslots - 1;
	s->timed_in = c->timed_in;
	s->file = calloc(1 + c->forgotten.n + c->table.nclaims, sizeof(*s->file));
	if (!s->file)
		return fl_err(err, "out of memory");
	got = read_other(c, &s->file[0]);
	if (got < 0)
		return fl_errno(err, errno, "cannot read the counts");
	s->nfiles = got;
	if (fl_forgotten_copy(&c->forgotten, s->file, &s->nfiles))
		return fl_err(err, "out of memory");
	for (size_t i = 0; i < c->table.nclaims; i++) {
		if (fl_collector_read_claim(c, &c->table.claim[i], false, &s->file[s->nfiles]))
			return fl_errno(err, errno, "cannot read the counts");
		s->nfiles++;
	}
	return 0;
}

static __u64 all_counted(const struct fl_slot_counts *sum)
{
	const __u64 *word = (const __u64 *)sum;
	__u64 n = 0;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(__u64); i++)
		n += word[i];
	return n;
}

/* Whether nobody has written the file since the last look at it. */
static bool is_idle(struct fl_collector *c, struct fl_claim *claim)
{
	struct fl_slot_counts sum;
	__u64 before = claim->counted;
	bool looked_at = claim->looked_at;

	if (fl_percpu_values_read(&c->counts, claim->slot, &sum))
		return false;
	claim->counted = all_counted(&sum);
	claim->looked_at = true;
	return looked_at && claim->counted == before;
}

void fl_collector_forget(struct fl_collector *c)
{
	struct fl_file_counts f;
	__u64 now;

	/* the takes' own table has no such thing: a file must not be half forgotten */
	if (!c->forget_after_ns || c->takes || c->end_ns)
		return;
	now = fl_now_ns();
	if (now - c->forget_looked_ns < c->forget_after_ns)
		return;
	c->forget_looked_ns = now;
	if (fl_slot_table_update(&c->table) || c->table.nclaims < c->table.nslots / 2)
		return;
	for (size_t i = c->table.nclaims; i-- > 0;) {
		if (!is_idle(c, &c->table.claim[i]) || fl_forgotten_reserve(&c->forgotten) ||
		    fl_collector_read_claim(c, &c->table.claim[i], true, &f))
			continue;
		fl_forgotten_add(&c->forgotten, &f);
		fl_slot_table_release(&c->table, i);
		free(f.name);
		free(f.path);
		free(f.hists);
	}
}

static int read_mount(struct fl_collector *c, __u32 dev, const struct fl_mounts *mounts,
		      struct fl_mount_snapshot *m)
{
	const struct fl_mount *info = fl_mounts_by_dev(mounts, dev);
	struct fl_mount_counts *percpu = calloc(c->ncpus, sizeof(*percpu));

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	m->present = info;
	/* a mount that went away is still reported under its name */
	if (!info)
		info = fl_mounts_by_dev_last(&c->seen, dev);
	if (!info)
		info = fl_mounts_by_dev(&c->target->mounts, dev);
	if (info) {
		m->path = strdup(info->path);
		m->fstype = strdup(info->fstype);
		m->source = strdup(info->source);
	}
	if (!percpu)
		return -1;
	if (!bpf_map_lookup_elem(fl_collector_map(c, "mounts"), &dev, percpu))
		for (int cpu = 0; cpu < c->ncpus; cpu++)
			for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
				m->counter[i] += percpu[cpu].counter[i];
	free(percpu);
	return 0;
}

static bool has_mount(const struct fl_snapshot *s, __u32 dev)
{
	for (size_t i = 0; i < s->nmounts; i++)
		if (s->mount[i].dev == dev)
			return true;
	return false;
}

static int add_mount(struct fl_collector *c, struct fl_snapshot *s, __u32 dev,
		     const struct fl_mounts *mounts)
{
	struct fl_mount_snapshot *grown;

	if (!dev || has_mount(s, dev))
		return 0;
	grown = realloc(s->mount, (s->nmounts + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	s->mount = grown;
	return read_mount(c, dev, mounts, &s->mount[s->nmounts++]);
}

/* Every mount of the target, every one a file was written on, every one that sent requests. */
static int read_mounts(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_mounts now = {};
	__u32 dev, *prev = NULL;
	int bad = 0, fd = fl_collector_map(c, "mounts");

	bad = fl_mounts_read(&now, c->other_namespaces, false, err);
	if (bad) {
		fl_mounts_free(&now);
		return -1;
	}
	for (__u32 i = 0; i < c->target->ndevs; i++)
		bad |= add_mount(c, s, c->target->dev[i], &now);
	/* idle ones too: a mount that comes or goes is told from one that does nothing */
	for (size_t i = 0; c->target->kind == FL_TARGET_ALL && i < now.n; i++)
		bad |= add_mount(c, s, now.mount[i].dev, &now);
	for (size_t i = 0; i < s->nfiles; i++)
		bad |= add_mount(c, s, s->file[i].dev, &now);
	while (fd >= 0 && !bpf_map_get_next_key(fd, prev, &dev)) {
		bad |= add_mount(c, s, dev, &now);
		prev = &dev;
	}
	fl_mounts_free(&now);
	return bad ? fl_err(err, "out of memory") : 0;
}

static void read_losses(struct fl_collector *c, struct fl_snapshot *s)
{
	struct fl_losses sum;

	if (!fl_percpu_values_read(&c->losses, 0, &sum))
		memcpy(s->loss, sum.count, sizeof(s->loss));
}

int fl_collector_read(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_err ignored;
	struct utsname u;

	memset(s, 0, sizeof(*s));
	if (!uname(&u))
		snprintf(s->kernel, sizeof(s->kernel), "%s", u.release);
	s->writes_method = c->choice.form->method;
	s->method = c->takes ? c->takes_method : c->choice.form->method;
	s->takes_only = c->choice.takes_only;
	/* tracepoints see no write's end, so nothing tells a write that failed from one under way */
	s->has_unfinished = c->gate && !c->choice.takes_only &&
			    (c->choice.form->sees_entry || c->takes_method == FL_METHOD_GLOBAL);
	if (s->has_unfinished)
		s->unfinished = c->end_ns ? c->unfinished : fl_gate_inside(c->gate);
	snprintf(s->method_why, sizeof(s->method_why), "%s", c->choice.why);
	s->start_ns = c->start_ns;
	s->end_ns = c->end_ns ? c->end_ns : fl_now_ns();
	fl_kernel_can(s->can);
	snprintf(s->variant, sizeof(s->variant), "%s",
		 fl_variant_name(fl_kernel_callsites(&ignored)));
	s->probe = calloc(c->choice.form->nprogs, sizeof(*s->probe));
	if (!s->probe)
		return fl_err(err, "out of memory");
	for (size_t i = 0; i < c->choice.form->nprogs && !c->choice.takes_only; i++) {
		s->probe[i] = c->choice.probe[i];
		if (c->link[i])
			s->probe[i].misses = fl_collector_misses(c, i);
	}
	s->nprobes = c->choice.takes_only ? 0 : c->choice.form->nprogs;
	read_losses(c, s);
	if (read_files(c, s, err) || (c->takes && fl_takes_read(c->takes, s, err)) ||
	    read_mounts(c, s, err)) {
		fl_snapshot_free(s);
		return -1;
	}
	if (s->takes_only)
		fl_writes_from_takes(s);
	return 0;
}

static void add_to_sample(struct fl_sample *sample, const __u64 cell[FL_TAKES][FL_NATURES])
{
	for (int take = 0; take < FL_TAKES; take++) {
		for (int nature = 0; nature < FL_NATURES; nature++) {
			__u64 n = cell[take][nature];

			sample->writes += n;
			if (take == FL_TAKE_SHARED)
				sample->shared += n;
			else if (take != FL_TAKE_UNKNOWN)
				sample->exclusive += n;
		}
	}
}

void fl_collector_sample(struct fl_collector *c, struct fl_sample *sample)
{
	struct fl_slot_counts sum;

	memset(sample, 0, sizeof(*sample));
	if (c->choice.takes_only)
		fl_takes_sample(c->takes, &sample->writes, &sample->exclusive, &sample->shared);
	/* out of memory, new claims are read next time */
	fl_slot_table_update(&c->table);
	for (size_t i = 0; i <= c->table.nclaims; i++)
		if (!fl_percpu_values_read(&c->counts, i ? c->table.claim[i - 1].slot : 0, &sum))
			add_to_sample(sample, sum.cell);
	for (size_t i = 0; i < c->forgotten.n; i++)
		add_to_sample(sample, c->forgotten.sum[i].cell);
	sample->has_fi_lock = c->takes;
	if (c->takes)
		sample->fi_lock = fl_takes_of(c->takes, FL_SITE_FI_LOCK);
	sample->t_ns = fl_now_ns();
}

__u64 fl_collector_writes(struct fl_collector *c)
{
	struct fl_sample sample;

	fl_collector_sample(c, &sample);
	return sample.writes;
}
