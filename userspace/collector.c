// SPDX-License-Identifier: GPL-2.0-only
#include "collector.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "evidence.h"
#include "kernel_btf.h"
#include "kernel_text.h"
#include "knownfiles.h"
#include "openfiles.h"
#include "takes.h"

#define DEFAULT_INODES 4096u
#define FOPEN_PARALLEL (1u << 6)
#define MAX_PROGS      FL_MAX_PROBES
/* Between two lists of all open files, beside five times what the last one took. */
#define LIST_PAUSE_NS 100000000ull
/* Hooks that the whole system pays for go away by themselves. */
#define GLOBAL_WINDOW_S 10.0
#define SEEN_MOUNTS	8192
/* What per-CPU counts may take of memory before fewer files are told apart. */
#define COUNTS_MEMORY (64u << 20)
#define HISTS_MEMORY  (32u << 20)

const char *const fl_evidence_names[] = {
	[FL_EVIDENCE_AUTO] = "auto",
	[FL_EVIDENCE_STATE] = "state",
	[FL_EVIDENCE_STATE_TP] = "state-tp",
	[FL_EVIDENCE_STATE_FENTRY] = "state-fentry",
	[FL_EVIDENCE_CALLSITE] = "callsite",
	[FL_EVIDENCE_GLOBAL] = "global",
	NULL,
};

int fl_evidence_from_name(const char *name)
{
	for (int i = 0; fl_evidence_names[i]; i++)
		if (!strcmp(fl_evidence_names[i], name))
			return i;
	return -1;
}

struct fl_collector {
	const struct fl_target *target;
	const struct fl_form *form;
	char why[256];
	struct bpf_object *obj;
	struct bpf_link *link[MAX_PROGS];
	struct fl_probe probe[MAX_PROGS];
	struct fl_takes *takes; /* callsite and global */
	enum fl_method takes_method;
	bool takes_only; /* no form of the state method works beside them */
	__u64 miss_base[MAX_PROGS];
	__u32 nslots, hist_slots;
	struct fl_slot *slot; /* mapped */
	size_t slots_len;
	int ncpus;
	__u64 start_ns, end_ns;
	bool other_namespaces; /* the target has mounts that ours lacks */
	struct fl_known_files known;
	__u64 window_ns;       /* of the global method; 0: none */
	int mountinfo;	       /* says when the mounts of this namespace changed */
	struct fl_mounts seen; /* FUSE mounts that were there at some time, the latest last */
	__u32 slots_seen;      /* claimed when the open files were last listed */
	__u64 listed_ns, list_took_ns;
};

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static struct bpf_object *open_form(const struct fl_form *form)
{
	size_t size;
	const void *elf = form->elf(&size);

	return fl_open_bpf(elf, size);
}

/*
 * Loads and attaches the whole form at once: where all of it works, which is the rule, nothing needs to
 * be tried one by one.
 */
static bool all_programs_work(const struct fl_form *form)
{
	struct bpf_object *obj = open_form(form);
	bool ok = obj && !bpf_object__load(obj);

	for (size_t i = 0; ok && i < form->nprogs; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj,
									    form->prog[i].name);
		struct bpf_link *link = prog && !fl_program_disabled(prog)
						? bpf_program__attach(prog)
						: NULL;

		ok = link;
		bpf_link__destroy(link);
	}
	bpf_object__close(obj);
	return ok;
}

/* Fills in which programs of the form can work. Returns 0 when all the required ones can. */
static int try_form(const struct fl_form *form, bool *available, struct fl_probe *probe,
		    struct fl_err *err)
{
	/* a refusal usually meets the first program already */
	int first = fl_try_program(form->elf, form->prog[0].name);
	bool all = !first && all_programs_work(form);

	for (size_t i = 0; i < form->nprogs; i++) {
		snprintf(probe[i].name, sizeof(probe[i].name), "%s", form->prog[i].name);
		probe[i].counts_writes = form->prog[i].counts_writes;
		if (first)
			snprintf(probe[i].why_not, sizeof(probe[i].why_not), "not tried");
	}
	for (size_t i = 0; i < form->nprogs; i++) {
		int e = all ? 0 : i ? fl_try_program(form->elf, form->prog[i].name) : first;

		available[i] = !e;
		if (!e)
			continue;
		snprintf(probe[i].why_not, sizeof(probe[i].why_not), "%s; not known: %s",
			 strerror(e), form->prog[i].costs);
		if (form->prog[i].required)
			return fl_errno(err, e, "%s: cannot attach %s", form->title,
					form->prog[i].name);
	}
	return 0;
}

