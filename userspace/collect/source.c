// SPDX-License-Identifier: GPL-2.0-only
#include "collect/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "collect/bpf_object.h"
#include "collect/callsites.h"
#include "collect/writer_table.h"
#include "kernel/kernel.h"

static const char *const shared_maps[] = {"gate",   ".data.gate", "slots", "slot_order",
					  "losses", "family",	  "locks", "lock_state"};
#define NSHARED (sizeof(shared_maps) / sizeof(shared_maps[0]))

static struct bpf_object *open_object(const struct fl_form *form)
{
	size_t size;
	const void *elf = form->elf(&size);

	return fl_open_bpf(elf, size);
}

static struct bpf_program *program(const struct fl_source *s, size_t index)
{
	return bpf_object__find_program_by_name(s->obj, s->form->prog[index].name);
}

int fl_source_map(const struct fl_source *s, const char *name)
{
	return s->obj ? bpf_object__find_map_fd_by_name(s->obj, name) : -1;
}

static int set_max(struct bpf_object *obj, const char *name, __u32 n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, n) : 0;
}

static int size_tables(struct fl_source *s, const struct fl_source_opts *o, struct fl_err *err)
{
	__u32 writes = s->form->counts_writes ? o->nslots : 1;
	int bad = 0;

	bad |= set_max(s->obj, "slots", o->nslots);
	bad |= set_max(s->obj, "slot_order", o->nslots + FL_ORDER_FIRST);
	bad |= set_max(s->obj, "slot_counts", writes);
	bad |= set_max(s->obj, "settled_counts", writes);
	bad |= set_max(s->obj, "slot_takes", o->nslots);
	bad |= set_max(s->obj, "slot_hists", o->hist_slots);
	bad |= set_max(s->obj, "slot_holders", o->holder_slots);
	bad |= set_max(s->obj, "locks", o->waits ? FL_LOCK_SETS : 1);
	bad |= set_max(s->obj, "family", o->family ? FL_FAMILY_WORDS : 1);
	return bad ? fl_errno(err, errno, "cannot size the tables") : 0;
}

static int configure(struct fl_source *s, const struct fl_source_opts *o, struct fl_err *err)
{
	const struct fl_only only = {.tgid = o->target->tgid,
				     .gated = o->counts_takes, /* each write is marked there */
				     .family = o->family_only};
	bool outside = o->family && !o->family_only;
	__u32 holders_mask = o->holder_slots - 1;
	/* since this function exists, it calls fuse_request_send for rings, too (6.18) */
	bool ring_sends_seen = fl_btf_has_function(fl_kernel_btf(o->kernel),
						   "fuse_request_assign_unique");
	__u32 page_size = getpagesize();

	if (fl_set_target(s->obj, o->kernel, o->target, o->nslots, err) ||
	    fl_set_rodata(s->obj, "only", &only, sizeof(only)) ||
	    fl_set_rodata(s->obj, "tell_outside", &outside, sizeof(outside)) ||
	    size_tables(s, o, err))
		return -1;
	if (s->form->counts_writes &&
	    (fl_writer_table_configure(s->obj) ||
	     fl_set_rodata(s->obj, "ring_sends_seen", &ring_sends_seen, sizeof(ring_sends_seen)) ||
	     fl_set_rodata(s->obj, "page_size", &page_size, sizeof(page_size)) ||
	     fl_set_rodata(s->obj, "follow_locks", &o->waits, sizeof(o->waits)) ||
	     fl_set_rodata(s->obj, "holders_mask", &holders_mask, sizeof(holders_mask))))
		return fl_err(err, "the BPF object and the collector do not fit together");
	return s->form->configure ? s->form->configure(s, o, err) : 0;
}

static int share(struct fl_source *s, const struct fl_source *first, struct fl_err *err)
{
	for (size_t i = 0; first && i < NSHARED; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(s->obj, shared_maps[i]);

		if (!map || bpf_map__reuse_fd(map, fl_source_map(first, shared_maps[i])))
			return fl_errno(err, errno, "cannot share %s", shared_maps[i]);
	}
	return 0;
}

