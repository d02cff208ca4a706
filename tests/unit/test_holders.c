// SPDX-License-Identifier: GPL-2.0-only
/* How many held the lock together: figures, totals, and JSON there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "snapshot/holders.h"
#include "snapshot/rows.h"
#include "snapshot/snapshot.h"
#include "util/json_read.h"

static void test_figures(void **state)
{
	struct fl_holders h = {.looks = {[0] = 6, [1] = 1, [6] = 3}};
	char text[16];

	assert_int_equal(fl_holders_looks(&h), 10);
	assert_true(fl_holders_mean(&h) == 2.9);
	assert_int_equal(fl_holders_quantile(&h, 0.5), 1);
	assert_int_equal(fl_holders_quantile(&h, 0.65), 2);
	assert_int_equal(fl_holders_quantile(&h, 0.99), 7);
	assert_int_equal(fl_holders_most(&h), 7);
	assert_string_equal(fl_holders_text(7, text), "7");
}

/* More than the buckets tell apart: the mean is right all the same. */
static void test_many(void **state)
{
	struct fl_holders h = {.looks = {[0] = 1, [FL_HOLDERS - 1] = 2}, .beyond = 199};
	char text[16];

	assert_true(fl_holders_mean(&h) == 200.0 / 3);
	assert_int_equal(fl_holders_most(&h), FL_HOLDERS);
	assert_int_equal(fl_holders_quantile(&h, 0.99), FL_HOLDERS);
	assert_string_equal(fl_holders_text(FL_HOLDERS, text), "64 or more");
}

static void test_sums_over_files(void **state)
{
	struct fl_holders h[2] = {{.looks = {[0] = 1, [3] = 2}}, {.looks = {[3] = 5}, .beyond = 1}};
	struct fl_file_counts file[3] = {{.holders = &h[0]}, {}, {.holders = &h[1]}};
	struct fl_snapshot s = {.file = file, .nfiles = 3};
	struct fl_holders sum;
	struct fl_rows rows;

	fl_holders_sum(&s, &sum);
	assert_int_equal(sum.looks[0], 1);
	assert_int_equal(sum.looks[3], 7);
	assert_int_equal(sum.beyond, 1);
	assert_false(fl_rows_whole(&s, &rows));
	assert_memory_equal(rows.row[0].holders, &sum, sizeof(sum));
	fl_rows_free(&rows);
	assert_false(fl_rows_by_file(&s, &rows));
	for (size_t i = 0; i < rows.n; i++)
		assert_ptr_equal(rows.row[i].holders, rows.row[i].file->holders);
	fl_rows_free(&rows);
}

static void there_and_back(const struct fl_holders *h)
{
	struct fl_json_reader r = {.what = "holders"};
	struct json_object *o = json_object_new_object();
	struct fl_holders back;

	json_object_object_add(o, "h", fl_holders_to_json(h));
	fl_holders_from_json(&r, o, "h", &back);
	assert_false(r.bad);
	assert_memory_equal(&back, h, sizeof(back));
	json_object_put(o);
}

static void test_json_there_and_back(void **state)
{
	struct fl_holders h = {.looks = {[0] = 1, [9] = 7, [FL_HOLDERS - 1] = 3}, .beyond = 300};
	struct fl_holders none = {};
	struct json_object *o = fl_holders_to_json(&none);

	assert_null(json_object_object_get(o, "mean"));
	assert_null(json_object_object_get(o, "max"));
	json_object_put(o);
	there_and_back(&none);
	there_and_back(&h);
}

static void test_damaged_json(void **state)
{
	static const char *const damaged[] = {
		"{\"h\": 7}",
		"{}",
		"{\"h\": {\"sum\": 1}}",
		"{\"h\": {\"sum\": 1, \"buckets\": 7}}",
		"{\"h\": {\"sum\": 1, \"buckets\": [7]}}",
		"{\"h\": {\"sum\": 1, \"buckets\": [{\"holders\": 0, \"looks\": 1}]}}",
		"{\"h\": {\"sum\": 1, \"buckets\": [{\"holders\": 65, \"looks\": 1}]}}",
		"{\"h\": {\"sum\": 1, \"buckets\": [{\"holders\": 1}]}}",
		"{\"h\": {\"buckets\": [{\"holders\": 1, \"looks\": 1}]}}",
	};
	struct fl_holders h;
	struct fl_err err;

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		struct fl_json_reader r = {.what = "holders", .err = &err};
		struct json_object *o = json_tokener_parse(damaged[i]);

		fl_holders_from_json(&r, o, "h", &h);
		assert_true(r.bad);
		json_object_put(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sums_over_files), cmocka_unit_test(test_json_there_and_back),
		cmocka_unit_test(test_damaged_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