struct choice {
	const struct fl_form *form;
	enum fl_evidence evidence;
};

/* In order of preference. */
static const struct choice choices[] = {
	{&fl_form_state_fentry, FL_EVIDENCE_STATE_FENTRY},
	{&fl_form_state_tp, FL_EVIDENCE_STATE_TP},
};

static bool counts_takes(enum fl_evidence e)
{
	return e == FL_EVIDENCE_CALLSITE || e == FL_EVIDENCE_GLOBAL;
}

static bool may_choose(enum fl_evidence wanted, const struct choice *c)
{
	if (wanted == FL_EVIDENCE_AUTO || wanted == FL_EVIDENCE_STATE || counts_takes(wanted))
		return c->evidence == FL_EVIDENCE_STATE_FENTRY ||
		       c->evidence == FL_EVIDENCE_STATE_TP;
	return wanted == c->evidence;
}

static int choose_form(struct fl_collector *c, enum fl_evidence wanted, bool *available,
		       struct fl_err *err)
{
	struct fl_err last = {};
	bool tried = false;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (!may_choose(wanted, &choices[i]))
			continue;
		memset(c->probe, 0, sizeof(c->probe));
		if (!try_form(choices[i].form, available, c->probe, &last)) {
			c->form = choices[i].form;
			if (tried)
				snprintf(c->why, sizeof(c->why), "%.200s", err->what);
			else
				snprintf(c->why, sizeof(c->why), "%s",
					 wanted == FL_EVIDENCE_AUTO ? "the first choice"
								    : "as asked");
			return 0;
		}
		*err = last;
		tried = true;
	}
	if (counts_takes(wanted)) {
		/* its tables, without any program of it */
		c->form = &fl_form_state_tp;
		c->takes_only = true;
		memset(available, 0, MAX_PROGS * sizeof(*available));
		snprintf(c->why, sizeof(c->why), "alone: %.200s", err->what);
		return 0;
	}
	if (!tried)
		return fl_err(err, "the %s method cannot count here", fl_evidence_names[wanted]);
	return fl_hint(err, "'fuselens doctor' says what this kernel allows and what is missing");
}

/* Whether the callsite method's programs load; the global ones are not tried unless asked for. */
static int try_callsite(struct fl_probe *probes, size_t *n, struct fl_err *err)
{
	const struct fl_target everything = {.kind = FL_TARGET_ALL};
	const struct fl_takes_opts opts = {.method = FL_METHOD_CALLSITE, .nslots = 64};
	struct fl_takes *takes = fl_takes_prepare(&everything, &opts, err);
	int ret = takes ? fl_takes_start(takes, err) : -1;

	*n = 0;
	if (!ret)
		*n = fl_takes_probes(takes, probes, FL_MAX_PROBES);
	fl_takes_finish(takes);
	return ret;
}

int fl_collector_try(enum fl_evidence evidence, struct fl_probe *probes, size_t *n,
		     struct fl_err *err)
{
	bool available[MAX_PROGS] = {};
	int ret;

	*n = 0;
	if (evidence == FL_EVIDENCE_CALLSITE)
		return try_callsite(probes, n, err);
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (choices[i].evidence != evidence)
			continue;
		memset(probes, 0, FL_MAX_PROBES * sizeof(*probes));
		ret = try_form(choices[i].form, available, probes, err);
		*n = choices[i].form->nprogs;
		for (size_t k = 0; k < *n; k++)
			probes[k].live = available[k];
		return ret;
	}
	return fl_err(err, "there is no such form");
}

static __u32 power_of_two_up(__u32 n)
{
	__u32 p = 64;

	while (p < n && p < 1u << 24)
		p *= 2;
	return p;
}

