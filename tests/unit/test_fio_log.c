// SPDX-License-Identifier: GPL-2.0-only
/* fio's IOPS log joined with running totals on the same clock. */
#include <math.h>
#include "check.h"
#include "result/fio_log.h"

#define MS 1000000ull

static void join(struct fl_series *s, const char *log, const struct fl_sample *sample, size_t n)
{
	struct fl_err err;

	assert_int_equal(fl_series_join(s, log, strlen(log), 100, sample, n, &err), 0);
}

static void two_jobs_in_one_window(void **state)
{
	static const struct fl_sample samples[] = {
		{.t_ns = 1000 * MS},
		{.t_ns = 1100 * MS, .writes = 30, .exclusive = 10, .shared = 20},
		{.t_ns = 1200 * MS, .writes = 80, .exclusive = 60, .shared = 20},
	};
	struct fl_series s;

	join(&s, "1100, 100, 1, 0, 0\n1100, 200, 1, 0, 0\n1200, 400, 1, 0, 0\n", samples, 3);
	assert_int_equal(s.n, 2);
	assert_true(s.start_ns == 1000 * MS && s.point[0].t_ns == 1100 * MS);
	assert_float_equal(s.point[0].fio_iops, 300, 1e-6);
	assert_float_equal(s.point[0].writes, 300, 1e-6);
	assert_float_equal(s.point[0].exclusive, 100, 1e-6);
	assert_float_equal(s.point[0].shared, 200, 1e-6);
	assert_float_equal(s.point[1].fio_iops, 400, 1e-6);
	assert_float_equal(s.point[1].exclusive, 500, 1e-6);
	assert_true(isnan(s.point[0].fi_lock));
	fl_series_free(&s);
}

static void ios_are_spread_over_windows(void **state)
{
	static const struct fl_sample samples[] = {
		{.t_ns = 1000 * MS}, {.t_ns = 1050 * MS}, {.t_ns = 1075 * MS}, {.t_ns = 1300 * MS}};
	struct fl_series s;
	double ios = 0;

	/* 100 I/Os between 1000 and 1100 ms, whatever the windows are */
	join(&s, "1100, 1000, 1, 0, 0\n", samples, 4);
	assert_float_equal(s.point[0].fio_iops, 1000, 1e-6);
	assert_float_equal(s.point[1].fio_iops, 1000, 1e-6);
	for (size_t i = 0; i < s.n; i++)
		ios += s.point[i].fio_iops *
		       (s.point[i].t_ns - (i ? s.point[i - 1].t_ns : s.start_ns)) / 1e9;
	assert_float_equal(ios, 100, 1e-6);
	fl_series_free(&s);
}

static void fi_lock_where_it_is_told(void **state)
{
	static const struct fl_sample samples[] = {
		{.t_ns = 0, .has_fi_lock = true},
		{.t_ns = 100 * MS, .has_fi_lock = true, .fi_lock = 7},
	};
	struct fl_series s;

	join(&s, "", samples, 2);
	assert_float_equal(s.point[0].fi_lock, 70, 1e-6);
	assert_float_equal(s.point[0].fio_iops, 0, 1e-6);
	fl_series_free(&s);
}

static void without_ticks_the_log_sets_the_windows(void **state)
{
	struct fl_series s;

	join(&s, "5000, 10, 1, 0, 0\n5100, 20, 1, 0, 0\n", NULL, 0);
	assert_int_equal(s.n, 2);
	assert_float_equal(s.point[0].fio_iops, 10, 1e-6);
	assert_float_equal(s.point[1].fio_iops, 20, 1e-6);
	assert_true(isnan(s.point[0].writes));
	fl_series_free(&s);
}

static void reads_and_garbage_are_passed_over(void **state)
{
	struct fl_series s;

	join(&s,
	     "100, 10, 0, 0, 0\nhello\n, , ,\n-1, 5, 1\n99999999999999999999999, 1, 1, 0\n"
	     "18446744073709551615, 1, 1, 0\n200, 30, 1, 0, 0",
	     NULL, 0);
	assert_int_equal(s.n, 1);
	assert_float_equal(s.point[0].fio_iops, 30, 1e-6);
	fl_series_free(&s);
	join(&s, "1, 1, 1, 0\n18446744073709, 1, 1, 0\n", NULL, 0);
	assert_int_equal(s.n, 0);
	fl_series_free(&s);
}

static void time_that_stands_still_or_runs_back(void **state)
{
	static const struct fl_sample samples[] = {{.t_ns = 5 * MS, .writes = 9},
						   {.t_ns = 5 * MS},
						   {.t_ns = 4 * MS},
						   {.t_ns = 6 * MS}};
	struct fl_series s;

	join(&s, "6, 1, 1, 0\n", samples, 4);
	assert_int_equal(s.n, 1);
	for (size_t i = 0; i < s.n; i++)
		assert_true(isfinite(s.point[i].fio_iops) && isfinite(s.point[i].writes));
	fl_series_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_jobs_in_one_window),
		cmocka_unit_test(ios_are_spread_over_windows),
		cmocka_unit_test(fi_lock_where_it_is_told),
		cmocka_unit_test(without_ticks_the_log_sets_the_windows),
		cmocka_unit_test(reads_and_garbage_are_passed_over),
		cmocka_unit_test(time_that_stands_still_or_runs_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
