/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of its places among the writers a process gets. A unit test compiles this, too. Who includes it has the array
 * `writers`.
 */
#ifndef FUSELENS_CHOOSE_WRITER_H
#define FUSELENS_CHOOSE_WRITER_H

#include "abi.h"

static __always_inline __u32 writer_place(__u64 key)
{
	return (key * 0x9e3779b97f4a7c15ull) >> (64 - FL_WRITER_BITS);
}

static __always_inline struct fl_writer *writer_at(__u32 place)
{
	return &writers[place & (FL_WRITERS - 1)];
}

/* Defined elsewhere, for each form: the writes in batches that are not added to the place yet. */
static __always_inline __u64 batched_for(const struct fl_writer *w);

/* What is lost if the place is given to another process; 0: nothing. */
static __always_inline __u64 worth_of(const struct fl_writer *w)
{
	if (!w->key)
		return 0;
	if (w->key == FL_WRITER_CLAIMED)
		return ~0ull;
	return 1 + w->writes + w->settled + batched_for(w);
}

/* Finds the key among its places; else a free place, or that of the process that wrote least. */
static __always_inline __u32 choose_writer(__u64 key)
{
	__u32 first = writer_place(key), best = first;
	__u64 least = ~0ull;

	for (int i = 0; i < FL_WRITER_PROBES; i++) {
		struct fl_writer *w = writer_at(first + i);
		__u64 worth;

		if (w->key == key)
			return (first + i) & (FL_WRITERS - 1);
		worth = worth_of(w);
		if (worth < least) {
			least = worth;
			best = first + i;
		}
	}
	return best & (FL_WRITERS - 1);
}

#endif
