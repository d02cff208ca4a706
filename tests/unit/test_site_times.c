// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time of a probe pair itself is subtracted, and the rest is given only if it can be told from
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "collect/site_times.h"

static int bucket_of(__u64 ns)
{
	for (int i = FL_HIST_BUCKETS - 1; i > 0; i--)
		if (fl_hist_bucket_ns(i) && fl_hist_bucket_ns(i) <= ns)
			return i;
	return 0;
}

static void add(struct fl_hist *t, __u64 ns, __u64 times)
{
	t->bucket[bucket_of(ns)] += times;
	t->sum_ns += ns * times;
}

static void a_wait_within_the_spread_is_a_bound(void **state)
{
	struct fl_hist pair = {}, own = {};
	struct fl_site_wait w;

	add(&own, 1000, 1000);
	add(&pair, 1040, 1000);
	fl_site_wait_of(&pair, &own, &w);
	assert_true(w.measured);
	assert_true(w.resolution_ns >= w.pair_ns / 8);
	assert_true(w.p50_ns <= w.resolution_ns);
}

static void a_long_wait_is_told(void **state)
{
	struct fl_hist pair = {}, own = {};
	struct fl_site_wait w;

	add(&own, 1000, 1000);
	add(&pair, 1000, 600);
	add(&pair, 100000, 400);
	fl_site_wait_of(&pair, &own, &w);
	assert_int_equal(w.count, 1000);
	assert_true(w.p50_ns <= w.resolution_ns);
	/* 0.4 x 99 us, exactly: sums do not depend on buckets */
	assert_int_equal(w.mean_ns, 39600);
	assert_in_range(w.p99_ns, 85000, 115000);
}

static void few_samples_tell_nothing(void **state)
{
	struct fl_hist pair = {}, own = {};
	struct fl_site_wait w;

	add(&pair, 300000, 1);
	add(&own, 1000, 1);
	fl_site_wait_of(&pair, &own, &w);
	assert_false(w.measured);
	add(&pair, 300000, 1000);
	memset(&own, 0, sizeof(own));
	fl_site_wait_of(&pair, &own, &w);
	assert_false(w.measured);
}

static void buckets_grow_by_an_eighth(void **state)
{
	for (int i = 25; i < FL_HIST_BUCKETS; i++) {
		__u64 before = fl_hist_bucket_ns(i - 1), here = fl_hist_bucket_ns(i);

		assert_true(here > before);
		assert_true(here - before <= before / 7 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_within_the_spread_is_a_bound),
		cmocka_unit_test(a_long_wait_is_told),
		cmocka_unit_test(few_samples_tell_nothing),
		cmocka_unit_test(buckets_grow_by_an_eighth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
