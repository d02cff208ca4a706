// SPDX-License-Identifier: GPL-2.0-only
/* The target's sums, for who looks often: nothing is drained by that. */
#include "collect/collector_impl.h"

static void add_to_sample(struct fl_sample *sample, const struct fl_slot_counts *counts,
			  const struct fl_slot_takes *takes)
{
	for (int mode = 0; mode < FL_MODES; mode++) {
		for (int nature = 0; nature < FL_NATURES; nature++) {
			__u64 n = counts->cell[mode][nature];

			sample->writes += n;
			if (mode == FL_MODE_SHARED)
				sample->shared += n;
			else if (mode != FL_MODE_UNKNOWN)
				sample->exclusive += n;
		}
	}
	sample->fi_lock += takes->take[FL_SITE_FI_LOCK];
}

/* An upgraded write took the lock twice and ran exclusively. */
static void add_writes_from_takes(struct fl_sample *sample, const struct fl_slot_takes *takes)
{
	__u64 upgrades = takes->take[FL_SITE_UPGRADE], shared = takes->take[FL_SITE_SHARED];
	__u64 exclusive = takes->take[FL_SITE_EXCLUSIVE] + upgrades;

	shared = shared > upgrades ? shared - upgrades : 0;
	sample->exclusive += exclusive;
	sample->shared += shared;
	sample->writes += exclusive + shared;
}

void fl_collector_add_to_sample(const struct fl_collector *c, struct fl_sample *sample,
				const struct fl_slot_counts *counts,
				const struct fl_slot_takes *takes)
{
	add_to_sample(sample, counts, takes);
	if (fl_collector_takes_only(c))
		add_writes_from_takes(sample, takes);
}

static void raise_to(__u64 *n, __u64 least)
{
	if (*n < least)
		*n = least;
}

/* Writes that are on their way from a batch to their slot (bpf/scopes.bpf.h) are not seen: the next sample has them. */
static void never_go_back(struct fl_sample *sample, struct fl_sample *last)
{
	raise_to(&sample->writes, last->writes);
	raise_to(&sample->exclusive, last->exclusive);
	raise_to(&sample->shared, last->shared);
	raise_to(&sample->fi_lock, last->fi_lock);
	*last = *sample;
}

void fl_collector_sample(struct fl_collector *c, struct fl_sample *sample)
{
	struct fl_slot_counts counts;
	struct fl_slot_takes takes;

	*sample = c->sum;
	/* if memory is out, new claims are read next time */
	fl_slot_table_update(&c->table);
	fl_batches_look(&c->batches);
	for (size_t i = 0; i <= c->table.nclaims; i++) {
		__u32 slot = i ? c->table.claim[i - 1].slot : 0;

		if (!fl_percpu_values_peek(&c->counts, slot, &counts) &&
		    !fl_percpu_values_peek(&c->takes, slot, &takes))
			fl_collector_add_to_sample(c, sample, &counts, &takes);
	}
	sample->has_fi_lock = fl_collector_takes(c);
	never_go_back(sample, &c->sampled);
	sample->t_ns = fl_now_ns();
}

__u64 fl_collector_writes(struct fl_collector *c)
{
	struct fl_sample sample;

	fl_collector_sample(c, &sample);
	return sample.writes;
}
