/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of times in ns, as the BPF programs fill them: those of waits and holds have a bucket an octave, fine
 * ones have eight. Pure.
 */
#ifndef FL_HIST_H
#define FL_HIST_H

#include "snapshot/snapshot.h"

__u64 fl_hist_count(const struct fl_hist *h);
/*
 * Upper bound in ns of the bucket that holds the q-quantile (0 < q <= 1): a share of q of the writes took less
 * than this. 0 for an empty histogram.
 */
__u64 fl_hist_quantile(const struct fl_hist *h, double q);
/* Adds b to a. */
void fl_hist_add(struct fl_hist *a, const struct fl_hist *b);
/* The histograms of all files of a snapshot together. */
void fl_hists_sum(const struct fl_snapshot *s, struct fl_slot_hists *all);

__u64 fl_fine_hist_count(const struct fl_fine_hist *h);
/* The middle of a bucket in ns. */
__u64 fl_fine_hist_bucket_ns(int bucket);
/* The middle of the bucket that holds the quantile q in 0..1, in ns; 0 for an empty histogram. */
__u64 fl_fine_hist_quantile(const struct fl_fine_hist *h, double q);

#endif
