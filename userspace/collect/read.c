// SPDX-License-Identifier: GPL-2.0-only
/* From the BPF tables to a snapshot of what came since the last reading. */
#include "collect/collector_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <bpf/bpf.h>

#include "collect/blind.h"
#include "collect/callsites.h"
#include "collect/takes.h"
#include "kernel/kernel.h"
#include "kernel/livepatch.h"
#include "snapshot/coverage.h"
#include "util/array.h"

/* Ids of files in snapshots: 0 for "other", then those of forgotten.c, then claims. */
#define FIRST_CLAIM (16 * (FL_ROUTES + 1))

static __u64 sum_of(const void *counts, size_t size)
{
	const __u64 *word = counts;
	__u64 n = 0;

	for (size_t i = 0; i < size / sizeof(__u64); i++)
		n += word[i];
	return n;
}

static void add_flag_knowledge(struct fl_collector *c, const struct fl_slot *slot,
			       struct fl_file_counts *f)
{
	struct fl_asked_key key = {.nodeid = f->nodeid, .dev = f->dev};
	const struct fl_known_file *k = fl_known_files_find(&c->known, fl_key_of(f));
	struct fl_asked asked;

	f->flag.answer_counts = c->answers_count;
	if (!bpf_map_lookup_elem(fl_collector_request_map(c, "asked"), &key, &asked)) {
		f->flag.opens_seen = asked.opens;
		f->flag.opens_asked = asked.opens_with_parallel;
	}
	if (slot->open_flags_known && slot->open_flags & FL_FOPEN_PARALLEL)
		f->flag.effective_set = 1;
	else if (slot->open_flags_known)
		f->flag.effective_unset = 1;
	if (!k)
		return;
	/* opened before anybody watched: the kernel keeps the answer until the release */
	if (!f->flag.opens_seen) {
		f->flag.opens_seen = k->answers;
		f->flag.opens_asked = k->asked;
	}
	/* a list of open files tells more than the first writer's descriptor, if it has the file */
	if (!k->effective_set && !k->effective_unset)
		return;
	f->flag.effective_set = k->effective_set;
	f->flag.effective_unset = k->effective_unset;
	if (k->path)
		f->path = strdup(k->path);
}

/* Histograms exist for as many slots as memory allows; the other slots share those of slot 0. */
static int drain_hists(struct fl_collector *c, __u32 slot, struct fl_file_counts *f)
{
	struct fl_slot_hists hists;

	if (!c->timed_in || slot >= c->hist_slots)
		return 0;
	if (fl_percpu_values_drain(&c->hists, slot, &hists))
		return -1;
	f->hists = malloc(sizeof(*f->hists));
	if (!f->hists)
		return -1;
	*f->hists = hists;
	return 0;
}

/* As with histograms: there are as many as memory allows. */
static int drain_holders(struct fl_collector *c, __u32 slot, struct fl_file_counts *f)
{
	struct fl_holders holders;

	if (slot >= c->holder_slots)
		return 0;
	if (fl_percpu_values_drain(&c->holders, slot, &holders))
		return -1;
	if (!sum_of(&holders, sizeof(holders)))
		return 0;
	f->holders = malloc(sizeof(*f->holders));
	if (!f->holders)
		return -1;
	*f->holders = holders;
	return 0;
}

/* Returns 0, or -1 with errno set. Sets *any if something was counted. */
static int drain_slot(struct fl_collector *c, __u32 slot, struct fl_file_counts *f, __u64 *any)
{
	struct fl_slot_counts sum;
	struct fl_slot_takes takes;

	memset(f, 0, sizeof(*f));
	if (fl_percpu_values_drain(&c->counts, slot, &sum) ||
	    fl_percpu_values_drain(&c->takes, slot, &takes) || drain_hists(c, slot, f) ||
	    drain_holders(c, slot, f)) {
		fl_file_counts_free(f);
		return -1;
	}
	fl_collector_add_to_sample(c, &c->sum, &sum, &takes);
	memcpy(f->cell, sum.cell, sizeof(f->cell));
	memcpy(f->counter, sum.counter, sizeof(f->counter));
	memcpy(f->takes, takes.take, sizeof(f->takes));
	f->has_takes = fl_collector_takes(c);
	if (f->has_takes)
		f->counter[FL_COUNT_UPGRADES] = takes.take[FL_SITE_UPGRADE];
	f->counter[FL_COUNT_COMPLETED_INLINE] += takes.completed_inline;
	f->counter[FL_COUNT_COMPLETED_WORKER] += takes.completed_worker;
	*any = sum_of(&sum, sizeof(sum)) + sum_of(&takes, sizeof(takes));
	if (f->hists && !sum_of(f->hists, sizeof(*f->hists))) {
		free(f->hists);
		f->hists = NULL;
	}
	return 0;
}

int fl_collector_drain_claim(struct fl_collector *c, struct fl_claim *claim,
			     struct fl_file_counts *f)
{
	const struct fl_slot *slot = &c->table.slot[claim->slot];
	__u64 any;

