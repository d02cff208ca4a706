// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/hist.h"

#include <string.h>

__u64 fl_hist_count(const struct fl_hist *h)
{
	__u64 n = 0;

	for (int i = 0; i < FL_HIST_BUCKETS; i++)
		n += h->bucket[i];
	return n;
}

/* Where a bucket ends. */
static __u64 end_ns(int bucket)
{
	if (bucket < 8)
		return bucket + 1;
	return bucket < 24 ? 0 : (9ull + bucket % 8) << (bucket / 8 - 3);
}

/* The bucket that holds a quantile; -1 for an empty histogram. */
static int bucket_at(const struct fl_hist *h, double q)
{
	__u64 n = fl_hist_count(h), seen = 0;

	for (int i = 0; n && i < FL_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen && seen >= q * n)
			return i;
	}
	return -1;
}

__u64 fl_hist_quantile(const struct fl_hist *h, double q)
{
	int i = bucket_at(h, q);

	return i < 0 ? 0 : end_ns(i);
}

void fl_hist_add(struct fl_hist *a, const struct fl_hist *b)
{
	fl_add_words(a, b, sizeof(*a));
}

void fl_hists_sum(const struct fl_snapshot *s, struct fl_slot_hists *all)
{
	memset(all, 0, sizeof(*all));
	for (size_t i = 0; i < s->nfiles; i++)
		for (int k = 0; s->file[i].hists && k < FL_HISTS; k++)
			fl_hist_add(&all->hist[k], &s->file[i].hists->hist[k]);
}

__u64 fl_hist_bucket_ns(int bucket)
{
	int l = bucket / 8, f = bucket % 8;

	if (bucket < 8)
		return bucket;
	if (l < 3)
		return 0; /* each time below 8 ns has its own bucket, so these buckets stay empty */
	return ((8ull + f) << (l - 3)) + (1ull << (l - 3)) / 2;
}

__u64 fl_hist_middle(const struct fl_hist *h, double q)
{
	__u64 n = fl_hist_count(h), seen = 0, wanted = (__u64)(q * (double)n);

	for (int i = 0; i < FL_HIST_BUCKETS && n; i++) {
		seen += h->bucket[i];
		if (seen > wanted || seen == n)
			return fl_hist_bucket_ns(i);
	}
	return 0;
}

struct fl_octaves fl_hist_octaves(const struct fl_hist *h)
{
	struct fl_octaves o = {};
	int octave = 0;

	for (int i = 0; i < FL_HIST_BUCKETS; i++) {
		while (h->bucket[i] && octave + 1 < FL_HIST_OCTAVES && end_ns(i) > 1ull << octave)
			octave++;
		o.bucket[octave] += h->bucket[i];
	}
	return o;
}
