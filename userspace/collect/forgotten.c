// SPDX-License-Identifier: GPL-2.0-only
#include "collect/forgotten.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* Which facts about the flag are known, without their numbers: a value below 16. */
static __u32 known_bits(const struct fl_flag_knowledge *k)
{
	return (k->opens_seen ? 1 : 0) | (k->opens_asked ? 2 : 0) | (k->effective_set ? 4 : 0) |
	       (k->effective_unset ? 8 : 0);
}

__u32 fl_forgotten_id(const struct fl_file_counts *f)
{
	return 1 + f->route * 16 + known_bits(&f->flag);
}

static struct fl_file_counts *sum_for(struct fl_forgotten *k, const struct fl_file_counts *f,
				      __u32 dev)
{
	struct fl_file_counts *sum;

	for (size_t i = 0; i < k->n; i++) {
		sum = &k->sum[i];
		if (sum->dev == dev && sum->route == f->route &&
		    known_bits(&sum->flag) == known_bits(&f->flag))
			return sum;
	}
	if (dev && k->n >= FL_FORGOTTEN_MAX)
		return sum_for(k, f, 0);
	sum = &k->sum[k->n++];
	memset(sum, 0, sizeof(*sum));
	sum->slot = fl_forgotten_id(f);
	sum->is_other = true;
	sum->dev = dev;
	sum->route = f->route;
	return sum;
}

int fl_forgotten_reserve(struct fl_forgotten *k)
{
	if (!FL_MORE(k->sum, k->n))
		return -1;
	if (!k->spare)
		k->spare = calloc(1, sizeof(*k->spare));
	if (!k->spare_holders)
		k->spare_holders = calloc(1, sizeof(*k->spare_holders));
	return k->spare && k->spare_holders ? 0 : -1;
}

void fl_forgotten_add(struct fl_forgotten *k, const struct fl_file_counts *f)
{
	struct fl_file_counts *sum = sum_for(k, f, f->dev);

	if (f->hists && !sum->hists) {
		sum->hists = k->spare;
		k->spare = NULL;
	}
	if (f->holders && !sum->holders) {
		sum->holders = k->spare_holders;
		k->spare_holders = NULL;
	}
	fl_file_counts_add(sum, f);
	sum->has_takes |= f->has_takes;
	fl_add_words(&sum->flag, &f->flag, sizeof(sum->flag));
}

void fl_forgotten_move(struct fl_forgotten *k, struct fl_file_counts *list, size_t *n)
{
	for (size_t i = 0; i < k->n; i++)
		list[(*n)++] = k->sum[i];
	k->n = 0;
}

void fl_forgotten_free(struct fl_forgotten *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->sum[i].hists);
		free(k->sum[i].holders);
	}
	free(k->sum);
	free(k->spare);
	free(k->spare_holders);
	memset(k, 0, sizeof(*k));
}