static void size_tables(struct fl_collector *c, const struct fl_collect_opts *opts)
{
	size_t per_file = sizeof(struct fl_slot_counts) * c->ncpus;

	c->nslots = power_of_two_up(opts->max_inodes ? opts->max_inodes : DEFAULT_INODES);
	while (!opts->max_inodes && c->nslots > 256 && c->nslots * per_file > COUNTS_MEMORY)
		c->nslots /= 2;
	per_file = sizeof(struct fl_slot_hists) * c->ncpus;
	c->hist_slots = 1;
	if (opts->hists && c->form->has_hists)
		for (c->hist_slots = c->nslots;
		     c->hist_slots > 64 && c->hist_slots * per_file > HISTS_MEMORY;)
			c->hist_slots /= 2;
}

static int set_max(struct bpf_object *obj, const char *name, __u32 n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, n) : 0;
}

static int configure(struct fl_collector *c, const struct fl_collect_opts *opts,
		     const bool *available, struct fl_err *err)
{
	int bad = 0;

	if (fl_set_target(c->obj, c->target, c->nslots, err))
		return -1;
	if (c->form->has_hists) {
		bool want = opts->hists;

		bad |= fl_set_rodata(c->obj, "want_hists", &want, sizeof(want));
		bad |= fl_set_rodata(c->obj, "hist_slots", &c->hist_slots, sizeof(c->hist_slots));
	}
	if (bad)
		return fl_err(err, "the BPF object and the collector do not fit together");
	if (set_max(c->obj, "slot_hists", c->hist_slots))
		return fl_errno(err, errno, "cannot size the tables");
	return c->form->configure ? c->form->configure(c->obj, available, err) : 0;
}

static int map_fd(const struct fl_collector *c, const char *name)
{
	return bpf_object__find_map_fd_by_name(c->obj, name);
}

/*
 * A mount that was found in this namespace is gone when it is gone from here, though copies of it may
 * linger in others.
 */
static int look_for_namespaces(struct fl_collector *c, struct fl_err *err)
{
	struct fl_mounts own = {};
	int ret = 0;

	c->other_namespaces = c->target->kind == FL_TARGET_ALL;
	if (!c->other_namespaces)
		ret = fl_mounts_read(&own, false, false, err);
	for (__u32 i = 0; !ret && i < c->target->ndevs; i++)
		c->other_namespaces |= !fl_mounts_by_dev(&own, c->target->dev[i]);
	fl_mounts_free(&own);
	return ret;
}

static int load(struct fl_collector *c, const struct fl_collect_opts *opts, const bool *available,
		struct fl_err *err)
{
	c->obj = open_form(c->form);
	if (!c->obj)
		return fl_errno(err, errno, "cannot open the BPF object");
	for (size_t i = 0; i < c->form->nprogs; i++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(c->obj, c->form->prog[i].name),
			available[i]);
	if (configure(c, opts, available, err))
		return -1;
	if (bpf_object__load(c->obj))
		return fl_errno(err, errno, "cannot load the programs of %s: %.300s",
				c->form->title, fl_bpf_log());
	c->slots_len = c->nslots * sizeof(struct fl_slot);
	c->slot = mmap(NULL, c->slots_len, PROT_READ, MAP_SHARED, map_fd(c, "slots"), 0);
	if (c->slot == MAP_FAILED) {
		c->slot = NULL;
		return fl_errno(err, errno, "cannot map the table of files");
	}
	return 0;
}

/* The takes' own programs, beside those that count writes. */
static int prepare_takes(struct fl_collector *c, const struct fl_collect_opts *opts,
			 struct fl_err *err)
{
	struct fl_takes_opts takes = {
		.method = opts->evidence == FL_EVIDENCE_CALLSITE ? FL_METHOD_CALLSITE
								 : FL_METHOD_GLOBAL,
		.nslots = c->nslots,
		.time_waits = opts->hists,
	};

	if (!counts_takes(opts->evidence))
		return 0;
	c->takes_method = takes.method;
	if (takes.method == FL_METHOD_GLOBAL)
		c->window_ns = (opts->window_s > 0 ? opts->window_s : GLOBAL_WINDOW_S) * 1e9;
	c->takes = fl_takes_prepare(c->target, &takes, err);
	return c->takes ? 0 : -1;
}

