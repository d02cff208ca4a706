// SPDX-License-Identifier: GPL-2.0-only
/* The collector's five calls. What they read is in collector_read.c. */
#include "collect/collector_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kcore.h"
#include "openfiles/openfiles.h"

#define DEFAULT_INODES 4096u
/* Between two lists of all open files, beside five times what the last one took. */
#define LIST_PAUSE_NS 100000000ull
/* Hooks that the whole system pays for go away by themselves. */
#define GLOBAL_WINDOW_S 10.0
#define SEEN_MOUNTS	8192
/* For writes that are under way when the gate has closed. */
#define GATE_WAIT_NS 1000000000ull
/* What per-CPU counts may take of memory before fewer files are told apart. */
#define COUNTS_MEMORY (64u << 20)
#define HISTS_MEMORY  (32u << 20)

static __u32 power_of_two_up(__u32 n)
{
	__u32 p = 64;

	while (p < n && p < 1u << 24)
		p *= 2;
	return p;
}

/* Returns the number of slots. */
static __u32 size_tables(struct fl_collector *c, const struct fl_collect_opts *opts)
{
	size_t per_file = sizeof(struct fl_slot_counts) * c->ncpus;
	__u32 nslots = power_of_two_up(opts->max_inodes ? opts->max_inodes : DEFAULT_INODES);

	while (!opts->max_inodes && nslots > 256 && nslots * per_file > COUNTS_MEMORY)
		nslots /= 2;
	per_file = sizeof(struct fl_slot_hists) * c->ncpus;
	c->hist_slots = 1;
	c->timed_in = c->choice.form->has_hists ? opts->timed_in : 0;
	if (c->timed_in)
		for (c->hist_slots = nslots;
		     c->hist_slots > 64 && c->hist_slots * per_file > HISTS_MEMORY;)
			c->hist_slots /= 2;
	return nslots;
}

static int set_max(struct bpf_object *obj, const char *name, __u32 n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, n) : 0;
}

static int configure(struct fl_collector *c, const struct fl_collect_opts *opts, __u32 nslots,
		     struct fl_err *err)
{
	int bad = 0;

	if (fl_set_target(c->obj, c->target, nslots, fl_evidence_counts_takes(opts->evidence), err))
		return -1;
	if (c->choice.form->has_hists) {
		bad |= fl_set_rodata(c->obj, "timed_in", &c->timed_in, sizeof(c->timed_in));
		bad |= fl_set_rodata(c->obj, "hist_slots", &c->hist_slots, sizeof(c->hist_slots));
	}
	if (bad)
		return fl_err(err, "the BPF object and the collector do not fit together");
	if (set_max(c->obj, "slot_hists", c->hist_slots))
		return fl_errno(err, errno, "cannot size the tables");
	return c->choice.form->configure
		       ? c->choice.form->configure(c->obj, c->choice.available, err)
		       : 0;
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

static int open_tables(struct fl_collector *c, __u32 nslots, struct fl_err *err)
{
	if (fl_slot_table_open(&c->table, c->obj, nslots, err))
		return -1;
	if (fl_percpu_values_init(&c->counts, fl_collector_map(c, "slot_counts"),
				  sizeof(struct fl_slot_counts), c->ncpus, nslots) ||
	    fl_percpu_values_init(&c->losses, fl_collector_map(c, "losses"),
				  sizeof(struct fl_losses), c->ncpus, 1) ||
	    fl_percpu_values_init(&c->hists, fl_collector_map(c, "slot_hists"),
				  sizeof(struct fl_slot_hists), c->ncpus, c->hist_slots))
		return fl_err(err, "out of memory");
	return 0;
}

static int load(struct fl_collector *c, const struct fl_collect_opts *opts, __u32 nslots,
		struct fl_err *err)
{
	const struct fl_form *form = c->choice.form;

