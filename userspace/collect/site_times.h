/* SPDX-License-Identifier: GPL-2.0-only */
/* From times between two probes to a wait: what a probe pair takes by itself is taken off. Pure. */
#ifndef FL_SITE_TIMES_H
#define FL_SITE_TIMES_H

#include "snapshot/snapshot.h"

/* The middle of a bucket, and the quantile q in 0..1 of the times, in ns; 0 where there are none. */
__u64 fl_site_bucket_ns(int bucket);
__u64 fl_site_quantile(const struct fl_site_times *t, double q);
__u64 fl_site_count(const struct fl_site_times *t);
/*
 * The wait at a site: pair is what was timed around the call, own what a pair around one plain
 * instruction takes. measured is false where there are too few of either.
 */
void fl_site_wait_of(const struct fl_site_times *pair, const struct fl_site_times *own,
		     struct fl_site_wait *wait);

#endif
