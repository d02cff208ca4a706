/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate between what is hooked and what is counted. All programs of a collector attach before the gate
 * opens and detach after it has closed, so that they count the same stretch of time, however long
 * attaching takes.
 *
 * A write passes if the gate is open when the write begins. Whatever the write does then passes too,
 * even after the gate has closed: no take is counted without its write, and no write without its takes.
 * Where takes are counted, each write leaves a mark of how it came to the gate, and user space waits for
 * the writes inside before it detaches anything. What is not part of a write, such as a completion in a
 * worker, passes while the gate is open.
 */
#ifndef FUSELENS_GATE_BPF_H
#define FUSELENS_GATE_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

/* Whether the gate is open. One for all objects, as is the map below: the first that is loaded makes them. */
__u64 gate_open SEC(".data.gate");

/* The writes of tasks that are at the gate, for the methods that have programs for takes. */
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

/* The mark of the current task's write (enum fl_gate_mark); 0 if no write of it was seen to begin. */
static __always_inline __u64 gate_mark(__u64 *place)
{
	__u64 mark = *place;

	return (mark & ~FL_GATE_MARKS) == bpf_get_current_task() ? mark & FL_GATE_MARKS : 0;
}

/* The current task begins a write. Marks it, and returns whether it passes. */
static __always_inline bool gate_enter(void)
{
	struct fl_gate *g = the_gate();
	__u64 *place;

	if (!g)
		return false;
	place = gate_place(g);
	/*
	 * First mark the write as inside, then look at the gate, with a full barrier in between. So
	 * whoever closes the gate and then finds nobody inside has not overlooked this write. An
	 * exchange is such a barrier on every machine: BPF's atomic operations that return a value
	 * are, and arm64 makes it one instruction (swpal) or puts a barrier (dmb) behind it.
	 */
	__sync_lock_test_and_set(place, bpf_get_current_task() | FL_GATE_INSIDE);
	if (gate_open)
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
	return mark ? mark != FL_GATE_OUTSIDE : gate_open;
}

/* The same; and marks the current task's write as counted, so that nobody waits for it. */
static __always_inline bool gate_leave_counted(void)
{
	struct fl_gate *g = the_gate();
	__u64 *place, mark;

	if (!g)
		return false;
	place = gate_place(g);
	mark = gate_mark(place);
	if (mark == FL_GATE_INSIDE)
		*place = bpf_get_current_task() | FL_GATE_COUNTED;
	return mark ? mark != FL_GATE_OUTSIDE : gate_open;
}

/* The current task's write has ended, and has been counted. Removes its mark. */
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
