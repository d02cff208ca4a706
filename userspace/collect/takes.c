// SPDX-License-Identifier: GPL-2.0-only
#include "collect/takes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/disable.h"
#include "collect/forms.h"
#include "collect/gate.h"
#include "kernel/kcore.h"
#include "collect/kprobe.h"
#include "collect/percpu_values.h"
#include "collect/site_times.h"
#include "collect/slot_table.h"

#include "callsite.skel.h"
#include "global.skel.h"

#define MAX_LINKS	   (4 * FL_MAX_SITES + 1)
#define COMPLETION_PROGRAM "at_completion"
/* Ids, in snapshots, of files that only takes were counted of: past those of counted writes. */
#define FIRST_OWN_CLAIM 0x80000000u

struct fl_takes {
	struct fl_takes_opts opts;
	struct bpf_object *obj;
	struct bpf_link *link[MAX_LINKS];
	size_t nlinks;
	const struct fl_callsite_map *map; /* callsite; owned by kernel_text.c */
	size_t attached_sites;
	bool timed[FL_MAX_SITES];
	bool sees_completions;
	struct fl_probe *probe; /* one a program */
	size_t nprobes;
	__u64 *miss_base; /* by program, when counting began */
	struct fl_slot_table table;
	struct fl_percpu_values counts; /* struct fl_slot_takes by slot */
	struct fl_percpu_values losses; /* one */
	struct fl_percpu_values sites;	/* struct fl_site_counts by site */
	struct fl_percpu_values times;	/* struct fl_site_times, two a site */
	int ncpus;
};

static int map_fd(const struct fl_takes *t, const char *name)
{
	return bpf_object__find_map_fd_by_name(t->obj, name);
}

/* Where fi->lock is: BTF knows, or else the code of fuse_write_update_attr() has shown it. */
static int set_fi_lock(struct fl_takes *t, struct fl_err *err)
{
	struct fl_lock_offsets at = fl_kernel_lock_offsets();
	__u64 offset;

	if (at.fi_lock < 0 && t->map)
		at.fi_lock = t->map->fi_lock_offset;
	if (at.fi_lock < 0)
		return fl_err(err, "where fi->lock lies in struct fuse_inode is not known");
	offset = at.fi_lock;
	return fl_set_rodata(t->obj, "fi_lock_offset", &offset, sizeof(offset));
}

static int load(struct fl_takes *t, const struct fl_target *target, struct fl_err *err)
{
	bool callsite = t->opts.method == FL_METHOD_CALLSITE, marked = t->opts.writes_come_marked;
	size_t size;
	const void *elf = callsite ? callsite_bpf__elf_bytes(&size) : global_bpf__elf_bytes(&size);

	t->obj = fl_open_bpf(elf, size);
	if (!t->obj)
		return fl_errno(err, errno, "cannot open the BPF object");
	if (set_fi_lock(t, err) || fl_set_target(t->obj, target, t->opts.nslots, false, err))
		return -1;
	if (fl_set_rodata(t->obj, "writes_come_marked", &marked, sizeof(marked)))
		return fl_err(err, "the BPF object and the collector do not fit together");
	if (t->opts.gate_fd >= 0 && fl_gate_share(t->obj, t->opts.gate_fd))
		return fl_errno(err, errno, "cannot share the gate");
	if (bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "slot_takes"),
				     t->opts.nslots))
		return fl_errno(err, errno, "cannot size the tables");
	/* the state method's counts are not used here */
	bpf_map__set_max_entries(bpf_object__find_map_by_name(t->obj, "slot_counts"), 1);
	return 0;
}

/* Which of the global programs this kernel takes: variants of a lock function may not be there. */
static void try_global_programs(struct fl_takes *t)
{
	struct bpf_program *prog;
	size_t i = 0;

	bpf_object__for_each_program(prog, t->obj)
	{
		int e = fl_try_program(global_bpf__elf_bytes, bpf_program__name(prog));

		snprintf(t->probe[i].name, sizeof(t->probe[i].name), "%s", bpf_program__name(prog));
		if (e) {
			bpf_program__set_autoload(prog, false);
			snprintf(t->probe[i].why_not, sizeof(t->probe[i].why_not), "%s",
				 strerror(e));
		}
		i++;
	}
}

static int need_program(const struct fl_takes *t, const char *name, struct fl_err *err)
{
	for (size_t i = 0; i < t->nprobes; i++)
		if (!strcmp(t->probe[i].name, name) && t->probe[i].why_not[0])
			return fl_err(err, "the global method: cannot attach %s: %s", name,
				      t->probe[i].why_not);
	return 0;
}