	c->obj = fl_form_open(form);
	if (!c->obj)
		return fl_errno(err, errno, "cannot open the BPF object");
	for (size_t i = 0; i < form->nprogs; i++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(c->obj, form->prog[i].name),
			c->choice.available[i]);
	if (configure(c, opts, nslots, err))
		return -1;
	if (bpf_object__load(c->obj))
		return fl_errno(err, errno, "cannot load the programs of %s: %.300s", form->title,
				fl_bpf_log());
	return open_tables(c, nslots, err);
}

/* The takes' own programs, beside those that count writes. */
static int prepare_takes(struct fl_collector *c, const struct fl_collect_opts *opts,
			 struct fl_err *err)
{
	struct fl_takes_opts takes = {
		.method = opts->evidence == FL_EVIDENCE_CALLSITE ? FL_METHOD_CALLSITE
								 : FL_METHOD_GLOBAL,
		.nslots = c->table.nslots,
		.time_waits = opts->timed_in > 0,
		.gate_fd = fl_collector_map(c, "gate"),
		.writes_come_marked = c->choice.form->sees_entry && !c->choice.takes_only,
	};

	if (!fl_evidence_counts_takes(opts->evidence))
		return 0;
	c->takes_method = takes.method;
	if (takes.method == FL_METHOD_GLOBAL)
		c->window_ns = (opts->window_s > 0 ? opts->window_s : GLOBAL_WINDOW_S) * 1e9;
	c->gate = fl_gate_map(c->obj, err);
	if (c->gate)
		c->takes = fl_takes_prepare(c->target, &takes, err);
	return c->takes ? 0 : -1;
}

struct fl_collector *fl_collector_prepare(const struct fl_target *target,
					  const struct fl_collect_opts *opts, struct fl_err *err)
{
	struct fl_collector *c = calloc(1, sizeof(*c));
	struct fl_collect_opts chosen = *opts;
	struct fl_err ignored;

	if (!c) {
		fl_err(err, "out of memory");
		return NULL;
	}
	c->target = target;
	fl_kernel_callsites(&ignored); /* while we may still read it */
	c->mountinfo = -1;
	c->forget_after_ns = opts->forget_s * 1e9;
	if (target->kind == FL_TARGET_ALL)
		c->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	c->ncpus = libbpf_num_possible_cpus();
	if (c->ncpus <= 0) {
		fl_err(err, "cannot tell the number of CPUs");
		goto fail;
	}
	if (look_for_namespaces(c, err))
		goto fail;
	if (fl_evidence_choose(&c->choice, chosen.evidence, err)) {
		/* where even tracepoints are refused, kprobes may not be */
		if (chosen.evidence != FL_EVIDENCE_AUTO || !fl_kernel_callsites(&ignored))
			goto fail;
		chosen.evidence = FL_EVIDENCE_CALLSITE;
		if (fl_evidence_choose(&c->choice, chosen.evidence, err))
			goto fail;
	}
	if (load(c, &chosen, size_tables(c, &chosen), err) || prepare_takes(c, &chosen, err))
		goto fail;
	return c;
fail:
	fl_collector_finish(c);
	return NULL;
}

__u64 fl_collector_misses(const struct fl_collector *c, size_t index)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(c->obj, c->choice.form->prog[index].name);
	return fl_prog_misses(prog) - c->miss_base[index];
}

/* All programs are attached: from here on they count, and what they missed is a loss. */
static void open_gate(struct fl_collector *c)
{
	if (!c->gate)
		return;
	for (size_t i = 0; i < c->choice.form->nprogs; i++)
		if (c->link[i])
			c->miss_base[i] += fl_collector_misses(c, i);
	fl_takes_begin(c->takes);
	fl_gate_open(c->gate);
}

static void read_misses(struct fl_collector *c)
{
	for (size_t i = 0; i < c->choice.form->nprogs; i++)
		if (c->link[i])
			c->choice.probe[i].misses = fl_collector_misses(c, i);
}

static void close_gate(struct fl_collector *c)
{
	if (!c->gate)
		return;
	fl_gate_close(c->gate);
	c->end_ns = fl_now_ns();
	/* where nothing counts writes, nothing says that one was counted */
	if (!c->choice.takes_only)
		c->unfinished = fl_gate_wait(c->gate, GATE_WAIT_NS);
	/* what is missed while dozens of probes go out would not have been counted */
	read_misses(c);
}

