/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outcome of attempts: added to, or subtracted from, what was counted when they began.
 *
 * A program never interrupts itself on a CPU, but another program may run between the load and the
 * store of an increment. Therefore the programs that see writes begin have slot_counts for
 * themselves, and need no atomics; all others add here, atomically. Sums wrap: a count here may be
 * "less than 0".
 */
#ifndef FUSELENS_SETTLED_BPF_H
#define FUSELENS_SETTLED_BPF_H

#include "pointers.bpf.h"
#include "state.bpf.h"
#include "writers.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_counts);
} settled_counts SEC(".maps");

static __always_inline void settle(__u32 slot, __u32 cell, __s64 writes, __s64 bytes)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&settled_counts, &slot);

	if (!c || cell >= FL_MODES * FL_NATURES)
		return;
	__sync_fetch_and_add(&(&c->cell[0][0])[cell], writes);
	__sync_fetch_and_add(&c->counter[FL_COUNT_BYTES], bytes);
}

static __always_inline void settle_counter(__u32 slot, enum fl_counter what, __s64 n)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&settled_counts, &slot);

	if (c)
		__sync_fetch_and_add(&c->counter[what], n);
}

/* An attempt wrote nothing. */
static __always_inline void settle_failed(__u32 slot, int error)
{
	settle_counter(slot, error == -EAGAIN ? FL_COUNT_RETRIED : FL_COUNT_FAILED, 1);
}

/* A slot and one of its cells in one word: the file and the kind of a write. */
#define WHERE_CELL_SHIFT 24
#define WHERE_SLOT_MASK	 ((1u << WHERE_CELL_SHIFT) - 1)
#define WHERE_CELL_MASK	 63u
#define WHERE_OUTSIDE	 (1u << 30) /* by a task outside the family */
#define WHERE_MARK	 (1u << 31) /* a bit for the code that stores the word */

static __always_inline __u32 where_of(__u32 slot, __u32 cell)
{
	return slot | cell << WHERE_CELL_SHIFT;
}

static __always_inline __u32 slot_at(__u32 where)
{
	return where & WHERE_SLOT_MASK;
}

static __always_inline __u32 cell_at(__u32 where)
{
	return where >> WHERE_CELL_SHIFT & WHERE_CELL_MASK;
}

/* writer: its place, see writers.bpf.h. */
static __always_inline void settle_at(__u32 where, __u32 writer, __s64 writes, __s64 bytes)
{
	settle(slot_at(where), cell_at(where), writes, bytes);
	settle_writer(writer, slot_at(where), writes);
	if (unlikely(where & WHERE_OUTSIDE))
		settle_counter(slot_at(where), FL_COUNT_OUTSIDE, writes);
}

#endif