	if (drain_slot(c, claim->slot, f, &any))
		return -1;
	claim->read += any;
	/* place 0 is all others': theirs are told once, with what has no slot */
	if ((slot->waits && fl_wait_table_drain(&c->waits, slot->waits, &f->waits)) ||
	    (any && fl_writer_table_drain(&c->writers, claim->slot, &f->writers))) {
		fl_file_counts_free(f);
		return -1;
	}
	f->slot = FIRST_CLAIM + claim->id;
	f->dev = slot->dev;
	f->ino = slot->ino;
	f->nodeid = slot->nodeid;
	f->generation = slot->generation;
	f->route = slot->route;
	if (!any && !f->hists && !f->holders && !f->waits)
		return 0;
	if (slot->name_len)
		f->name = strndup(slot->name, sizeof(slot->name));
	add_flag_knowledge(c, slot, f);
	return 0;
}

__u64 fl_collector_explained(struct fl_collector *c, __u32 dev)
{
	struct fl_snapshot s = {.nfiles = 1, .nmounts = 1};
	struct fl_mount_snapshot m = {.dev = dev};
	struct fl_file_counts f;
	struct fl_slot_counts sum;
	__u64 n;

	s.file = &f;
	s.mount = &m;
	/* if memory is out, new claims are read next time */
	fl_slot_table_update(&c->table);
	fl_batches_look(&c->batches);
	if (fl_collector_requests(c, &m))
		return 0;
	n = m.counter[FL_MOUNT_ATTRIBUTE_REPLIES];
	s.nmounts = 0;
	for (size_t i = 0; i < c->table.nclaims; i++) {
		const struct fl_slot *slot = &c->table.slot[c->table.claim[i].slot];

		if (fl_percpu_values_peek(&c->counts, c->table.claim[i].slot, &sum))
			continue;
		memset(&f, 0, sizeof(f));
		f.dev = slot->dev;
		f.route = slot->route;
		memcpy(f.cell, sum.cell, sizeof(f.cell));
		memcpy(f.counter, sum.counter, sizeof(f.counter));
		n += fl_explained_rise(&s, dev);
	}
	return n;
}

int fl_collector_unread(struct fl_collector *c, const struct fl_claim *claim, __u64 *n)
{
	struct fl_slot_counts sum;
	struct fl_slot_takes takes;

	if (fl_percpu_values_peek(&c->counts, claim->slot, &sum) ||
	    fl_percpu_values_peek(&c->takes, claim->slot, &takes))
		return -1;
	*n = sum_of(&sum, sizeof(sum)) + sum_of(&takes, sizeof(takes));
	return 0;
}

bool fl_collector_counted(const struct fl_file_counts *f)
{
	return f->hists || f->holders || f->waits || sum_of(f->cell, sizeof(f->cell)) ||
	       sum_of(f->counter, sizeof(f->counter)) || sum_of(f->takes, sizeof(f->takes));
}

/* Adds the counts of slot 0: writes that found no slot. */
static int drain_other(struct fl_collector *c, struct fl_snapshot *s)
{
	struct fl_file_counts *f = &s->file[s->nfiles];
	__u64 any;

	if (drain_slot(c, 0, f, &any))
		return -1;
	if (fl_writer_table_drain(&c->writers, 0, &f->writers) ||
	    fl_wait_table_drain(&c->waits, 0, &f->waits)) {
		fl_file_counts_free(f);
		return -1;
	}
	f->is_other = true;
	f->route = FL_ROUTE_OTHER;
	f->dev = c->target->ndevs == 1 ? c->target->dev[0] : 0;
	s->nfiles += fl_collector_counted(f);
	return 0;
}

static int drain_files(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	if (fl_slot_table_update(&c->table))
		return fl_err(err, "out of memory");
	s->capacity = c->table.nslots - 1;
	s->timed_in = c->timed_in;
	s->file = calloc(1 + c->forgotten.n + c->table.nclaims, sizeof(*s->file));
	if (!s->file)
		return fl_err(err, "out of memory");
	/*
	 * read the writers before the counts, so that writers never have more writes than the file
	 */
	fl_batches_look(&c->batches);
	fl_writer_table_sweep(&c->writers);
	if (drain_other(c, s))
		return fl_errno(err, errno, "cannot read the counts");
	fl_forgotten_move(&c->forgotten, s->file, &s->nfiles);
	for (size_t i = 0; i < c->table.nclaims; i++) {
		struct fl_file_counts *f = &s->file[s->nfiles];

		if (fl_collector_drain_claim(c, &c->table.claim[i], f))
			return fl_errno(err, errno, "cannot read the counts");
		s->nfiles += fl_collector_counted(f);
	}
	s->ntracked = c->table.nclaims;
	return 0;
}