static int load(struct fl_source *s, const struct fl_source *first,
		const struct fl_source_opts *opts, struct fl_err *err)
{
	if (!s->obj)
		s->obj = open_object(s->form);
	if (!s->obj)
		return fl_errno(err, errno, "cannot open the BPF object");
	for (size_t i = 0; i < s->form->nprogs; i++)
		bpf_program__set_autoload(program(s, i), s->available[i]);
	if (configure(s, opts, err) || share(s, first, err))
		return -1;
	if (fl_load_bpf(s->obj))
		return fl_errno(err, errno, "%s: cannot load its programs: %.300s",
				fl_method_name(s->form->method), fl_bpf_log());
	return 0;
}

static void unload(struct fl_source *s)
{
	fl_callsites_detach(s->callsites);
	for (size_t i = 0; i < FL_MAX_PROBES; i++)
		fl_source_detach_program(s, i);
	fl_callsites_free(s->callsites);
	bpf_object__close(s->obj);
	s->callsites = NULL;
	s->obj = NULL;
}

/* Programs for a route that fs/fuse lacks are none of the form's here: nobody misses what they would see. */
static size_t programs_of_use(const struct fl_form *form, struct fl_kernel *kernel)
{
	bool iomap = fl_btf_has_function(fl_kernel_btf(kernel), "fuse_iomap_write_iter");
	size_t n = form->nprogs;

	while (!iomap && n && form->prog[n - 1].of_iomap)
		n--;
	return n;
}

static void begin(struct fl_source *s, const struct fl_form *form, struct fl_kernel *kernel)
{
	memset(s, 0, sizeof(*s));
	s->form = form;
	s->nprogs = programs_of_use(form, kernel);
	for (size_t i = 0; i < s->nprogs; i++) {
		snprintf(s->probe[i].name, sizeof(s->probe[i].name), "%s", form->prog[i].name);
		s->probe[i].counts_writes = form->prog[i].counts_writes;
		s->available[i] = true;
	}
}

/* Says that a program can't be attached. Returns -1 with err set if the form needs it. */
static int without(struct fl_source *s, size_t index, int e, struct fl_err *err)
{
	const struct fl_prog *prog = &s->form->prog[index];
	struct fl_probe *probe = &s->probe[index];

	s->available[index] = false;
	snprintf(probe->why_not, sizeof(probe->why_not), "%s; not known: %s", strerror(e),
		 prog->costs);
	if (!prog->required)
		return 0;
	/* the kernel refuses this program and not all of its kind: what it has said of it leads further */
	if ((e == EINVAL || e == EACCES) && *fl_bpf_log())
		return fl_errno(err, e, "%s: cannot attach %s (%.300s)",
				fl_method_name(s->form->method), prog->name, fl_bpf_log());
	return fl_errno(err, e, "%s: cannot attach %s", fl_method_name(s->form->method),
			prog->name);
}

/*
 * A kernel that refuses function hooks refuses the first program, and so the form, for little work.
 * Returns 0, or -1 with err set.
 */
static int try_first_hook(struct fl_source *s, struct fl_kernel *kernel, struct fl_err *err)
{
	int e;

	s->obj = open_object(s->form);
	if (!s->obj)
		return fl_errno(err, errno, "cannot open the BPF object");
	e = fl_hook_refused(program(s, 0), fl_kernel_btf(kernel));
	if (!e)
		return 0;
	for (size_t i = 1; i < s->nprogs; i++)
		snprintf(s->probe[i].why_not, sizeof(s->probe[i].why_not), "not tried");
	return without(s, 0, e, err);
}

/*
 * The tracepoints of a file system that is not loaded are not there: its programs need not be tried.
 * Returns 0, or -1 with err set if the form needs one of them.
 */
