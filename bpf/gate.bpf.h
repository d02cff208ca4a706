/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate between what is hooked and what is counted. Programs that count takes and those that count
 * writes go in and out one after the other, which takes a second or two on a machine with work to do. So
 * that they all count the same stretch of time, they count what passes one gate, which user space opens
 * after the last has gone in and closes before the first goes out.
 *
 * A write passes if the gate is open when it begins, and all that it does passes with it, wherever the
 * gate stands by then: no take is counted without its write, nor a write without its take. User space
 * waits for those inside before it detaches anything. What is done outside of writes, such as completions
 * in workers, passes while the gate is open.
 */
#ifndef FUSELENS_GATE_BPF_H
#define FUSELENS_GATE_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

/* One for all objects: the first that is loaded makes it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fl_gate);
} gate SEC(".maps");

static __always_inline struct fl_gate *the_gate(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&gate, &zero);
}

static __always_inline __u64 *gate_place(struct fl_gate *g)
{
	return &g->write[bpf_get_current_pid_tgid() & (FL_GATE_PLACES - 1)];
}

/* What became of the current task's write at the gate; 0 where it is in none that was seen to begin. */
static __always_inline __u64 gate_mark(__u64 *place)
{
	__u64 mark = *place;

	return (mark & ~FL_GATE_MARKS) == bpf_get_current_task() ? mark & FL_GATE_MARKS : 0;
}

static __always_inline bool gate_is_open(void)
{
	struct fl_gate *g = the_gate();

	return g && g->open;
}

/* The current task begins a write: whether it passes. */
static __always_inline bool gate_begin(void)
{
	struct fl_gate *g = the_gate();
	__u64 *place;

	if (!g)
		return false;
	place = gate_place(g);
	/*
	 * Inside first, and only then a look at the gate, with a full barrier between the two: whoever
	 * closes the gate and then finds nobody inside must not have overlooked this one.
	 */
	__sync_lock_test_and_set(place, bpf_get_current_task() | FL_GATE_INSIDE);
	if (g->open)
		return true;
	*place = bpf_get_current_task() | FL_GATE_OUTSIDE;
	return false;
}

/* Whether what the current task does passes. */
static __always_inline bool gate_passed(void)
{
	struct fl_gate *g = the_gate();
	__u64 mark;

	if (!g)
		return false;
	mark = gate_mark(gate_place(g));
	return mark ? mark != FL_GATE_OUTSIDE : g->open;
}

/* The same, and the current task's write need not be waited for any more. */
static __always_inline bool gate_counted(void)
{
	struct fl_gate *g = the_gate();
	__u64 *place, mark;

	if (!g)
		return false;
	place = gate_place(g);
	mark = gate_mark(place);
	if (mark == FL_GATE_INSIDE)
		*place = bpf_get_current_task() | FL_GATE_COUNTED;
	return mark ? mark != FL_GATE_OUTSIDE : g->open;
}

/* The current task's write has ended, and been counted. */
static __always_inline void gate_end(void)
{
	struct fl_gate *g = the_gate();
	__u64 *place;

	if (!g)
		return;
	place = gate_place(g);
	if (gate_mark(place))
		*place = 0;
}

#endif
