// SPDX-License-Identifier: GPL-2.0-only
#include "top/history.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static bool idle(const struct fl_top_past *p)
{
	for (int i = 0; i < FL_TOP_PAST; i++)
		if (p->rate[i] > 0)
			return false;
	return true;
}

/*
 * Removes entries that wrote nothing in all of the intervals, so that a million files that were
 * written once do not stay.
 */
static void drop_idle(struct fl_top_history *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++)
		if (!idle(&h->past[i]))
			h->past[kept++] = h->past[i];
	if (kept == h->n)
		return;
	h->n = kept;
	fl_index_free(&h->by_row);
	memset(&h->by_row, 0, sizeof(h->by_row));
	for (size_t i = 0; i < h->n; i++)
		fl_index_put(&h->by_row, h->past[i].dev, h->past[i].slot, i);
}

static struct fl_top_past *past_of(struct fl_top_history *h, __u32 dev, __u32 slot)
{
	__u32 place = fl_index_get(&h->by_row, dev, slot);

	if (place != FL_INDEX_NONE && place < h->n)
		return &h->past[place];
	if (!FL_MORE(h->past, h->n) || fl_index_put(&h->by_row, dev, slot, h->n))
		return NULL;
	h->past[h->n] = (struct fl_top_past){.dev = dev, .slot = slot};
	return &h->past[h->n++];
}

static void add_rows(struct fl_top_history *h, const struct fl_rows *rows)
{
	for (size_t i = 0; i < rows->n && rows->row[i].totals.writes; i++) {
		const struct fl_row *row = &rows->row[i];
		struct fl_top_past *p = past_of(h, row->dev, row->file ? row->file->slot : 0);

		if (p)
			p->rate[h->turn] = (float)fl_row_rate(row, row->totals.writes);
	}
}

void fl_top_history_add(struct fl_top_history *h, const struct fl_snapshot *interval,
			double seconds)
{
	struct fl_rows rows;

	/* one write in a very short time would be a rate of thousands, and flatten all others */
	if (interval->end_ns - interval->start_ns < seconds * 1e9 / 2)
		return;
	h->turn = (h->turn + 1) % FL_TOP_PAST;
	for (size_t i = 0; i < h->n; i++)
		h->past[i].rate[h->turn] = 0;
	drop_idle(h);
	if (!fl_rows_by_mount(interval, &rows)) {
		add_rows(h, &rows);
		fl_rows_free(&rows);
	}
	if (!fl_rows_by_file(interval, &rows)) {
		add_rows(h, &rows);
		fl_rows_free(&rows);
	}
}

char *fl_top_history_curve(const struct fl_top_history *h, __u32 dev, __u32 slot, bool utf8,
			   char *buf)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
	__u32 place = fl_index_get(&h->by_row, dev, slot);
	const struct fl_top_past *p = place < h->n ? &h->past[place] : NULL;
	float most = 0;

	buf[0] = '\0';
	for (int i = 0; p && i < FL_TOP_PAST; i++)
		if (p->rate[i] > most)
			most = p->rate[i];
	for (int i = 1; i <= FL_TOP_PAST; i++) {
		float rate = p ? p->rate[(h->turn + i) % FL_TOP_PAST] : 0;
		int level = rate > 0 ? 1 + (int)(7 * rate / most) : 0;

		strcat(buf, (utf8 ? blocks : ascii)[level]);
	}
	return buf;
}

void fl_top_history_free(struct fl_top_history *h)
{
	free(h->past);
	fl_index_free(&h->by_row);
	memset(h, 0, sizeof(*h));
}