struct fl_collector *fl_collector_prepare(const struct fl_target *target,
					  const struct fl_collect_opts *opts, struct fl_err *err)
{
	struct fl_collector *c = calloc(1, sizeof(*c));
	struct fl_collect_opts chosen = *opts;
	bool available[MAX_PROGS] = {};
	struct fl_err ignored;

	if (!c) {
		fl_err(err, "out of memory");
		return NULL;
	}
	c->target = target;
	fl_kernel_callsites(&ignored); /* while we may still read it */
	c->mountinfo = -1;
	if (target->kind == FL_TARGET_ALL)
		c->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	c->ncpus = libbpf_num_possible_cpus();
	if (c->ncpus <= 0) {
		fl_err(err, "cannot tell the number of CPUs");
		goto fail;
	}
	if (look_for_namespaces(c, err))
		goto fail;
	if (choose_form(c, chosen.evidence, available, err)) {
		/* where even tracepoints are refused, kprobes may not be */
		if (chosen.evidence != FL_EVIDENCE_AUTO || !fl_kernel_callsites(&ignored))
			goto fail;
		chosen.evidence = FL_EVIDENCE_CALLSITE;
		if (choose_form(c, chosen.evidence, available, err))
			goto fail;
	}
	size_tables(c, &chosen);
	if (load(c, &chosen, available, err) || prepare_takes(c, &chosen, err))
		goto fail;
	return c;
fail:
	fl_collector_finish(c);
	return NULL;
}

static __u64 misses_of(const struct fl_collector *c, size_t index)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(c->obj,
								    c->form->prog[index].name);
	return fl_prog_misses(prog);
}

int fl_collector_start(struct fl_collector *c, struct fl_err *err)
{
	for (size_t i = 0; i < c->form->nprogs; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(c->obj,
									    c->form->prog[i].name);

		if (!prog || !bpf_program__autoload(prog))
			continue;
		c->miss_base[i] = misses_of(c, i);
		c->link[i] = bpf_program__attach(prog);
		c->probe[i].live = c->link[i];
		if (c->link[i])
			continue;
		if (c->form->prog[i].required) {
			fl_errno(err, errno, "cannot attach %s", c->form->prog[i].name);
			fl_collector_stop(c);
			return -1;
		}
		snprintf(c->probe[i].why_not, sizeof(c->probe[i].why_not), "%s", strerror(errno));
	}
	if (c->takes && fl_takes_start(c->takes, err)) {
		fl_collector_stop(c);
		return -1;
	}
	c->start_ns = now_ns();
	c->end_ns = 0;
	fl_collector_poll(c);
	return 0;
}

void fl_collector_stop(struct fl_collector *c)
{
	if (!c->end_ns)
		c->end_ns = now_ns();
	if (c->takes)
		fl_takes_stop(c->takes);
	for (size_t i = 0; i < c->form->nprogs; i++) {
		/* losses are gone with the program's last reference, so they are read first */
		if (c->link[i])
			c->probe[i].misses = misses_of(c, i) - c->miss_base[i];
		bpf_link__destroy(c->link[i]);
		c->link[i] = NULL;
	}
}

static __u32 slots_claimed(const struct fl_collector *c)
{
	__u32 n = 0;

	for (__u32 i = 1; i < c->nslots; i++)
		n += c->slot[i].key != 0;
	return n;
}

/* A mount may come, be written and go between two readings: its name is remembered. */
static void remember_mounts(struct fl_collector *c)
{
	struct pollfd p = {.fd = c->mountinfo, .events = POLLPRI};
	struct fl_err ignored;

	if (c->mountinfo < 0 || poll(&p, 1, 0) <= 0)
		return;
	if (c->seen.n > SEEN_MOUNTS)
		fl_mounts_free(&c->seen);
	fl_mounts_read(&c->seen, false, false, &ignored);
}

