/* SPDX-License-Identifier: GPL-2.0-only */
/* Fine histograms of times (struct fl_fine_hist): finding the bucket, and adding. */
#ifndef FUSELENS_TIMES_BPF_H
#define FUSELENS_TIMES_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

static __always_inline __u32 time_bucket(__u64 ns)
{
	__u32 l = 0;
	__u64 n = ns;

	if (ns < 8)
		return ns;
	if (n >> 16) {
		n >>= 16;
		l += 16;
	}
	if (n >> 8) {
		n >>= 8;
		l += 8;
	}
	if (n >> 4) {
		n >>= 4;
		l += 4;
	}
	if (n >> 2) {
		n >>= 2;
		l += 2;
	}
	if (n >> 1)
		l += 1;
	l = 8 * l + ((ns >> (l - 3)) & 7);
	return l < FL_FINE_HIST_BUCKETS ? l : FL_FINE_HIST_BUCKETS - 1;
}

/* On a CPU's own histogram. */
static __always_inline void add_time(struct fl_fine_hist *t, __u64 ns)
{
	__u32 b = time_bucket(ns);

	if (b < FL_FINE_HIST_BUCKETS)
		t->bucket[b]++;
	t->sum_ns += ns;
}

/* On one that all CPUs share. */
static __always_inline void add_time_atomic(struct fl_fine_hist *t, __u64 ns)
{
	__u32 b = time_bucket(ns);

	if (b < FL_FINE_HIST_BUCKETS)
		__sync_fetch_and_add(&t->bucket[b], 1);
	__sync_fetch_and_add(&t->sum_ns, ns);
}

#endif