static int prepare_global(struct fl_takes *t, struct fl_err *err)
{
	static const char *const needed[] = {
		"take_write_entry", "take_write_exit", "take_update_entry",  "take_update_exit",
		"take_down_write",  "take_down_read",  "take__raw_spin_lock"};

	if (fl_disabled(FL_DISABLE_FENTRY))
		return fl_err(err, "the global method: fentry is disabled (FUSELENS_DISABLE)");
	try_global_programs(t);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (need_program(t, needed[i], err))
			return -1;
	return 0;
}

static int prepare_callsite(struct fl_takes *t, struct fl_err *err)
{
	struct bpf_program *prog;
	size_t i = 0;

	if (!fl_kprobes_available(err))
		return -1;
	bpf_object__for_each_program(prog, t->obj)
		snprintf(t->probe[i].name, sizeof(t->probe[i].name), "%s", bpf_program__name(prog)),
		i++;
	return 0;
}

static int open_tables(struct fl_takes *t, struct fl_err *err)
{
	if (fl_slot_table_open(&t->table, t->obj, t->opts.nslots, err))
		return -1;
	if (fl_percpu_values_init(&t->counts, map_fd(t, "slot_takes"), sizeof(struct fl_slot_takes),
				  t->ncpus, t->opts.nslots) ||
	    fl_percpu_values_init(&t->losses, map_fd(t, "losses"), sizeof(struct fl_losses),
				  t->ncpus, 1) ||
	    fl_percpu_values_init(&t->sites, map_fd(t, "site_counts"),
				  sizeof(struct fl_site_counts), t->ncpus, FL_MAX_SITES) ||
	    fl_percpu_values_init(&t->times, map_fd(t, "site_times"), sizeof(struct fl_site_times),
				  t->ncpus, 2 * FL_MAX_SITES))
		return fl_err(err, "out of memory");
	return 0;
}

struct fl_takes *fl_takes_prepare(const struct fl_target *target, const struct fl_takes_opts *opts,
				  struct fl_err *err)
{
	struct fl_takes *t = calloc(1, sizeof(*t));
	struct bpf_program *prog;

	if (!t) {
		fl_err(err, "out of memory");
		return NULL;
	}
	t->opts = *opts;
	t->ncpus = libbpf_num_possible_cpus();
	/* the global method asks the map only for where fi->lock lies */
	t->map = fl_kernel_callsites(err);
	if (!t->map && opts->method == FL_METHOD_CALLSITE)
		goto fail;
	if (t->ncpus <= 0 || load(t, target, err))
		goto fail;
	bpf_object__for_each_program(prog, t->obj) t->nprobes++;
	t->probe = calloc(t->nprobes + 1, sizeof(*t->probe));
	t->miss_base = calloc(t->nprobes + 1, sizeof(*t->miss_base));
	if (!t->probe || !t->miss_base) {
		fl_err(err, "out of memory");
		goto fail;
	}
	if (opts->method == FL_METHOD_CALLSITE ? prepare_callsite(t, err) : prepare_global(t, err))
		goto fail;
	if (bpf_object__load(t->obj)) {
		fl_errno(err, errno, "cannot load the programs of the %s method: %.300s",
			 fl_method_name(opts->method), fl_bpf_log());
		goto fail;
	}
	if (open_tables(t, err))
		goto fail;
	return t;
fail:
	fl_takes_finish(t);
	return NULL;
}

static int keep_link(struct fl_takes *t, struct bpf_link *link)
{
	if (!link)
		return -1;
	t->link[t->nlinks++] = link;
	return 0;
}

static __u64 cookie_of(const struct fl_callsite *s, size_t index, __u64 action)
{
	const __u32 through_daemon = 1u << FL_ROUTE_DIRECT | 1u << FL_ROUTE_CACHED;
	__u32 routes = s->routes;
	__u64 route =
		FL_ROUTE_OTHER; /* a site of several routes cannot tell which one a take is of */

	if (routes && !(routes & (routes - 1)))
		route = __builtin_ctz(routes);
	else if (routes && !(routes & ~through_daemon))
		route = FL_ROUTE_DIRECT;
	return index | (__u64)s->role << 16 | route << 24 | action << 32;
}

/*
 * The last probe to go in is the one that counts: a pair that is half there times nothing.
 */