void fl_collector_poll(struct fl_collector *c)
{
	struct fl_open_files files = {};
	struct fl_err ignored;
	__u32 claimed = slots_claimed(c);
	__u64 began;

	if (c->window_ns && !c->end_ns && now_ns() - c->start_ns >= c->window_ns) {
		size_t used = strlen(c->why);

		fl_collector_stop(c);
		snprintf(c->why + used, sizeof(c->why) - used,
			 "; counting stopped by itself after %.3g s", c->window_ns / 1e9);
	}
	remember_mounts(c);
	if (c->listed_ns && claimed == c->slots_seen)
		return;
	/* a stream of new files must not turn into a stream of walks over every task */
	began = now_ns();
	if (c->listed_ns && began - c->listed_ns < LIST_PAUSE_NS + 5 * c->list_took_ns)
		return;
	if (!fl_open_files_read(&files, &ignored))
		fl_known_files_merge(&c->known, &files, c->target->dev, c->target->ndevs);
	fl_open_files_free(&files);
	c->slots_seen = claimed;
	c->listed_ns = now_ns();
	c->list_took_ns = c->listed_ns - began;
}

static int read_counts(struct fl_collector *c, __u32 idx, struct fl_slot_counts *percpu,
		       struct fl_slot_counts *sum)
{
	__u64 *total = (__u64 *)sum;

	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(map_fd(c, "slot_counts"), &idx, percpu))
		return -1;
	for (int cpu = 0; cpu < c->ncpus; cpu++) {
		const __u64 *one = (const __u64 *)&percpu[cpu];

		for (size_t i = 0; i < sizeof(*sum) / sizeof(__u64); i++)
			total[i] += one[i];
	}
	return 0;
}

/* Times are kept for as many slots as memory allows; those of the others are with slot 0's. */
static struct fl_slot_hists *read_hists(struct fl_collector *c, __u32 idx)
{
	struct fl_slot_hists *percpu = calloc(c->ncpus, sizeof(*percpu));
	struct fl_slot_hists *sum = calloc(1, sizeof(*sum));
	__u64 *total = (__u64 *)sum;

