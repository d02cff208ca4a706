/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms of times in ns, as the BPF programs fill them, with eight buckets an octave. Pure. */
#ifndef FL_HIST_H
#define FL_HIST_H

#include "snapshot/snapshot.h"

struct fl_json_reader;
struct json_object;

__u64 fl_hist_count(const struct fl_hist *h);
/*
 * Upper bound in ns of the bucket that holds the q-quantile (0 < q <= 1): a share of q of the writes took less
 * than this. 0 for an empty histogram.
 */
__u64 fl_hist_quantile(const struct fl_hist *h, double q);
/* The middle of the bucket that holds the quantile q in 0..1, in ns; 0 for an empty histogram. */
__u64 fl_hist_middle(const struct fl_hist *h, double q);
/* The middle of a bucket in ns. */
__u64 fl_hist_bucket_ns(int bucket);
/* Adds b to a. */
void fl_hist_add(struct fl_hist *a, const struct fl_hist *b);
/* The histograms of all files of a snapshot together. */
void fl_hists_sum(const struct fl_snapshot *s, struct fl_slot_hists *all);

/* The same with one bucket an octave: bucket b holds [2^(b-1), 2^b) ns; bucket 0 holds 0 ns. */
#define FL_HIST_OCTAVES 37
struct fl_octaves {
	__u64 bucket[FL_HIST_OCTAVES];
};
struct fl_octaves fl_hist_octaves(const struct fl_hist *h);

/* The buckets that are not empty, by their middles, and the sum; added to an object, and read from one. */
void fl_hist_to_json(const struct fl_hist *h, struct json_object *o);
void fl_hist_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_hist *h);

#endif