static int attach_site(struct fl_takes *t, size_t index)
{
	const struct fl_callsite *s = &t->map->site[index];
	struct bpf_program *at = bpf_object__find_program_by_name(t->obj, "at_site");
	struct bpf_program *after = bpf_object__find_program_by_name(t->obj, "after_site");
	bool timed = t->opts.time_waits && s->role == FL_SITE_FI_LOCK && s->calibrate_at;
	__u64 action = FL_SITE_COUNT;

	if (timed) {
		if (keep_link(t, fl_kprobe_attach(after, s->address + s->size,
						  cookie_of(s, index, FL_SITE_END))) ||
		    keep_link(t, fl_kprobe_attach(at, s->calibrate_at,
						  cookie_of(s, index, FL_SITE_CALIBRATE_BEGIN))))
			timed = false;
		else
			action |= FL_SITE_BEGIN | FL_SITE_CALIBRATE_END;
	}
	t->timed[index] = timed;
	return keep_link(t, fl_kprobe_attach(at, s->address, cookie_of(s, index, action)));
}

/* Without this, completions are not known; nothing else changes. */
static int attach_completions(struct fl_takes *t, struct fl_probe *probe)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(t->obj, COMPLETION_PROGRAM);
	__u64 address = 0;

	for (size_t i = 0; i < t->map->nfunctions; i++)
		if (!strcmp(t->map->function[i].name, "fuse_write_update_attr"))
			address = t->map->function[i].address;
	errno = ENOENT;
	if (address && !keep_link(t, fl_kprobe_attach(prog, address, 0))) {
		t->sees_completions = true;
		return 0;
	}
	snprintf(probe->why_not, sizeof(probe->why_not), "%s; not known: completions",
		 strerror(errno));
	return -1;
}

static bool begins_write(const struct fl_callsite *s)
{
	return s->routes && (s->role == FL_SITE_EXCLUSIVE || s->role == FL_SITE_SHARED);
}

/* What writes begin with goes first: while the rest goes in, those that began unseen come to an end. */
static int start_callsite(struct fl_takes *t, struct fl_err *err)
{
	size_t failed = 0;
	int e = 0;

	for (size_t k = 0; k < 2 * t->map->nsites; k++) {
		size_t i = k % t->map->nsites;

		if (begins_write(&t->map->site[i]) != (k < t->map->nsites) || !attach_site(t, i))
			continue;
		e = errno;
		failed++;
		/* a write's own path must be whole, or the counts mislead */
		if (t->map->site[i].routes)
			return fl_errno(err, e, "cannot probe %s+%#llx", t->map->site[i].function,
					t->map->site[i].offset);
	}
	if (failed)
		snprintf(t->probe[0].why_not, sizeof(t->probe[0].why_not),
			 "%zu sites off the write path: %s", failed, strerror(e));
	for (size_t i = 0; i < t->nprobes; i++)
		t->probe[i].live = strcmp(t->probe[i].name, COMPLETION_PROGRAM) ||
				   !attach_completions(t, &t->probe[i]);
	return 0;
}

static int start_global(struct fl_takes *t, struct fl_err *err)
{
	struct bpf_program *prog = NULL;
	size_t i = t->nprobes;

	/*
	 * The scopes come last in, first out, their ends before their beginnings: a lock hook without a
	 * scope counts nothing, and no scope stays open.
	 */
	while ((prog = bpf_object__prev_program(t->obj, prog))) {
		i--;
		if (!bpf_program__autoload(prog))
			continue;
		if (keep_link(t, bpf_program__attach(prog)))
			return fl_errno(err, errno, "cannot attach %s", bpf_program__name(prog));
		t->probe[i].live = true;
	}
	t->sees_completions = true; /* take_update_entry is needed for the takes as well */
	return 0;
}

int fl_takes_start(struct fl_takes *t, struct fl_err *err)
{
	int ret = t->opts.method == FL_METHOD_CALLSITE ? start_callsite(t, err)
						       : start_global(t, err);

	if (ret)
		fl_takes_stop(t);
	return ret;
}

/* What a program has missed since it was loaded; what the kprobes themselves missed is with the first. */
static __u64 misses_of(const struct fl_takes *t, const struct bpf_program *prog, size_t index)
{
	__u64 n = fl_prog_misses(prog);

	if (!index && t->opts.method == FL_METHOD_CALLSITE)
		for (size_t l = 0; l < t->nlinks; l++)
			n += fl_kprobe_misses(t->link[l]);
	return n;
}

void fl_takes_begin(struct fl_takes *t)
{
	struct bpf_program *prog;
	size_t i = 0;

	bpf_object__for_each_program(prog, t->obj)
	{
		t->miss_base[i] = misses_of(t, prog, i);
		i++;
	}
}

