// SPDX-License-Identifier: GPL-2.0-only
#include "util/index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/*
 * A sum of products with drawn numbers: whatever two pairs are, they have the same by a chance of 2^-32 at most
 * (multilinear hashing). The multiplication that follows scatters numbers that are evenly apart.
 */
static __u64 place_of(__u64 a, __u64 b)
{
	static __u64 drawn[5];
	__u64 h;

	while (!drawn[0])
		if (getrandom(drawn, sizeof(drawn), 0) != sizeof(drawn))
			for (int i = 0; i < 5; i++)
				drawn[i] = 0x9e3779b97f4a7c15ull * (2 * i + 1);
	h = drawn[0] + drawn[1] * (__u32)a + drawn[2] * (a >> 32) + drawn[3] * (__u32)b +
	    drawn[4] * (b >> 32);
	return (h ^ h >> 32) * 0x9e3779b97f4a7c15ull >> 32;
}

static struct fl_index_entry *find(const struct fl_index *ix, __u64 a, __u64 b)
{
	size_t at = place_of(a, b) & (ix->capacity - 1);

	while (ix->entry[at].place_plus_1 && (ix->entry[at].a != a || ix->entry[at].b != b))
		at = (at + 1) & (ix->capacity - 1);
	return &ix->entry[at];
}

__u32 fl_index_get(const struct fl_index *ix, __u64 a, __u64 b)
{
	return ix->capacity ? find(ix, a, b)->place_plus_1 - 1 : FL_INDEX_NONE;
}

/* At most half of the places are used, so that searches stay short and always end. */
static int grow(struct fl_index *ix)
{
	struct fl_index bigger = {.capacity = ix->capacity ? 2 * ix->capacity : 64, .n = ix->n};

	bigger.entry = calloc(bigger.capacity, sizeof(*bigger.entry));
	if (!bigger.entry)
		return -1;
	for (size_t i = 0; i < ix->capacity; i++)
		if (ix->entry[i].place_plus_1)
			*find(&bigger, ix->entry[i].a, ix->entry[i].b) = ix->entry[i];
	free(ix->entry);
	*ix = bigger;
	return 0;
}

int fl_index_put(struct fl_index *ix, __u64 a, __u64 b, __u32 place)
{
	struct fl_index_entry *e;

	if (2 * (ix->n + 1) > ix->capacity && grow(ix))
		return -1;
	e = find(ix, a, b);
	ix->n += !e->place_plus_1;
	*e = (struct fl_index_entry){.a = a, .b = b, .place_plus_1 = place + 1};
	return 0;
}

void fl_index_free(struct fl_index *ix)
{
	free(ix->entry);
	memset(ix, 0, sizeof(*ix));
}