	if (!percpu || !sum || bpf_map_lookup_elem(map_fd(c, "slot_hists"), &idx, percpu)) {
		free(percpu);
		free(sum);
		return NULL;
	}
	for (int cpu = 0; cpu < c->ncpus; cpu++) {
		const __u64 *one = (const __u64 *)&percpu[cpu];

		for (size_t i = 0; i < sizeof(*sum) / sizeof(__u64); i++)
			total[i] += one[i];
	}
	free(percpu);
	return sum;
}

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

	if (!bpf_map_lookup_elem(map_fd(c, "asked"), &key, &asked)) {
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

/* The counts of one slot as a file of the snapshot. 1: there are any, 0: there are none. */
static int read_file(struct fl_collector *c, __u32 i, struct fl_slot_counts *percpu,
		     struct fl_file_counts *f, struct fl_err *err)
{
	const struct fl_slot *slot = &c->slot[i];
	struct fl_slot_counts sum;

	if (read_counts(c, i, percpu, &sum))
		return fl_errno(err, errno, "cannot read the counts");
	if (!i && all_zero(&sum, sizeof(sum)))
		return 0;
	memset(f, 0, sizeof(*f));
	f->slot = i;
	f->is_other = !i;
	f->dev = slot->dev;
	f->ino = slot->ino;
	f->nodeid = slot->nodeid;
	f->route = slot->route;
	if (!i) {
		f->route = FL_ROUTE_OTHER;
		f->dev = c->target->ndevs == 1 ? c->target->dev[0] : 0;
	}
	if (i && slot->name_len)
		f->name = strndup(slot->name, sizeof(slot->name));
	memcpy(f->cell, sum.cell, sizeof(f->cell));
	memcpy(f->counter, sum.counter, sizeof(f->counter));
	if (c->form->has_hists && i < c->hist_slots)
		f->hists = read_hists(c, i);
	if (i)
		add_flag_knowledge(c, slot, f);
	return 1;
}

/* Slots that are claimed, in order, after slot 0. Those that are claimed meanwhile fall to the next reading. */
static __u32 *claimed_slots(const struct fl_collector *c, __u32 *n)
{
	__u32 *list = malloc(c->nslots * sizeof(*list));

	*n = 0;
	if (!list)
		return NULL;
	list[(*n)++] = 0;
	/* the key comes first, then the device: see slot_of() */
	for (__u32 i = 1; i < c->nslots; i++)
		if (c->slot[i].key && c->slot[i].dev)
			list[(*n)++] = i;
	return list;
}

static int read_files(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_slot_counts *percpu = calloc(c->ncpus, sizeof(*percpu));
	__u32 n = 0, *list = claimed_slots(c, &n);
	int got = 0;

	s->capacity = c->nslots - 1;
	s->file = calloc(n + 1, sizeof(*s->file));
	if (!percpu || !list || !s->file)
		got = fl_err(err, "out of memory");
	for (__u32 i = 0; i < n && got >= 0; i++) {
		got = read_file(c, list[i], percpu, &s->file[s->nfiles], err);
		s->nfiles += got > 0;
	}
	free(percpu);
	free(list);
	return got < 0 ? -1 : 0;
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
	if (!bpf_map_lookup_elem(map_fd(c, "mounts"), &dev, percpu))
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
	int bad = 0, fd = map_fd(c, "mounts");

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
	struct fl_losses *percpu = calloc(c->ncpus, sizeof(*percpu));
	__u32 zero = 0;

	if (percpu && !bpf_map_lookup_elem(map_fd(c, "losses"), &zero, percpu))
		for (int cpu = 0; cpu < c->ncpus; cpu++)
			for (int i = 0; i < FL_LOSSES; i++)
				s->loss[i] += percpu[cpu].count[i];
	free(percpu);
}

int fl_collector_read(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_err ignored;
	struct utsname u;

	memset(s, 0, sizeof(*s));
	if (!uname(&u))
		snprintf(s->kernel, sizeof(s->kernel), "%s", u.release);
	s->writes_method = c->form->method;
	s->method = c->takes ? c->takes_method : c->form->method;
	s->takes_only = c->takes_only;
	snprintf(s->method_why, sizeof(s->method_why), "%s", c->why);
	s->start_ns = c->start_ns;
	s->end_ns = c->end_ns ? c->end_ns : now_ns();
	fl_kernel_can(s->can);
	snprintf(s->variant, sizeof(s->variant), "%s",
		 fl_variant_name(fl_kernel_callsites(&ignored)));
	s->probe = calloc(c->form->nprogs, sizeof(*s->probe));
	if (!s->probe)
		return fl_err(err, "out of memory");
	for (size_t i = 0; i < c->form->nprogs && !c->takes_only; i++) {
		s->probe[i] = c->probe[i];
		if (c->link[i])
			s->probe[i].misses = misses_of(c, i) - c->miss_base[i];
	}
	s->nprobes = c->takes_only ? 0 : c->form->nprogs;
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

void fl_collector_sample(struct fl_collector *c, struct fl_sample *sample)
{
	struct fl_slot_counts *percpu = calloc(c->ncpus, sizeof(*percpu)), sum;

	memset(sample, 0, sizeof(*sample));
	if (c->takes_only)
		fl_takes_sample(c->takes, &sample->writes, &sample->exclusive, &sample->shared);
	for (__u32 i = 0; percpu && i < c->nslots; i++) {
		if ((i && !c->slot[i].key) || read_counts(c, i, percpu, &sum))
			continue;
		for (int take = 0; take < FL_TAKES; take++) {
			for (int nature = 0; nature < FL_NATURES; nature++) {
				__u64 n = sum.cell[take][nature];

				sample->writes += n;
				if (take == FL_TAKE_SHARED)
					sample->shared += n;
				else if (take != FL_TAKE_UNKNOWN)
					sample->exclusive += n;
			}
		}
	}
	free(percpu);
	sample->has_fi_lock = c->takes;
	if (c->takes)
		sample->fi_lock = fl_takes_of(c->takes, FL_SITE_FI_LOCK);
	sample->t_ns = now_ns();
}

__u64 fl_collector_writes(struct fl_collector *c)
{
	struct fl_sample sample;

	fl_collector_sample(c, &sample);
	return sample.writes;
}

void fl_collector_finish(struct fl_collector *c)
{
	if (!c)
		return;
	if (c->form && c->obj)
		fl_collector_stop(c);
	fl_takes_finish(c->takes);
	if (c->slot)
		munmap(c->slot, c->slots_len);
	bpf_object__close(c->obj);
	fl_known_files_free(&c->known);
	fl_mounts_free(&c->seen);
	if (c->mountinfo >= 0)
		close(c->mountinfo);
	free(c);
}
