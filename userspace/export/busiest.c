// SPDX-License-Identifier: GPL-2.0-only
#include "export/busiest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_SECONDS 60.0

int fl_busiest_init(struct fl_busiest *b, size_t room)
{
	memset(b, 0, sizeof(*b));
	b->room = room;
	b->file = calloc(room, sizeof(*b->file));
	return b->file ? 0 : -1;
}

void fl_busiest_free(struct fl_busiest *b)
{
	free(b->file);
	fl_index_free(&b->by_file);
	memset(b, 0, sizeof(*b));
}

static int busier(const void *a, const void *b)
{
	double x = ((const struct fl_busy *)a)->rate, y = ((const struct fl_busy *)b)->rate;

	return x < y ? 1 : -(x > y);
}

/* Makes room: drops the less busy half. */
static int halve(struct fl_busiest *b)
{
	int bad = 0;

	qsort(b->file, b->n, sizeof(*b->file), busier);
	b->n /= 2;
	fl_index_free(&b->by_file);
	for (size_t i = 0; i < b->n; i++)
		bad |= fl_index_put(&b->by_file, b->file[i].key.mount, b->file[i].key.node, i);
	return bad;
}

static struct fl_busy *entry(struct fl_busiest *b, struct fl_file_key key)
{
	__u32 place = fl_index_get(&b->by_file, key.mount, key.node);

	if (place != FL_INDEX_NONE)
		return &b->file[place];
	if (b->n == b->room && halve(b))
		return NULL;
	if (fl_index_put(&b->by_file, key.mount, key.node, b->n))
		return NULL;
	b->file[b->n] = (struct fl_busy){.key = key};
	return &b->file[b->n++];
}

int fl_busiest_add(struct fl_busiest *b, const struct fl_snapshot *s, double seconds)
{
	double keep = exp2(-seconds / HALF_SECONDS);

	if (!(seconds > 0))
		return 0;
	for (size_t i = 0; i < b->n; i++)
		b->file[i].rate *= keep;
	for (size_t i = 0; i < s->nfiles; i++) {
		__u64 writes = fl_file_writes(&s->file[i]);
		struct fl_busy *e;

		if (!writes || s->file[i].is_other)
			continue;
		e = entry(b, fl_key_of(&s->file[i]));
		if (!e)
			return -1;
		e->rate += (1 - keep) * writes / seconds;
	}
	return 0;
}

double fl_busiest_rate(const struct fl_busiest *b, const struct fl_file_key *key)
{
	__u32 place = fl_index_get(&b->by_file, key->mount, key->node);

	return place == FL_INDEX_NONE ? 0 : b->file[place].rate;
}