static int leave_out_absent(struct fl_source *s, struct fl_kernel *kernel, struct fl_err *err)
{
	static const char type[] = "tp_btf/";

	for (size_t i = 0; i < s->nprogs; i++) {
		const char *section = bpf_program__section_name(program(s, i));
		struct fl_probe *probe = &s->probe[i];

		if (strncmp(section, type, strlen(type)) != 0 ||
		    !fl_btf_lacks_xfs_tracepoint(fl_kernel_btf(kernel), section + strlen(type)))
			continue;
		if (without(s, i, ESRCH, err))
			return -1;
		snprintf(probe->why_not, sizeof(probe->why_not), "XFS is not loaded; not known: %s",
			 s->form->prog[i].costs);
	}
	return 0;
}

/* Loads and attaches all programs at once. Hooks for a keeper are loaded only. */
static bool load_whole(struct fl_source *s, const struct fl_source *first,
		       const struct fl_source_opts *opts)
{
	struct fl_err ignored;

	for (size_t i = 0; i < s->nprogs; i++)
		if (fl_program_disabled(program(s, i)))
			return false;
	if (load(s, first, opts, &ignored))
		return false;
	/* attach from last to first: the ends of writes before their beginnings */
	for (size_t i = s->nprogs; !s->form->kept && i-- > 0;)
		if (s->available[i] && fl_source_attach_program(s, i))
			return false;
	return true;
}

/* Tries each program alone. Returns 0, or -1 with err set if one that is required does not work. */
static int try_each(struct fl_source *s, struct fl_err *err)
{
	const struct fl_form *form = s->form;

	for (size_t i = 0; i < s->nprogs; i++) {
		int e = s->available[i] ? fl_try_program(form->elf, form->prog[i].name, !form->kept)
					: 0;

		s->probe[i].live = false;
		if (e && without(s, i, e, err))
			return -1;
	}
	return 0;
}

int fl_source_load(struct fl_source *s, const struct fl_form *form, const struct fl_source *first,
		   const struct fl_source_opts *opts, struct fl_err *err)
{
	begin(s, form, opts->kernel);
	/* such a form has no programs to try: it attaches them itself, each to many places */
	if (form->can_work)
		return form->can_work(err) || load(s, first, opts, err) ? -1 : 0;
	if (try_first_hook(s, opts->kernel, err) || leave_out_absent(s, opts->kernel, err))
		return -1;
	/* usually all of it works */
	if (load_whole(s, first, opts))
		return 0;
	unload(s);
	return try_each(s, err) || load(s, first, opts, err) ? -1 : 0;
}

int fl_source_attach_program(struct fl_source *s, size_t index)
{
	s->link[index] = bpf_program__attach(program(s, index));
	s->probe[index].live = s->link[index];
	return s->link[index] ? 0 : -1;
}

int fl_source_attach(struct fl_source *s, struct fl_err *err)
{
	if (s->form->attach)
		return s->form->attach(s, err);
	/* attach from last to first: the ends of writes before their beginnings */
	for (size_t i = s->nprogs; i-- > 0;) {
		if (!s->available[i] || s->link[i] || !fl_source_attach_program(s, i))
			continue;
		if (s->form->prog[i].required)
			return fl_errno(err, errno, "cannot attach %s", s->form->prog[i].name);
		snprintf(s->probe[i].why_not, sizeof(s->probe[i].why_not), "%s", strerror(errno));
	}
	return 0;
}

size_t fl_source_links(const struct fl_source *s, int *fd)
{
	size_t n = 0;

	for (size_t i = 0; i < FL_MAX_PROBES; i++)
		if (s->link[i])
			fd[n++] = bpf_link__fd(s->link[i]);
	return n;
}

size_t fl_source_programs(const struct fl_source *s, int *fd)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nprogs; i++)
		if (s->available[i])
			fd[n++] = bpf_program__fd(program(s, i));
	return n;
}

void fl_source_detach_program(struct fl_source *s, size_t index)
{
	bpf_link__destroy(s->link[index]);
	s->link[index] = NULL;
}

__u64 fl_source_misses(const struct fl_source *s, size_t index)
{
	__u64 n = fl_prog_misses(program(s, index));

	/* the kprobes' own misses are added to those of the first program */
	return index ? n : n + fl_callsites_misses(s->callsites);
}

void fl_source_close(struct fl_source *s)
{
	unload(s);
	memset(s, 0, sizeof(*s));
}