/* Losses while the programs are attached and counting. */
static void read_misses(struct fl_takes *t)
{
	struct bpf_program *prog;
	size_t i = 0;

	if (!t->nlinks)
		return;
	bpf_object__for_each_program(prog, t->obj)
	{
		if (t->probe[i].live)
			t->probe[i].misses = misses_of(t, prog, i) - t->miss_base[i];
		i++;
	}
}

void fl_takes_stop(struct fl_takes *t)
{
	read_misses(t);
	while (t->nlinks)
		bpf_link__destroy(t->link[--t->nlinks]);
}

static bool through_daemon(enum fl_route route)
{
	return route == FL_ROUTE_DIRECT || route == FL_ROUTE_CACHED;
}

/*
 * The file's entry of the same route (claim 0: that of all further files), else the one with the most writes, else a new one. *its_route: the
 * takes can be of that entry's writes. A take on the direct path of a file that is written by
 * passthrough alone was not made by a write: opens share helpers with direct writes.
 */
static struct fl_file_counts *file_of(struct fl_snapshot *s, const struct fl_slot *slot,
				      __u32 claim, bool *its_route)
{
	struct fl_file_counts *best = NULL, *grown;
	bool other = !claim;

	*its_route = true;
	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_file_counts *f = &s->file[i];

		if (other ? !f->is_other : f->dev != slot->dev || f->ino != slot->ino)
			continue;
		if (!other && (f->route == slot->route ||
			       (through_daemon(f->route) && through_daemon(slot->route))))
			return f;
		if (!best || fl_file_writes(f) > fl_file_writes(best))
			best = f;
	}
	*its_route = other || slot->route == FL_ROUTE_OTHER || s->takes_only;
	if (best)
		return best;
	grown = realloc(s->file, (s->nfiles + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	s->file = grown;
	best = &s->file[s->nfiles++];
	memset(best, 0, sizeof(*best));
	best->slot = other ? 0 : FIRST_OWN_CLAIM + claim;
	best->is_other = other;
	best->route = other ? FL_ROUTE_OTHER : slot->route;
	best->dev = slot->dev;
	best->ino = slot->ino;
	best->nodeid = slot->nodeid;
	if (!other && slot->name_len)
		best->name = strndup(slot->name, sizeof(slot->name));
	return best;
}

/* The same take off the write path. */
static enum fl_site_role as_other(enum fl_site_role role)
{
	static const enum fl_site_role others[FL_SITE_ROLES] = {
		[FL_SITE_EXCLUSIVE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_SHARED] = FL_SITE_OTHER_SHARED,
		[FL_SITE_UPGRADE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_FI_LOCK] = FL_SITE_OTHER_FI_LOCK,
		[FL_SITE_OTHER_EXCLUSIVE] = FL_SITE_OTHER_EXCLUSIVE,
		[FL_SITE_OTHER_SHARED] = FL_SITE_OTHER_SHARED,
		[FL_SITE_OTHER_FI_LOCK] = FL_SITE_OTHER_FI_LOCK,
	};

	return others[role];
}

/* Adds the takes of one claim to the snapshot's files; claim 0 is what found no slot. */
static int add_takes(struct fl_takes *t, struct fl_snapshot *s, __u32 claim, __u32 slot,
		     struct fl_err *err)
{
	struct fl_slot_takes sum;
	struct fl_file_counts *f;
	bool its_route;
	__u64 any = 0;

	if (fl_percpu_values_read(&t->counts, slot, &sum))
		return fl_errno(err, errno, "cannot read the takes");
	for (int r = 0; r < FL_SITE_ROLES; r++)
		any |= sum.take[r];
	any |= sum.completed_inline | sum.completed_worker;
	if (!any)
		return 0;
	f = file_of(s, &t->table.slot[slot], claim, &its_route);
	if (!f)
		return fl_err(err, "out of memory");
	for (int r = 0; r < FL_SITE_ROLES; r++)
		f->takes[its_route ? (enum fl_site_role)r : as_other(r)] += sum.take[r];
	f->counter[FL_COUNT_UPGRADES] = f->takes[FL_SITE_UPGRADE];
	f->counter[FL_COUNT_COMPLETED_INLINE] += sum.completed_inline;
	f->counter[FL_COUNT_COMPLETED_WORKER] += sum.completed_worker;
	return 0;
}

static int read_files(struct fl_takes *t, struct fl_snapshot *s, struct fl_err *err)
{
	if (fl_slot_table_update(&t->table))
		return fl_err(err, "out of memory");
	if (add_takes(t, s, 0, 0, err))
		return -1;
	for (size_t i = 0; i < t->table.nclaims; i++)
		if (add_takes(t, s, t->table.claim[i].id, t->table.claim[i].slot, err))
			return -1;
	for (size_t i = 0; i < s->nfiles; i++)
		s->file[i].has_takes = true;
	return 0;
}

static void read_times(struct fl_takes *t, __u32 index, struct fl_site_snapshot *out)
{
	struct fl_site_times pair, own;

	if (!fl_percpu_values_read(&t->times, index, &pair) &&
	    !fl_percpu_values_read(&t->times, index + FL_MAX_SITES, &own))
		fl_site_wait_of(&pair, &own, &out->wait);
}

static int read_sites(struct fl_takes *t, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_site_counts sum;

	s->site = calloc(t->map->nsites + 1, sizeof(*s->site));
	if (!s->site)
		return fl_err(err, "out of memory");
	for (size_t i = 0; i < t->map->nsites; i++) {
		const struct fl_callsite *from = &t->map->site[i];
		struct fl_site_snapshot *to = &s->site[s->nsites++];

		snprintf(to->function, sizeof(to->function), "%s", from->function);
		snprintf(to->callee, sizeof(to->callee), "%s", from->callee);
		to->offset = from->offset;
		to->role = from->role;
		to->routes = from->routes;
		to->merged = from->merged;
		if (!fl_percpu_values_read(&t->sites, i, &sum))
			to->takes = sum.takes;
		if (t->timed[i])
			read_times(t, i, to);
	}
	return 0;
}

static int add_probes(struct fl_takes *t, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_probe *grown = realloc(s->probe, (s->nprobes + t->nprobes) * sizeof(*grown));

	if (!grown)
		return fl_err(err, "out of memory");
	s->probe = grown;
	for (size_t i = 0; i < t->nprobes; i++) {
		s->probe[s->nprobes] = t->probe[i];
		s->probe[s->nprobes++].counts_writes = s->takes_only;
	}
	return 0;
}

int fl_takes_read(struct fl_takes *t, struct fl_snapshot *s, struct fl_err *err)
{
	struct fl_losses sum;

	read_misses(t);
	s->has_takes = true;
	s->has_completions = t->sees_completions;
	if (!fl_percpu_values_read(&t->losses, 0, &sum))
		for (int i = 0; i < FL_LOSSES; i++)
			s->loss[i] += sum.count[i];
	if (read_files(t, s, err) || add_probes(t, s, err))
		return -1;
	return t->opts.method == FL_METHOD_CALLSITE ? read_sites(t, s, err) : 0;
}

/* All takes by role, with less work than a snapshot. */
static void sum_takes(struct fl_takes *t, struct fl_slot_takes *all)
{
	struct fl_slot_takes one;

	memset(all, 0, sizeof(*all));
	/* out of memory, new claims are read next time */
	fl_slot_table_update(&t->table);
	for (size_t i = 0; i <= t->table.nclaims; i++) {
		if (fl_percpu_values_read(&t->counts, i ? t->table.claim[i - 1].slot : 0, &one))
			continue;
		for (int r = 0; r < FL_SITE_ROLES; r++)
			all->take[r] += one.take[r];
	}
}

void fl_takes_sample(struct fl_takes *t, __u64 *writes, __u64 *exclusive, __u64 *shared)
{
	struct fl_slot_takes all;

	sum_takes(t, &all);
	*exclusive += all.take[FL_SITE_EXCLUSIVE] + all.take[FL_SITE_UPGRADE];
	*shared += all.take[FL_SITE_SHARED] - all.take[FL_SITE_UPGRADE];
	*writes += *exclusive + *shared;
}

__u64 fl_takes_of(struct fl_takes *t, enum fl_site_role role)
{
	struct fl_slot_takes all;

	sum_takes(t, &all);
	return all.take[role];
}

size_t fl_takes_probes(const struct fl_takes *t, struct fl_probe *probe, size_t room)
{
	size_t n = t->nprobes < room ? t->nprobes : room;

	memcpy(probe, t->probe, n * sizeof(*probe));
	return n;
}

void fl_takes_finish(struct fl_takes *t)
{
	if (!t)
		return;
	fl_takes_stop(t);
	fl_slot_table_close(&t->table);
	fl_percpu_values_free(&t->counts);
	fl_percpu_values_free(&t->losses);
	fl_percpu_values_free(&t->sites);
	fl_percpu_values_free(&t->times);
	bpf_object__close(t->obj);
	free(t->probe);
	free(t->miss_base);
	free(t);
}
