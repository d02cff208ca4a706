// SPDX-License-Identifier: GPL-2.0-only
/* Inode numbers for several devices: each its own, and always the same. */
#include "hash.h"
#include "number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void source_keeps_its_numbers(void **state)
{
	struct numbers t;

	assert_int_equal(numbers_init(&t, 7), 0);
	assert_int_equal(number_of(&t, 7, 128), 128);
	assert_int_equal(number_of(&t, 7, (UINT64_C(1) << 48) - 1), (UINT64_C(1) << 48) - 1);
	numbers_destroy(&t);
}

static void devices_are_told_apart(void **state)
{
	struct numbers t;
	uint64_t a, b, c;

	assert_int_equal(numbers_init(&t, 7), 0);
	a = number_of(&t, 8, 128);
	b = number_of(&t, 9, 128);
	c = number_of(&t, 9, 129);
	assert_true(a != 128 && b != 128 && a != b && b != c);
	assert_int_equal(number_of(&t, 8, 128), a);
	assert_int_equal(number_of(&t, 9, 128), b);
	numbers_destroy(&t);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A daemon's memory does not grow with the files of subvolumes. */
static void nothing_is_remembered(void **state)
{
	struct numbers t;

	assert_int_equal(numbers_init(&t, 1), 0);
	for (int dev = 1; dev < 0x7fff; dev++)
		for (int ino = 256; ino < 260; ino++)
			assert_int_equal(number_of(&t, dev, ino),
					 (uint64_t)(dev - 1) << 48 | (uint64_t)ino);
	assert_int_equal(t.odd_count, 0);
	numbers_destroy(&t);
}

/* A search for a device goes from its place to the next free one. */
static void searches_are_short(void **state)
{
	size_t run = 0, longest = 0;
	struct numbers t;

	assert_int_equal(numbers_init(&t, 1), 0);
	for (int dev = 2; dev < 20000; dev++)
		number_of(&t, dev, 256);
	for (size_t i = 0; i < 1 << 16; i++) {
		run = atomic_load(&t.slot[i].place) ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	assert_true(longest > 0 && longest < 100);
	numbers_destroy(&t);
}

/* Files of one device, one file of many devices, numbers that differ in their upper bits only. */
static void files_are_spread(void **state)
{
	enum { PLACES = 4096 };
	static const struct {
		uint64_t dev, ino;
	} steps[] = {{0, 1}, {1, 0}, {1, 1}, {UINT64_C(1) << 20, 0}, {0, UINT64_C(1) << 48}};

	for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
		unsigned int used[PLACES] = {0}, most = 0;

		for (uint64_t i = 0; i < PLACES; i++) {
			size_t at = hash_of(7 + i * steps[k].dev, 256 + i * steps[k].ino, PLACES);

			assert_true(at < PLACES);
			used[at]++;
			most = used[at] > most ? used[at] : most;
		}
		assert_true(most < 16);
	}
}

/* Who may have files of very many devices takes no memory without end by them. */
static void memory_is_bounded(void **state)
{
	enum { MOST = 1 << 20, MORE = 20000 };
	const uint64_t large = UINT64_C(1) << 48;
	uint64_t *first = calloc(MORE, sizeof(*first)), *sorted = calloc(MORE, sizeof(*sorted));
	struct numbers t;

	assert_int_equal(numbers_init(&t, 1), 0);
	for (uint64_t i = 0; i < MOST; i++)
		assert_int_not_equal(number_of(&t, 2, large + i), 0);
	for (uint64_t i = 0; i < MORE; i++) {
		sorted[i] = first[i] = number_of(&t, 3, large + i);
		assert_true((int64_t)first[i] > 0);
	}
	assert_int_equal(t.odd_count, MOST);
	for (uint64_t i = 0; i < MORE; i++)
		assert_int_equal(number_of(&t, 3, large + i), first[i]);
	qsort(sorted, MORE, sizeof(*sorted), by_value);
	for (int i = 1; i < MORE; i++)
		assert_true(sorted[i] != sorted[i - 1]);
	assert_true(sorted[0] > number_of(&t, 2, large + MOST - 1));
	numbers_destroy(&t);
	free(first);
	free(sorted);
}

static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* A user's own file system below the source has the inode numbers that the user likes: here all for one place. */
static void chosen_numbers_are_spread(void **state)
{
	enum { PLACES = 4096 };
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	unsigned int used[PLACES] = {0}, most = 0;

	assert_int_equal(hash_draw(), 0);
	for (uint64_t i = 0; i < PLACES; i++) {
		uint64_t h = (i + 1) << 44 | i, ino;
		size_t at;

		/* what hash_of() once did, the other way round */
		h *= inverse(factor);
		h ^= h >> 32;
		ino = h * inverse(factor) - 7 * UINT64_C(0xff51afd7ed558ccd);
		at = hash_of(7, ino, PLACES);
		used[at]++;
		most = used[at] > most ? used[at] : most;
	}
	assert_true(most < 32);
}

/* More devices than there are places, and inode numbers of 64 bits. */
static void nothing_collides(void **state)
{
	enum { DEVS = 40000, EACH = 5, ALL = DEVS * EACH };
	static const uint64_t ino[EACH] = {1, 128, UINT64_C(1) << 48, UINT64_C(1) << 63,
					   UINT64_MAX};
	uint64_t *first = calloc(ALL, sizeof(*first)), *sorted = calloc(ALL, sizeof(*sorted));
	struct numbers t;

	assert_int_equal(numbers_init(&t, 1), 0);
	for (int i = 0; i < ALL; i++)
		sorted[i] = first[i] = number_of(&t, 1 + i / EACH, ino[i % EACH]);
	for (int i = 0; i < ALL; i++)
		assert_int_equal(number_of(&t, 1 + i / EACH, ino[i % EACH]), first[i]);
	qsort(sorted, ALL, sizeof(*sorted), by_value);
	assert_true(sorted[0] > 0);
	for (int i = 1; i < ALL; i++)
		assert_true(sorted[i] != sorted[i - 1]);
	assert_true(sorted[ALL - 1] <= INT64_MAX);
	numbers_destroy(&t);
	free(first);
	free(sorted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_keeps_its_numbers),
		cmocka_unit_test(devices_are_told_apart),
		cmocka_unit_test(nothing_is_remembered),
		cmocka_unit_test(searches_are_short),
		cmocka_unit_test(files_are_spread),
		cmocka_unit_test(chosen_numbers_are_spread),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(nothing_collides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
