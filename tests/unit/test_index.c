// SPDX-License-Identifier: GPL-2.0-only
/* The hash table of pairs of numbers. */
#include "check.h"

#include "util/index.h"

#define MANY 5000

static void finds_what_was_put(void **state)
{
	struct fl_index ix = {};

	assert_int_equal(fl_index_get(&ix, 1, 2), FL_INDEX_NONE);
	for (__u32 i = 0; i < MANY; i++)
		assert_int_equal(fl_index_put(&ix, i % 7, (__u64)i << 33, i), 0);
	assert_int_equal(fl_index_put(&ix, 0, 0, 77), 0);
	assert_int_equal(ix.n, MANY);
	for (__u32 i = 1; i < MANY; i++)
		assert_int_equal(fl_index_get(&ix, i % 7, (__u64)i << 33), i);
	assert_int_equal(fl_index_get(&ix, 0, 0), 77);
	assert_int_equal(fl_index_get(&ix, 8, 0), FL_INDEX_NONE);
	fl_index_free(&ix);
}

/* How many places in a row are taken, where that is most: a search may go through all of them. */
static size_t longest_row(const struct fl_index *ix)
{
	size_t most = 0, row = 0;

	for (size_t i = 0; i < 2 * ix->capacity; i++) {
		row = ix->entry[i & (ix->capacity - 1)].place_plus_1 ? row + 1 : 0;
		most = row > most ? row : most;
	}
	return most;
}

static __u64 inverse(__u64 odd)
{
	__u64 x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/*
 * A user's daemon gives its files the inode numbers that it likes: here those that the finalizer of MurmurHash3, which
 * was once what scattered them, sends to one place; and such that only some of their bits differ.
 */
static void chosen_numbers_do_not_meet(void **state)
{
	const __u64 dev = 45 << 20 | 7;

	for (int shape = -1; shape < 56; shape += 8) {
		struct fl_index ix = {};

		for (__u32 i = 0; i < MANY; i++) {
			__u64 k = (__u64)(i + 1) << 24, ino = (__u64)i << (shape < 0 ? 0 : shape);

			k ^= k >> 33;
			k *= inverse(0xff51afd7ed558ccdull);
			k ^= k >> 33;
			if (shape < 0)
				ino = (k ^ dev) * inverse(0x9e3779b97f4a7c15ull);
			assert_int_equal(fl_index_put(&ix, dev, ino, i), 0);
		}
		/* by chance a hundred */
		assert_true(longest_row(&ix) < MANY / 4);
		fl_index_free(&ix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(chosen_numbers_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
