// SPDX-License-Identifier: GPL-2.0-only
/* Histograms: counts, quantiles, sums, octaves; JSON of earlier versions. */
#include "check.h"
#include "snapshot/hist.h"
#include "util/json_read.h"

static void quantiles_are_upper_bounds(void **state)
{
	struct fl_hist h = {};

	assert_int_equal(fl_hist_quantile(&h, 0.5), 0);
	h.bucket[7] = 90;  /* 7 ns */
	h.bucket[72] = 10; /* 512..576 ns */
	assert_int_equal(fl_hist_count(&h), 100);
	assert_int_equal(fl_hist_quantile(&h, 0.5), 8);
	assert_int_equal(fl_hist_quantile(&h, 0.9), 8);
	assert_int_equal(fl_hist_quantile(&h, 0.91), 576);
	assert_int_equal(fl_hist_quantile(&h, 1.0), 576);
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

/* No bucket is wider than 12.5 % of where it begins, and each one's end is the next one's beginning. */
static void buckets_are_narrow_and_without_gaps(void **state)
{
	for (int b = 24; b < FL_HIST_BUCKETS; b++) {
		struct fl_hist h = {}, before = {};
		__u64 end, begin;

		h.bucket[b] = before.bucket[b == 24 ? 7 : b - 1] = 1;
		end = fl_hist_quantile(&h, 1);
		begin = fl_hist_quantile(&before, 1);
		assert_true(begin < end && 8 * (end - begin) <= begin);
		assert_true(fl_hist_bucket_ns(b) >= begin && fl_hist_bucket_ns(b) < end);
	}
}

static void octaves_have_their_buckets(void **state)
{
	struct fl_hist h = {};
	struct fl_octaves o;

	h.bucket[0] = 1;		   /* 0 ns */
	h.bucket[1] = 2;		   /* 1 ns */
	h.bucket[4] = h.bucket[7] = 3;	   /* 4..8 ns */
	h.bucket[24] = h.bucket[31] = 4;   /* 8..16 ns */
	h.bucket[FL_HIST_BUCKETS - 1] = 5; /* up to 2^36 ns */
	o = fl_hist_octaves(&h);
	assert_int_equal(o.bucket[0], 1);
	assert_int_equal(o.bucket[1], 2);
	assert_int_equal(o.bucket[2], 0);
	assert_int_equal(o.bucket[3], 6);
	assert_int_equal(o.bucket[4], 8);
	assert_int_equal(o.bucket[36], 5);
}

/* An octave of an earlier version keeps its upper bound. */
static void octaves_of_earlier_versions_are_read(void **state)
{
	struct fl_err err = {};
	struct fl_json_reader r = {.what = "hist", .err = &err};
	struct json_object *o = json_tokener_parse(
		"{\"log2_buckets\": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], \"sum_ns\": 2400}");
	struct fl_hist h = {};

	fl_hist_from_json(&r, o, &h);
	json_object_put(o);
	assert_false(r.bad);
	assert_int_equal(h.sum_ns, 2400);
	assert_int_equal(fl_hist_count(&h), 5);
	assert_int_equal(fl_hist_quantile(&h, 0.2), 1);
	assert_int_equal(fl_hist_quantile(&h, 1), 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_upper_bounds),
		cmocka_unit_test(sums_over_files),
		cmocka_unit_test(buckets_are_narrow_and_without_gaps),
		cmocka_unit_test(octaves_have_their_buckets),
		cmocka_unit_test(octaves_of_earlier_versions_are_read),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
