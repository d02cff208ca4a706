// SPDX-License-Identifier: GPL-2.0-only
/* Files that are no longer told apart: their counts stay, by mount and route, and count once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect/forgotten.h"

#define CLAIM 1000

static struct fl_file_counts file(__u32 id, __u32 dev, enum fl_route route, __u64 writes)
{
	struct fl_file_counts f = {.slot = id, .dev = dev, .ino = 1000 + id, .route = route};

	f.cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = writes;
	f.counter[FL_COUNT_BYTES] = 4096 * writes;
	f.takes[FL_SITE_FI_LOCK] = 2 * writes;
	return f;
}

static void forget(struct fl_forgotten *k, const struct fl_file_counts *f)
{
	assert_int_equal(fl_forgotten_reserve(k), 0);
	fl_forgotten_add(k, f);
}

static void test_sums_are_by_mount_route_and_flag(void **state)
{
	struct fl_forgotten k = {};
	struct fl_file_counts f = file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 5), list[8];
	size_t n = 0;

	forget(&k, &f);
	f = file(CLAIM + 1, 1, FL_ROUTE_PASSTHROUGH, 7);
	forget(&k, &f);
	f = file(CLAIM + 2, 2, FL_ROUTE_PASSTHROUGH, 11);
	forget(&k, &f);
	f = file(CLAIM + 3, 1, FL_ROUTE_DIRECT, 13);
	forget(&k, &f);
	f = file(CLAIM + 4, 1, FL_ROUTE_DIRECT, 17);
	f.flag.effective_set = 1; /* its reason is another */
	forget(&k, &f);
	fl_forgotten_move(&k, list, &n);
	assert_int_equal(n, 4);
	assert_int_equal(list[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN], 12);
	assert_int_equal(list[0].counter[FL_COUNT_BYTES], 12 * 4096);
	assert_int_equal(list[0].takes[FL_SITE_FI_LOCK], 24);
	assert_int_equal(list[1].dev, 2);
	assert_int_equal(list[2].route, FL_ROUTE_DIRECT);
	assert_int_equal(list[2].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN], 13);
	assert_int_equal(list[3].flag.effective_set, 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(list[i].is_other);
		for (size_t j = 0; j < i; j++)
			assert_false(list[i].dev == list[j].dev && list[i].slot == list[j].slot);
	}
	fl_forgotten_free(&k);
}

static void test_times_and_holders_are_summed_and_copied(void **state)
{
	struct fl_slot_hists *h = calloc(1, sizeof(*h));
	struct fl_file_counts f = file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 1), list[2];
	struct fl_holders holders = {.looks = {[2] = 5}};
	struct fl_forgotten k = {};
	size_t n = 0;

	assert_non_null(h);
	forget(&k, &f); /* one without times comes first */
	h->hist[FL_HIST_HOLD_EXCL].bucket[9] = 3;
	h->hist[FL_HIST_HOLD_EXCL].sum_ns = 900;
	f.hists = h;
	f.holders = &holders;
	forget(&k, &f);
	forget(&k, &f);
	fl_forgotten_move(&k, list, &n);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].hists->hist[FL_HIST_HOLD_EXCL].bucket[9], 6);
	assert_int_equal(list[0].hists->hist[FL_HIST_HOLD_EXCL].sum_ns, 1800);
	assert_int_equal(list[0].holders->looks[2], 10);
	free(list[0].hists);
	free(list[0].holders);
	free(h);
	fl_forgotten_free(&k);
}

/* Counts that one reading has returned must not come again in the next one. */
static void test_sums_are_told_once(void **state)
{
	struct fl_forgotten k = {};
	struct fl_file_counts f = file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 8), list[2];
	size_t n = 0;

	f.takes[FL_SITE_FI_LOCK] = 9;
	forget(&k, &f);
	fl_forgotten_move(&k, list, &n);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].takes[FL_SITE_FI_LOCK], 9);
	fl_forgotten_move(&k, list, &n);
	assert_int_equal(n, 1);
	f = file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 2);
	forget(&k, &f);
	fl_forgotten_move(&k, list, &n);
	assert_int_equal(n, 2);
	/* the same sum, so that readings can be added up */
	assert_int_equal(list[0].slot, list[1].slot);
	assert_int_equal(list[1].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN], 2);
	fl_forgotten_free(&k);
}

static void test_sums_past_the_limit_keep_the_total(void **state)
{
	struct fl_forgotten k = {};
	__u64 sum = 0;

	for (__u32 dev = 1; dev <= FL_FORGOTTEN_MAX + 50; dev++) {
		struct fl_file_counts f = file(CLAIM + dev, dev, FL_ROUTE_PASSTHROUGH, 3);

		forget(&k, &f);
	}
	assert_int_equal(k.n, FL_FORGOTTEN_MAX + 1);
	assert_int_equal(k.sum[FL_FORGOTTEN_MAX].dev, 0);
	for (size_t i = 0; i < k.n; i++)
		sum += k.sum[i].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN];
	assert_int_equal(sum, 3 * (FL_FORGOTTEN_MAX + 50));
	fl_forgotten_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_are_by_mount_route_and_flag),
		cmocka_unit_test(test_times_and_holders_are_summed_and_copied),
		cmocka_unit_test(test_sums_are_told_once),
		cmocka_unit_test(test_sums_past_the_limit_keep_the_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
