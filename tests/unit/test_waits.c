// SPDX-License-Identifier: GPL-2.0-only
/* Queued waits: sums over files, and JSON there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "snapshot/snapshot.h"
#include "snapshot/hist.h"
#include "snapshot/waits.h"
#include "util/json_read.h"

static void test_sums_over_files(void **state)
{
	static struct fl_waits a, b;
	struct fl_file_counts file[3] = {{.waits = &a}, {}, {.waits = &b}};
	struct fl_snapshot s = {.file = file, .nfiles = 3};
	struct fl_waits *sum;

	a.kind[FL_WAIT_EXCL].times.bucket[100] = 2;
	a.kind[FL_WAIT_EXCL].times.sum_ns = 5;
	a.kind[FL_WAIT_EXCL].max_ns = 4;
	b.kind[FL_WAIT_EXCL].times.bucket[100] = 1;
	b.kind[FL_WAIT_EXCL].times.sum_ns = 7;
	b.kind[FL_WAIT_EXCL].max_ns = 3;
	b.kind[FL_WAIT_FI_LOCK].times.bucket[30] = 9;
	sum = fl_waits_sum(&s);
	assert_int_equal(sum->kind[FL_WAIT_EXCL].times.bucket[100], 3);
	assert_int_equal(sum->kind[FL_WAIT_EXCL].times.sum_ns, 12);
	assert_int_equal(sum->kind[FL_WAIT_EXCL].max_ns, 4);
	assert_int_equal(fl_hist_count(&sum->kind[FL_WAIT_FI_LOCK].times), 9);
	assert_int_equal(fl_hist_count(&sum->kind[FL_WAIT_SHARED].times), 0);
	free(sum);
}

static void test_json_there_and_back(void **state)
{
#define KIND(NAME, BUCKETS) \
	"\"" NAME "\": {\"sum_ns\": 1, \"max_ns\": 1, \"buckets\": [" BUCKETS "]}"
#define ALL(BUCKETS) \
	"{\"w\": {" KIND("exclusive", "") "," KIND("shared", "") "," KIND("fi_lock", BUCKETS) "}}"
	static const char *const broken[] = {
		ALL("{\"ns\": 18, \"count\": 1}"), /* no bucket's middle */
		ALL("{\"ns\": 7}"),
		ALL("7"),
		"{\"w\": {" KIND("exclusive", "") "}}",
		"{\"w\": 7}",
		"{}",
	};
	static struct fl_waits w;
	struct fl_err err;
	struct fl_json_reader r = {.what = "waits", .err = &err};
	struct json_object *o = json_object_new_object();
	struct fl_waits *back;

	/* every bucket that a time can be in */
	for (int b = 0; b < FL_HIST_BUCKETS; b++)
		if (b < 8 || b >= 24)
			w.kind[FL_WAIT_SHARED].times.bucket[b] = b + 1;
	w.kind[FL_WAIT_SHARED].times.sum_ns = 123456789;
	w.kind[FL_WAIT_SHARED].max_ns = 99999;
	json_object_object_add(o, "w", fl_waits_to_json(&w));
	back = fl_waits_from_json(&r, o, "w");
	assert_false(r.bad);
	assert_memory_equal(back, &w, sizeof(w));
	free(back);
	json_object_put(o);
	o = json_tokener_parse(ALL("{\"ns\": 7, \"count\": 1}"));
	free(fl_waits_from_json(&r, o, "w"));
	assert_false(r.bad);
	json_object_put(o);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		r.bad = false;
		o = json_tokener_parse(broken[i]);
		free(fl_waits_from_json(&r, o, "w"));
		assert_true(r.bad);
		json_object_put(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_over_files),
		cmocka_unit_test(test_json_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
