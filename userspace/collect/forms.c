// SPDX-License-Identifier: GPL-2.0-only
/* The forms of the state method and the global one. The callsite form is in callsites.c. */
#include "collect/source.h"

#include "collect/bpf_object.h"
#include "kernel/kernel.h"

#include "global.skel.h"
#include "state_fentry.skel.h"
#include "state_tp.skel.h"

enum {
	TP_ITERATES = 5,
};

static const struct fl_prog state_tp_progs[] = {
	{"dio_begin", true, true, "direct writes to backing files"},
	{"request_send", true, true, "direct and cached writes through the daemon"},
	{"xfs_buffered_write", false, true, "buffered writes to backing files"},
	{"dio_complete", true, true, "which direct writes wrote"},
	{"xfs_bounce", false, true, "direct writes that XFS does through the page cache"},
	[TP_ITERATES] = {"iomap_iterates", false, true, "which buffered writes wrote"},
	{"uring_punts", false, false, "whether io_uring tried writes that nothing saw"},
	{"xfs_makes_room", false, true, "that XFS tries a buffered write again"},
	{"write_back_failed", false, true, "which buffered writes fail as they are synced"},
	{"task_exits", false, true, "which writes were given up as their tasks were killed"},
	{"request_end", false, false, "what daemons ask for when files are opened"},
};

static const struct fl_form form_state_tp = {
	.method = FL_METHOD_STATE_TP,
	.needs = "needs BTF, CAP_BPF, CAP_PERFMON and fuse's tracepoints (v6.11)",
	.elf = state_tp_bpf__elf_bytes,
	.prog = state_tp_progs,
	.nprogs = sizeof(state_tp_progs) / sizeof(state_tp_progs[0]),
	.on_demand = TP_ITERATES,
	.counts_writes = true,
};

enum {
	FENTRY_DIRECT = 2,
	FENTRY_PASSTHROUGH_END = 7,
	FENTRY_DIRECT_END = 8,
};

static const struct fl_prog state_fentry_progs[] = {
	{"write_entry", true, true, "every write's beginning"},
	{"passthrough_locked", true, true, "passthrough writes"},
	[FENTRY_DIRECT] = {"direct_locked", false, true,
			   "the lock of direct writes that other tasks send"},
	{"write_exit", true, true, "hold times"},
	{"request_send", false, true, "cached writes"},
	{"splice_ended", false, false, "splice writes"},
	{"request_end", false, false, "what daemons ask for when files are opened"},
	[FENTRY_PASSTHROUGH_END] = {"passthrough_ended", false, true,
				    "which queued passthrough writes wrote"},
	[FENTRY_DIRECT_END] = {"direct_ended", false, true, "which queued direct writes wrote"},
	{"iomap_locked", false, true, "writes that fs/fuse does by iomap", .of_iomap = true},
	{"iomap_ended", false, true, "which of those that are queued wrote", .of_iomap = true},
};

static int configure_fentry(struct fl_source *s, const struct fl_source_opts *o, struct fl_err *err)
{
	bool by_function = s->available[FENTRY_DIRECT];
	bool passthrough_end = s->available[FENTRY_PASSTHROUGH_END];
	/* without it, writes are not remembered where direct_locked() would do so */
	bool direct_end = by_function && s->available[FENTRY_DIRECT_END];
	int bad = 0;

	bad |= fl_set_rodata(s->obj, "direct_by_function", &by_function, sizeof(by_function));
	bad |= fl_set_rodata(s->obj, "sees_passthrough_end", &passthrough_end,
			     sizeof(passthrough_end));
	bad |= fl_set_rodata(s->obj, "sees_direct_end", &direct_end, sizeof(direct_end));
	bad |= fl_set_rodata(s->obj, "timed_in", &o->timed_in, sizeof(o->timed_in));
	bad |= fl_set_rodata(s->obj, "hist_slots", &o->hist_slots, sizeof(o->hist_slots));
	return bad ? fl_err(err, "the BPF object and the collector do not fit together") : 0;
}

static const struct fl_form form_state_fentry = {
	.method = FL_METHOD_STATE_FENTRY,
	.needs =
		"trampolines are refused under lockdown, without CONFIG_FUNCTION_TRACER, or where fuse is a module without BTF; the tracepoint form needs none",
	.elf = state_fentry_bpf__elf_bytes,
	.prog = state_fentry_progs,
	.nprogs = sizeof(state_fentry_progs) / sizeof(state_fentry_progs[0]),
	.counts_writes = true,
	.has_hists = true,
	.sees_entry = true,
	.configure = configure_fentry,
};

/*
 * Programs are attached from last to first. Scopes stand first, so they are attached last, their
 * ends before their beginnings. Thus a lock hook without a scope counts nothing, and no scope stays
 * open.
 */
static const struct fl_prog global_progs[] = {
	{"take_write_entry", true, false, "takes"},
	{"take_write_exit", true, false, "takes"},
	{"take_update_entry", true, false, "completions"},
	{"take_update_exit", true, false, "completions"},
	{"take_down_write", true, false, "exclusive takes"},
	{"take_down_write_nested", false, false, "takes by down_write_nested()"},
	{"take_down_write_killable", false, false, "takes by down_write_killable()"},
	{"take_down_write_trylock", false, false, "takes by down_write_trylock()"},
	{"take_down_read", true, false, "shared takes"},
	{"take_down_read_nested", false, false, "takes by down_read_nested()"},
	{"take_down_read_killable", false, false, "takes by down_read_killable()"},
	{"take_down_read_trylock", false, false, "takes by down_read_trylock()"},
	{"take__raw_spin_lock", true, false, "takes of fi->lock"},
};

/* The offset of fi->lock: from BTF, else from the code of fuse_write_update_attr(). */
int fl_configure_takes(struct fl_source *s, const struct fl_source_opts *o, struct fl_err *err)
{
	struct fl_lock_offsets at = fl_kernel_lock_offsets(o->kernel);
	__u64 offset;

	if (at.fi_lock < 0 && o->map)
		at.fi_lock = o->map->fi_lock_offset;
	if (at.fi_lock < 0)
		return fl_err(err, "where fi->lock lies in struct fuse_inode is not known");
	offset = at.fi_lock;
	if (fl_set_rodata(s->obj, "fi_lock_offset", &offset, sizeof(offset)) ||
	    fl_set_rodata(s->obj, "writes_come_marked", &o->writes_are_seen,
			  sizeof(o->writes_are_seen)))
		return fl_err(err, "the BPF object and the collector do not fit together");
	return 0;
}

static const struct fl_form form_global = {
	.method = FL_METHOD_GLOBAL,
	.needs = "the callsite method counts these takes",
	.elf = global_bpf__elf_bytes,
	.prog = global_progs,
	.nprogs = sizeof(global_progs) / sizeof(global_progs[0]),
	.kept = true,
	.configure = fl_configure_takes,
};

const struct fl_form *const fl_forms[FL_METHODS] = {
	[FL_METHOD_STATE_TP] = &form_state_tp,
	[FL_METHOD_STATE_FENTRY] = &form_state_fentry,
	[FL_METHOD_CALLSITE] = &fl_form_callsite,
	[FL_METHOD_GLOBAL] = &form_global,
};

const enum fl_method fl_methods_in_order[FL_METHODS] = {
	FL_METHOD_STATE_FENTRY,
	FL_METHOD_STATE_TP,
	FL_METHOD_CALLSITE,
	FL_METHOD_GLOBAL,
};
