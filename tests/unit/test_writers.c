// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writers: the busiest are kept, the others are summed up; container numbers; JSON in both
 * directions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "snapshot/writers.h"
#include "util/json_read.h"

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct fl_writer_count one(__u32 pid, const char *comm, __u64 writes)
{
	struct fl_writer_count w = {.pid = pid, .writes = writes};

	snprintf(w.comm, sizeof(w.comm), "%s", comm);
	return w;
}

static void add(struct fl_writer_counts *w, __u32 pid, const char *comm, __u64 writes)
{
	struct fl_writer_count it = one(pid, comm, writes);

	assert_int_equal(fl_writers_add(w, &it), 0);
}

static void test_one_process_is_one_entry(void **state)
{
	struct fl_writer_counts w = {}, more = {};

	add(&w, 7, "fio", 10);
	add(&w, 7, "fio", 5);
	/* its number was used again */
	add(&w, 7, "dd", 100);
	add(&more, 7, "fio", 1);
	add(&more, 8, "fio", 200);
	assert_int_equal(fl_writers_add_all(&w, &more), 0);
	fl_writers_keep(&w, FL_WRITERS_TOLD);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.writer[0].writes, 200);
	assert_string_equal(w.writer[1].comm, "dd");
	assert_int_equal(w.writer[2].writes, 16);
	fl_writers_free(&w);
	fl_writers_free(&more);
}

static void test_the_busiest_stay_and_the_rest_is_others(void **state)
{
	struct fl_writer_counts w = {};

	for (int i = 1; i <= 20; i++)
		add(&w, i, "w", i);
	fl_writers_keep(&w, 3);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.writer[0].pid, 20);
	assert_int_equal(fl_writers_others(&w, 210), 210 - 20 - 19 - 18);
	/* never less than none */
	assert_int_equal(fl_writers_others(&w, 30), 0);
	fl_writers_free(&w);
}

static void test_a_container_is_64_digits(void **state)
{
	char buf[13];

	assert_string_equal(fl_container_of("docker-" DIGITS ".scope", buf), "0123456789ab");
	assert_string_equal(fl_container_of(DIGITS, buf), "0123456789ab");
	assert_string_equal(fl_container_of("cri-containerd-" DIGITS, buf), "0123456789ab");
	assert_string_equal(fl_container_of("user-1000.slice", buf), "");
	assert_string_equal(fl_container_of("", buf), "");
	assert_string_equal(fl_container_of("x0123456789abcdef", buf), "");
}

static void test_json_there_and_back(void **state)
{
	struct fl_writer_counts w = {}, back = {};
	struct fl_writer_count it = one(0, "with \"quotes\"", 3);
	struct fl_err err;
	struct fl_json_reader r = {.what = "writers", .err = &err};
	struct json_object *all = json_object_new_object(), *list, *o;

	add(&w, 42, "fio", 9);
	snprintf(it.cgroup, sizeof(it.cgroup), "docker-" DIGITS ".scope");
	assert_int_equal(fl_writers_add(&w, &it), 0);
	list = fl_writers_to_json(&w);
	o = json_object_array_get_idx(list, 1);
	assert_null(json_object_object_get(o, "pid"));
	assert_string_equal(json_object_get_string(json_object_object_get(o, "container")),
			    "0123456789ab");
	json_object_object_add(all, "w", list);
	fl_writers_from_json(&r, all, "w", &back);
	assert_false(r.bad);
	assert_int_equal(back.n, 2);
	assert_memory_equal(back.writer, w.writer, 2 * sizeof(*w.writer));
	json_object_put(all);
	fl_writers_free(&back);
	all = json_tokener_parse("{\"w\": [7]}");
	fl_writers_from_json(&r, all, "w", &back);
	assert_true(r.bad);
	json_object_put(all);
	fl_writers_free(&back);
	fl_writers_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_process_is_one_entry),
		cmocka_unit_test(test_the_busiest_stay_and_the_rest_is_others),
		cmocka_unit_test(test_a_container_is_64_digits),
		cmocka_unit_test(test_json_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