int fl_collector_start(struct fl_collector *c, struct fl_err *err)
{
	bool opens_watched = false;

	/* from the last to the first: the ends of writes before their beginnings */
	for (size_t i = c->choice.form->nprogs; i-- > 0;) {
		struct bpf_program *prog =
			bpf_object__find_program_by_name(c->obj, c->choice.form->prog[i].name);

		if (!prog || !bpf_program__autoload(prog))
			continue;
		c->miss_base[i] = fl_prog_misses(prog);
		c->link[i] = bpf_program__attach(prog);
		c->choice.probe[i].live = c->link[i];
		opens_watched |= c->link[i] && !strcmp(c->choice.form->prog[i].name, "request_end");
		if (c->link[i])
			continue;
		if (c->choice.form->prog[i].required) {
			fl_errno(err, errno, "cannot attach %s", c->choice.form->prog[i].name);
			fl_collector_stop(c);
			return -1;
		}
		snprintf(c->choice.probe[i].why_not, sizeof(c->choice.probe[i].why_not), "%s",
			 strerror(errno));
	}
	if (c->takes && fl_takes_start(c->takes, err)) {
		fl_collector_stop(c);
		return -1;
	}
	if (opens_watched)
		fl_slot_table_opens_are_watched(&c->table);
	open_gate(c);
	c->start_ns = fl_now_ns();
	c->end_ns = 0;
	fl_collector_poll(c);
	return 0;
}

void fl_collector_stop(struct fl_collector *c)
{
	if (!c->end_ns) {
		c->end_ns = fl_now_ns();
		close_gate(c);
	}
	if (c->takes)
		fl_takes_stop(c->takes);
	/* losses are gone with the program's last reference, so they are read first */
	if (!c->gate)
		read_misses(c);
	for (size_t i = 0; i < c->choice.form->nprogs; i++) {
		bpf_link__destroy(c->link[i]);
		c->link[i] = NULL;
	}
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

static void end_window(struct fl_collector *c)
{
	size_t used = strlen(c->choice.why);

	if (!c->window_ns || c->end_ns || fl_now_ns() - c->start_ns < c->window_ns)
		return;
	fl_collector_stop(c);
	c->window_over = true;
	snprintf(c->choice.why + used, sizeof(c->choice.why) - used,
		 "; counting stopped by itself after %.3g s", c->window_ns / 1e9);
}

/* Once after each claim, while the file is likely still open. */
static void list_open_files(struct fl_collector *c)
{
	struct fl_open_files files = {};
	struct fl_err ignored;
	__u32 claims = fl_slot_table_claims_made(&c->table);
	__u64 began;

	if (c->listed_ns && claims == c->claims_seen)
		return;
	/* a stream of new files must not turn into a stream of walks over every task */
	began = fl_now_ns();
	if (c->listed_ns && began - c->listed_ns < LIST_PAUSE_NS + 5 * c->list_took_ns)
		return;
	if (!fl_open_files_read(&files, &ignored))
		fl_known_files_merge(&c->known, &files, c->target->dev, c->target->ndevs);
	fl_open_files_free(&files);
	c->claims_seen = claims;
	c->listed_ns = fl_now_ns();
	c->list_took_ns = c->listed_ns - began;
}

void fl_collector_poll(struct fl_collector *c)
{
	end_window(c);
	remember_mounts(c);
	list_open_files(c);
	fl_collector_forget(c);
}

bool fl_collector_stopped_itself(const struct fl_collector *c)
{
	return c->window_over;
}

void fl_collector_finish(struct fl_collector *c)
{
	if (!c)
		return;
	if (c->obj)
		fl_collector_stop(c);
	fl_takes_finish(c->takes);
	fl_gate_unmap(c->gate);
	fl_slot_table_close(&c->table);
	fl_percpu_values_free(&c->counts);
	fl_percpu_values_free(&c->hists);
	fl_percpu_values_free(&c->losses);
	bpf_object__close(c->obj);
	fl_known_files_free(&c->known);
	fl_forgotten_free(&c->forgotten);
	fl_mounts_free(&c->seen);
	if (c->mountinfo >= 0)
		close(c->mountinfo);
	free(c);
}
