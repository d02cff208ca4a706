/* SPDX-License-Identifier: GPL-2.0-only */
/* Fine histograms of times, and the waits for a file's locks that are kept in them. Pure. */
#ifndef FL_SNAPSHOT_WAITS_H
#define FL_SNAPSHOT_WAITS_H

#include <linux/types.h>
#include "bpf/abi.h"

struct fl_snapshot;
struct fl_json_reader;
struct json_object;

/* The middle of a bucket, and the quantile q in 0..1 of the times, in ns; 0 where there are none. */
__u64 fl_site_bucket_ns(int bucket);
__u64 fl_site_quantile(const struct fl_site_times *t, double q);
__u64 fl_site_count(const struct fl_site_times *t);

/* The waits of all files. The caller frees it; NULL when out of memory. */
struct fl_waits *fl_waits_sum(const struct fl_snapshot *s);

/* JSON; and back from the object under key, which the caller frees. r says whether it was one. */
struct json_object *fl_waits_to_json(const struct fl_waits *w);
struct fl_waits *fl_waits_from_json(struct fl_json_reader *r, struct json_object *o,
				    const char *key);

#endif
