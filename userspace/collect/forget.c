// SPDX-License-Identifier: GPL-2.0-only
/* Removes files that nobody writes any more, to make room for others. */
#include "collect/collector_impl.h"

/*
 * Looks at a file, and remembers how much was counted for it. Returns whether that is as much as at
 * the last look.
 */
static bool found_idle(struct fl_collector *c, struct fl_claim *claim)
{
	__u64 before = claim->counted, unread;
	bool looked_at = claim->looked_at;

	if (fl_collector_unread(c, claim, &unread))
		return false;
	claim->counted = claim->read + unread;
	claim->looked_at = true;
	return looked_at && claim->counted == before;
}

void fl_collector_forget(struct fl_collector *c)
{
	struct fl_file_counts f;
	__u64 now;

	if (!c->forget_after_ns || fl_collector_end(c))
		return;
	now = fl_now_ns();
	if (now - c->forget_looked_ns < c->forget_after_ns)
		return;
	c->forget_looked_ns = now;
	if (fl_slot_table_update(&c->table) || c->table.nclaims < c->table.nslots / 2)
		return;
	fl_batches_look(&c->batches);
	fl_writer_table_sweep(&c->writers);
	for (size_t i = c->table.nclaims; i-- > 0;) {
		if (!found_idle(c, &c->table.claim[i]) || fl_forgotten_reserve(&c->forgotten) ||
		    fl_collector_drain_claim(c, &c->table.claim[i], &f))
			continue;
		if (fl_collector_counted(&f))
			fl_forgotten_add(&c->forgotten, &f);
		fl_slot_table_release(&c->table, i);
		fl_file_counts_free(&f);
	}
}
