// SPDX-License-Identifier: GPL-2.0-only
/* Files that are no longer told apart: their counts stay, under their mount and route, counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect/forgotten.h"
#include "snapshot/since.h"

#define CLAIM (FL_FORGOTTEN_MAX + 1)

static struct fl_file_counts file(__u32 id, __u32 dev, enum fl_route route, __u64 writes)
{
	struct fl_file_counts f = {.slot = id, .dev = dev, .ino = 1000 + id, .route = route};

	f.cell[FL_TAKE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = writes;
	f.counter[FL_COUNT_BYTES] = 4096 * writes;
	return f;
}

static void forget(struct fl_forgotten *k, const struct fl_file_counts *f)
{
	assert_int_equal(fl_forgotten_reserve(k), 0);
	fl_forgotten_add(k, f);
}

static __u64 writes_on(const struct fl_snapshot *s, __u32 dev)
{
	struct fl_totals t;

	fl_mount_totals(s, dev, &t);
	return t.writes;
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
	assert_int_equal(fl_forgotten_copy(&k, list, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(list[0].cell[FL_TAKE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN], 12);
	assert_int_equal(list[0].counter[FL_COUNT_BYTES], 12 * 4096);
	assert_int_equal(list[1].dev, 2);
	assert_int_equal(list[2].route, FL_ROUTE_DIRECT);
	assert_int_equal(list[2].cell[FL_TAKE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN], 13);
	assert_int_equal(list[3].flag.effective_set, 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(list[i].is_other);
		assert_int_equal(list[i].slot, i + 1);
	}
	fl_forgotten_free(&k);
}

static void test_times_are_summed_and_copied(void **state)
{
	struct fl_slot_hists *h = calloc(1, sizeof(*h));
	struct fl_file_counts f = file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 1), list[2];
	struct fl_forgotten k = {};
	size_t n = 0;

	assert_non_null(h);
	forget(&k, &f); /* one without times comes first */
	h->hist[FL_HIST_HOLD_EXCL].bucket[9] = 3;
	h->hist[FL_HIST_HOLD_EXCL].sum_ns = 900;
	f.hists = h;
	forget(&k, &f);
	forget(&k, &f);
	assert_int_equal(fl_forgotten_copy(&k, list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].hists->hist[FL_HIST_HOLD_EXCL].bucket[9], 6);
	assert_int_equal(list[0].hists->hist[FL_HIST_HOLD_EXCL].sum_ns, 1800);
	free(list[0].hists);
	free(h);
	fl_forgotten_free(&k);
}

/* A file is forgotten between two readings: what it had counted before is no work of the interval. */
static void test_an_interval_counts_nothing_twice(void **state)
{
	struct fl_forgotten k = {};
	struct fl_file_counts old[] = {file(CLAIM, 1, FL_ROUTE_PASSTHROUGH, 1000),
				       file(CLAIM + 1, 1, FL_ROUTE_PASSTHROUGH, 10),
				       file(CLAIM + 2, 2, FL_ROUTE_PASSTHROUGH, 77)};
	struct fl_file_counts gone = old[0], new[4];
	struct fl_snapshot before = {.file = old, .nfiles = 3}, now = {.file = new}, delta;

	/* 8 more before it was forgotten, 5 on another file, 2 on another mount */
	gone.cell[FL_TAKE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] += 8;
	forget(&k, &gone);
	assert_int_equal(fl_forgotten_copy(&k, new, &now.nfiles), 0);
	new[now.nfiles++] = file(CLAIM + 1, 1, FL_ROUTE_PASSTHROUGH, 15);
	new[now.nfiles++] = file(CLAIM + 2, 2, FL_ROUTE_PASSTHROUGH, 79);
	assert_int_equal(fl_snapshot_since(&before, &now, &delta), 0);
	assert_int_equal(writes_on(&delta, 1), 13);
	assert_int_equal(writes_on(&delta, 2), 2);
	fl_snapshot_free(&delta);

	/* and the next interval starts from there */
	assert_int_equal(fl_snapshot_since(&now, &now, &delta), 0);
	assert_int_equal(writes_on(&delta, 1), 0);
	fl_snapshot_free(&delta);
	fl_forgotten_free(&k);
}

/* What was known of a file's flag may change until it is forgotten: the total must not. */
static void test_a_sum_of_another_reason_is_taken_from_too(void **state)
{
	struct fl_forgotten k = {};
	struct fl_file_counts old[] = {file(CLAIM, 1, FL_ROUTE_DIRECT, 100),
				       file(CLAIM + 1, 1, FL_ROUTE_DIRECT, 50)};
	struct fl_file_counts new[4];
	struct fl_snapshot before = {.file = old, .nfiles = 2}, now = {.file = new}, delta;

	forget(&k, &old[1]);
	old[0].flag.effective_set = 1;
	forget(&k, &old[0]);
	assert_int_equal(fl_forgotten_copy(&k, new, &now.nfiles), 0);
	assert_int_equal(fl_snapshot_since(&before, &now, &delta), 0);
	assert_int_equal(writes_on(&delta, 1), 0);
	fl_snapshot_free(&delta);
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
		sum += k.sum[i].cell[FL_TAKE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN];
	assert_int_equal(sum, 3 * (FL_FORGOTTEN_MAX + 50));
	fl_forgotten_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_are_by_mount_route_and_flag),
		cmocka_unit_test(test_times_are_summed_and_copied),
		cmocka_unit_test(test_an_interval_counts_nothing_twice),
		cmocka_unit_test(test_a_sum_of_another_reason_is_taken_from_too),
		cmocka_unit_test(test_sums_past_the_limit_keep_the_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
