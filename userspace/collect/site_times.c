// SPDX-License-Identifier: GPL-2.0-only
#include "collect/site_times.h"

#include <string.h>

/* With fewer samples the cold caches of the first passes distort the result. */
#define MIN_SAMPLES 64

static __u64 minus(__u64 a, __u64 b)
{
	return a > b ? a - b : 0;
}

void fl_site_wait_of(const struct fl_hist *pair, const struct fl_hist *own,
		     struct fl_site_wait *wait)
{
	__u64 base;

	memset(wait, 0, sizeof(*wait));
	wait->count = fl_hist_count(pair);
	if (wait->count < MIN_SAMPLES || fl_hist_count(own) < MIN_SAMPLES)
		return;
	wait->measured = true;
	base = fl_hist_middle(own, 0.5);
	wait->pair_ns = base;
	/*
	 * A difference below this means nothing. It is the larger of two: the spread of the pair's
	 * own time, and the width of a bucket.
	 */
	wait->resolution_ns = minus(fl_hist_middle(own, 0.9), fl_hist_middle(own, 0.1));
	if (wait->resolution_ns < base / 8)
		wait->resolution_ns = base / 8;
	wait->p50_ns = minus(fl_hist_middle(pair, 0.5), base);
	wait->p99_ns = minus(fl_hist_middle(pair, 0.99), base);
	wait->mean_ns = minus(pair->sum_ns / wait->count, own->sum_ns / fl_hist_count(own));
}
