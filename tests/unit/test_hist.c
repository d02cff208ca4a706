// SPDX-License-Identifier: GPL-2.0-only
/* Log2 histograms: counts, quantiles, sums. */
#include "check.h"
#include "snapshot/hist.h"

static void quantiles_are_upper_bounds(void **state)
{
	struct fl_hist h = {};

	assert_int_equal(fl_hist_quantile(&h, 0.5), 0);
	h.bucket[3] = 90;  /* 4..8 ns */
	h.bucket[10] = 10; /* 512..1024 ns */
	assert_int_equal(fl_hist_count(&h), 100);
	assert_int_equal(fl_hist_quantile(&h, 0.5), 8);
	assert_int_equal(fl_hist_quantile(&h, 0.9), 8);
	assert_int_equal(fl_hist_quantile(&h, 0.91), 1024);
	assert_int_equal(fl_hist_quantile(&h, 1.0), 1024);
}

static void sums_over_files(void **state)
{
	struct fl_file_counts files[3] = {};
	struct fl_snapshot s = {.file = files, .nfiles = 3};
	struct fl_slot_hists all, h[2] = {};

	files[0].hists = &h[0];
	files[1].hists = &h[1];
	files[0].hists->hist[FL_HIST_HOLD_EXCL].bucket[5] = 2;
	files[1].hists->hist[FL_HIST_HOLD_EXCL].bucket[5] = 3;
	files[1].hists->hist[FL_HIST_HOLD_EXCL].sum_ns = 77;
	/* the third has no histograms */
	fl_hists_sum(&s, &all);
	assert_int_equal(all.hist[FL_HIST_HOLD_EXCL].bucket[5], 5);
	assert_int_equal(all.hist[FL_HIST_HOLD_EXCL].sum_ns, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_upper_bounds),
		cmocka_unit_test(sums_over_files),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