void fl_collector_describe(struct fl_collector *c, struct fl_snapshot *s)
{
	const struct fl_source *takes = fl_collector_takes(c);

	s->takes_only = fl_collector_takes_only(c);
	s->writes_method = s->takes_only ? FL_METHOD_STATE_TP : c->choice.source[0].form->method;
	s->method = takes ? takes->form->method : s->writes_method;
	s->has_takes = takes;
	s->tells_outside = c->tells_outside;
	s->has_writers = c->writers.place;
	s->has_holders = c->holders.percpu;
	s->has_waits = c->waits.skel;
	s->unfollowed_locks = fl_wait_table_unfollowed(&c->waits, &c->choice.source[0]);
}

static void describe_method(struct fl_collector *c, struct fl_snapshot *s)
{
	const struct fl_source *takes = fl_collector_takes(c);
	struct fl_err ignored;
	struct utsname u;

	if (!uname(&u))
		snprintf(s->kernel, sizeof(s->kernel), "%s", u.release);
	fl_collector_describe(c, s);
	s->has_completions = takes &&
			     (!takes->callsites || fl_callsites_see_completions(takes->callsites));
	/* tracepoints see no write's end: a write that failed looks like one that has not ended */
	s->has_unfinished = c->choice.nsources > 1 &&
			    (c->choice.source[0].form->sees_entry || s->method == FL_METHOD_GLOBAL);
	if (s->has_unfinished)
		s->unfinished = fl_collector_end(c) ? c->end->unfinished : fl_gate_inside(&c->gate);
	snprintf(s->method_why, sizeof(s->method_why), "%s", c->choice.why);
	fl_kernel_can(c->kernel, s->can);
	snprintf(s->variant, sizeof(s->variant), "%s",
		 fl_variant_name(fl_kernel_callsites(c->kernel, &ignored)));
}

static int drain_probes(struct fl_collector *c, struct fl_snapshot *s)
{
	s->probe = calloc(FL_MAX_SOURCES * FL_MAX_PROBES + FL_WAIT_PROGS + 1, sizeof(*s->probe));
	if (!s->probe)
		return -1;
	for (size_t i = 0; i < c->choice.nsources; i++) {
		struct fl_source *from = &c->choice.source[i];

		for (size_t p = 0; p < from->nprogs; p++) {
			struct fl_probe *to = &s->probe[s->nprobes++];
			__u64 misses = fl_collector_misses(c, i, p);

			*to = from->probe[p];
			to->counts_writes |= s->takes_only;
			if (!to->live)
				continue;
			to->misses = misses - from->missed[p];
			from->missed[p] = misses;
		}
	}
	if (c->waits.skel) {
		fl_wait_table_probes(&c->waits, s->probe + s->nprobes);
		s->nprobes += FL_WAIT_PROGS;
	}
	if (c->family.skel)
		s->probe[s->nprobes++] = fl_family_probe(&c->family);
	return 0;
}

static int read_all(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_source *takes = fl_collector_takes(c);
	struct fl_mounts now = {};
	struct fl_losses lost;
	int ret;

	/* list the mounts before draining any table: this may fail now and work next time */
	ret = fl_mounts_read(&now, c->other_namespaces, false, err);
	if (!ret && drain_probes(c, s))
		ret = fl_err(err, "out of memory");
	if (!ret && !fl_percpu_values_drain(&c->losses, 0, &lost))
		memcpy(s->loss, lost.count, sizeof(s->loss));
	if (!ret)
		ret = drain_files(c, s, err);
	if (!ret && s->takes_only)
		fl_writes_from_takes(s);
	if (!ret && takes && fl_takes_join(s))
		ret = fl_err(err, "out of memory");
	if (!ret && takes && takes->callsites && fl_callsites_read(takes->callsites, s))
		ret = fl_err(err, "out of memory");
	if (!ret)
		ret = fl_collector_read_mounts(c, s, &now, err);
	fl_mounts_free(&now);
	return ret;
}

/* Files that were written, or opened for writing, where the probes see only part of the writes. */
static void look_for_blind_files(struct fl_collector *c, const struct fl_snapshot *s)
{
	__u64 written = 0;

	fl_collector_describe(c, &c->blind);
	for (size_t i = 0; i < c->table.nclaims; i++)
		fl_blind_written(&c->blind, &c->table.slot[c->table.claim[i].slot], &written);
	fl_blind_opened(&c->blind, fl_collector_blind_opened(c, s));
}

int fl_collector_read(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err)
{
	memset(s, 0, sizeof(*s));
	describe_method(c, s);
	s->start_ns = c->read_ns;
	s->end_ns = fl_collector_end(c);
	if (!s->end_ns)
		s->end_ns = fl_now_ns();
	c->answers_count = fl_livepatch_answers_count();
	if (read_all(c, s, err)) {
		fl_snapshot_free(s);
		return -1;
	}
	c->read_ns = s->end_ns;
	look_for_blind_files(c, s);
	s->blind_files = c->blind.blind_files;
	memcpy(s->blind_example, c->blind.blind_example, sizeof(s->blind_example));
	c->cross.blind = fl_follow_unseen_tries(&c->follow);
	fl_cross_check_fill(&c->cross, s);
	return 0;
}
