// SPDX-License-Identifier: GPL-2.0-only
/* What rows show together, on benches with known answers. */
#include "bench_made_up.h"
#include "report/analysis.h"

#define assert_near(got, wanted, rel) assert_true(fabs((got) / (wanted)-1) <= (rel))

/* One lock held for 2 ms: one job does 400 writes/s, eight do 500. */
static void exclusive_bench(struct fl_bench *b)
{
	made_up_bench(b);
	for (unsigned int r = 1; r <= 2; r++) {
		for (unsigned int jobs = 1; jobs <= 8; jobs *= 2) {
			made_up_row(b, FL_SYSTEM_RAW, false, jobs, r, 450.0 * jobs, 0, 0);
			made_up_row(b, FL_SYSTEM_MOUNT, true, jobs, r, jobs == 1 ? 400 : 480 + r, 0,
				    2000000);
		}
	}
}

static void one_lock(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	const struct fl_level *l;
	const char *why;

	exclusive_bench(&b);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_true(a.has_verdict && a.verdict.kind == FL_EXCLUSIVE);
	assert_int_equal(a.rows, 16);
	assert_int_equal(a.counted_rows, 8);
	assert_int_equal(a.exact_rows, 8);
	l = fl_level_main(&a, FL_SYSTEM_MOUNT, 8);
	assert_non_null(l);
	assert_int_equal(l->iops.n, 2);
	assert_near(l->iops.mean, 481.5, 1e-9);
	assert_near(l->exclusive, 1, 1e-12);
	assert_true(l->shared == 0 && l->files == 1 && !l->difference);
	assert_near(l->hold_exclusive_ns, 2e6, 1e-9);
	assert_near(l->wait_ns, 20, 1e-9);
	assert_near(l->ceiling, 500, 1e-9);
	/* a figure that no method here can tell is NAN */
	assert_true(isnan(l->upgrades) && isnan(l->fi_lock) && isnan(l->fi_lock_ns));
	assert_near(a.hold_share, 0.8, 1e-9);
	assert_int_equal(a.npredictions, 3);
	assert_int_equal(a.prediction[2].jobs, 8);
	assert_near(a.prediction[2].bound, 500, 1e-9);
	assert_true(a.prediction[2].queue > 480 && a.prediction[2].queue <= 500);
	/* raw scales eightfold: the projection is one job times eight */
	assert_near(fl_what_if(&a, l, &why), 3200, 1e-9);
	assert_null(why);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

/* With runs that lie far apart there is neither a fit nor a projection. */
static void noise_is_not_fitted(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	const char *why;

	exclusive_bench(&b);
	for (size_t i = 0; i < b.nrows; i++)
		if (b.row[i].system == FL_SYSTEM_MOUNT && b.row[i].jobs == 2)
			b.row[i].fio.write.iops *= b.row[i].repeat == 1 ? 0.8 : 1.2;
	assert_int_equal(fl_analyse(&a, &b), 0);
	/* 20 % of the mean to either side: the mean of two may be off by 20 % */
	assert_false(a.usl[FL_SYSTEM_MOUNT].fits);
	assert_non_null(
		strstr(a.usl[FL_SYSTEM_MOUNT].why_not,
		       "the runs at 2 jobs spread by 28 %, so their mean may be off by 20 %"));
	assert_true(a.usl[FL_SYSTEM_RAW].fits);
	assert_true(isnan(fl_what_if(&a, fl_level_main(&a, FL_SYSTEM_MOUNT, 2), &why)));
	assert_non_null(strstr(why, "spread too far"));
	/* the other levels are as good as they were */
	assert_near(fl_what_if(&a, fl_level_main(&a, FL_SYSTEM_MOUNT, 8), &why), 3200, 1e-9);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void without_holds_there_is_no_ceiling(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;

	made_up_bench(&b);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400, 0, 0);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 8, 1, 410, 0, 0);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_true(isnan(a.level[0].ceiling) && isnan(a.level[0].hold_exclusive_ns));
	assert_true(isnan(a.level[0].wait_ns));
	assert_int_equal(a.npredictions, 0);
	assert_non_null(strstr(a.no_prediction, "cannot time"));
	assert_true(isnan(a.hold_share));
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void rows_that_miss_are_left_out(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	struct fl_bench_row *row;
	bool known;

	made_up_bench(&b);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400, 0, 0);
	row = made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 2, 4000, 0, 0);
	row->fio.write.ios -= 100;
	assert_int_equal(fl_bench_row_difference(row, &known), 100);
	fl_bench_row_judge(row, 0.001);
	assert_int_equal(row->status, FL_BENCH_ROW_MISSED);
	assert_non_null(strstr(row->why, "100"));
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_int_equal(a.left_out, 1);
	assert_int_equal(a.exact_rows, 1);
	assert_int_equal(a.level[0].iops.n, 1);
	assert_near(a.level[0].iops.mean, 400, 1e-9);
	assert_int_equal(a.verdict.totals.writes, 4000);
	fl_analysis_free(&a);
	/* within the tolerance the row stays, but is not called exact */
	fl_bench_row_judge(row, 0.01);
	assert_int_equal(row->status, FL_BENCH_ROW_OK);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_int_equal(a.exact_rows, 1);
	assert_int_equal(a.level[0].difference, 100);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void fewer_writes_than_fio_did_miss_too(void **state)
{
	struct fl_bench b;
	struct fl_bench_row *row;

	made_up_bench(&b);
	row = made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, 1, 400, 0, 0);
	row->fio.write.ios += 100;
	fl_bench_row_judge(row, 0.001);
	assert_int_equal(row->status, FL_BENCH_ROW_MISSED);
	row = made_up_row(&b, FL_SYSTEM_RAW, false, 1, 1, 400, 0, 0);
	fl_bench_row_judge(row, 0);
	assert_int_equal(row->status, FL_BENCH_ROW_OK);
	fl_bench_free(&b);
}

