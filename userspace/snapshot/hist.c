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

__u64 fl_hist_quantile(const struct fl_hist *h, double q)
{
	__u64 n = fl_hist_count(h), seen = 0;

	for (int i = 0; n && i < FL_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= q * n)
			return 1ull << i;
	}
	return 0;
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

__u64 fl_fine_hist_bucket_ns(int bucket)
{
	int l = bucket / 8, f = bucket % 8;

	if (bucket < 8)
		return bucket;
	if (l < 3)
		return 0; /* each time below 8 ns has its own bucket, so these buckets stay empty */
	return ((8ull + f) << (l - 3)) + (1ull << (l - 3)) / 2;
}

__u64 fl_fine_hist_count(const struct fl_fine_hist *h)
{
	__u64 n = 0;

	for (int i = 0; i < FL_FINE_HIST_BUCKETS; i++)
		n += h->bucket[i];
	return n;
}

__u64 fl_fine_hist_quantile(const struct fl_fine_hist *h, double q)
{
	__u64 n = fl_fine_hist_count(h), seen = 0, wanted = (__u64)(q * (double)n);

	for (int i = 0; i < FL_FINE_HIST_BUCKETS && n; i++) {
		seen += h->bucket[i];
		if (seen > wanted || seen == n)
			return fl_fine_hist_bucket_ns(i);
	}
	return 0;
}
