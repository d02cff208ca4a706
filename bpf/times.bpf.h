/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms of times (struct fl_hist): finding the bucket, and adding. */
#ifndef FUSELENS_TIMES_BPF_H
#define FUSELENS_TIMES_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

#define TIMES_4(n)  n, n, n, n
#define TIMES_16(n) TIMES_4(n), TIMES_4(n), TIMES_4(n), TIMES_4(n)
#define TIMES_64(n) TIMES_16(n), TIMES_16(n), TIMES_16(n), TIMES_16(n)

/* The place of the highest bit of a value below 256. */
static const __u8 top_bit[256] = {
	0,	     0,		  1,	       1,	    TIMES_4(2),	 TIMES_4(3),  TIMES_4(3),
	TIMES_16(4), TIMES_16(5), TIMES_16(5), TIMES_64(6), TIMES_64(7), TIMES_64(7),
};

/* Goes byte by byte: most times have at most two bytes. */
static __always_inline __u32 time_bucket(__u64 ns)
{
	__u32 l;

	if (ns < 8)
		return ns;
	if (ns < 1ull << 8)
		l = top_bit[ns];
	else if (ns < 1ull << 16)
		l = 8 + top_bit[ns >> 8];
	else if (ns < 1ull << 24)
		l = 16 + top_bit[ns >> 16];
	else if (ns < 1ull << 32)
		l = 24 + top_bit[ns >> 24];
	else if (ns < 1ull << 36)
		l = 32 + top_bit[ns >> 32];
	else
		return FL_HIST_BUCKETS - 1;
	return 8 * l + (ns >> (l - 3) & 7);
}

/*
 * On a CPU's own histogram. Without the barrier clang compares what the bucket is computed from, and the kernel does
 * not see that this bounds the bucket.
 */
static __always_inline void add_time(struct fl_hist *t, __u64 ns)
{
	__u32 b = time_bucket(ns);

	barrier_var(b);
	if (b < FL_HIST_BUCKETS)
		t->bucket[b]++;
	t->sum_ns += ns;
}

/* On one that all CPUs share. */
static __always_inline void add_time_atomic(struct fl_hist *t, __u64 ns)
{
	__u32 b = time_bucket(ns);

	barrier_var(b);
	if (b < FL_HIST_BUCKETS)
		__sync_fetch_and_add(&t->bucket[b], 1);
	__sync_fetch_and_add(&t->sum_ns, ns);
}

#endif