static void shared_rows_have_nothing_to_gain(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;
	const char *why;

	made_up_bench(&b);
	for (unsigned int jobs = 1; jobs <= 8; jobs *= 2)
		made_up_row(&b, FL_SYSTEM_MOUNT, true, jobs, 1, 400 * jobs, 1, 2000000);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_int_equal(a.verdict.kind, FL_SHARED);
	assert_true(isnan(fl_what_if(&a, fl_level_main(&a, FL_SYSTEM_MOUNT, 8), &why)));
	assert_non_null(strstr(why, "nothing to gain"));
	assert_int_equal(a.npredictions, 0);
	assert_non_null(strstr(a.no_prediction, "no write held the lock exclusively"));
	assert_true(a.usl[FL_SYSTEM_MOUNT].fits && a.usl[FL_SYSTEM_MOUNT].sigma < 0.001);
	assert_false(a.usl[FL_SYSTEM_RAW].fits);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void own_cost_by_pairs(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;

	made_up_bench(&b);
	b.self_cost = true;
	for (unsigned int r = 1; r <= 2; r++) {
		made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, r, r * 95000.0, 0, 0);
		made_up_row(&b, FL_SYSTEM_MOUNT, false, 1, r, r * 100000.0, 0, 0);
	}
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 2, 1, 1000, 0, 0);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_int_equal(a.ncosts, 1);
	assert_int_equal(a.cost[0].pairs, 2);
	/* the machine was twice as fast the second time: pairs are not affected */
	assert_near(a.cost[0].relative, -0.05, 1e-9);
	assert_true(a.cost[0].half_width < 1e-9);
	assert_near(a.cost[0].ns_per_write, (526.3158 + 263.1579) / 2, 1e-4);
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void nothing_at_all(void **state)
{
	struct fl_bench b;
	struct fl_analysis a;

	made_up_bench(&b);
	assert_int_equal(fl_analyse(&a, &b), 0);
	assert_false(a.has_verdict);
	assert_int_equal(a.nlevels, 0);
	assert_null(fl_level_main(&a, FL_SYSTEM_MOUNT, 1));
	fl_analysis_free(&a);
	fl_bench_free(&b);
}

static void the_plan_interleaves(void **state)
{
	static const char *const ids[] = {"raw-j1-r1", "mount-j1-r1", "mount-j1-r1-bare",
					  "raw-j4-r1", "mount-j4-r1", "mount-j4-r1-bare",
					  "raw-j1-r2"};
	struct fl_bench_row row[7];
	struct fl_bench b;

	made_up_bench(&b);
	b.self_cost = true;
	b.njob_counts = 2;
	b.job_count[1] = 4;
	assert_int_equal(fl_bench_plan(&b, row, 7), 12);
	for (int i = 0; i < 7; i++)
		assert_string_equal(row[i].id, ids[i]);
	assert_true(row[1].probes && !row[0].probes && !row[2].probes);
	b.use[FL_SYSTEM_RAW] = b.self_cost = false;
	assert_int_equal(fl_bench_plan(&b, NULL, 0), 4);
	fl_bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_lock),
		cmocka_unit_test(noise_is_not_fitted),
		cmocka_unit_test(without_holds_there_is_no_ceiling),
		cmocka_unit_test(rows_that_miss_are_left_out),
		cmocka_unit_test(fewer_writes_than_fio_did_miss_too),
		cmocka_unit_test(shared_rows_have_nothing_to_gain),
		cmocka_unit_test(own_cost_by_pairs),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(the_plan_interleaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
