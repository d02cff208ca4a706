// SPDX-License-Identifier: GPL-2.0-only
/* The rows of a reading, and what became of mounts between two readings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "snapshot/mounts.h"
#include "snapshot/rows.h"

static struct fl_file_counts file(__u32 slot, __u32 dev, __u64 excl, __u64 shared)
{
	struct fl_file_counts f = {.slot = slot, .dev = dev, .ino = 100 + slot};

	f.is_other = !slot;
	f.cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = excl;
	f.cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = shared;
	f.counter[FL_COUNT_BYTES] = 4096 * (excl + shared);
	return f;
}

static void test_rows_by_mount(void **state)
{
	char a[] = "/a", b[] = "/b";
	struct fl_mount_snapshot m[] = {{.dev = 9, .path = b, .present = true},
					{.dev = 4, .path = a, .present = true}};
	struct fl_file_counts f[] = {file(0, 0, 2, 0), file(1, 9, 3, 0), file(2, 4, 4, 0),
				     file(3, 9, 5, 6)};
	struct fl_snapshot s = {.start_ns = 1000000000,
				.end_ns = 3000000000,
				.file = f,
				.nfiles = 4,
				.mount = m,
				.nmounts = 2};
	struct fl_rows rows;

	assert_int_equal(fl_rows_by_mount(&s, &rows), 0);
	assert_int_equal(rows.n, 3);
	assert_string_equal(rows.row[0].mount->path, "/b");
	assert_int_equal(rows.row[0].totals.writes, 14);
	assert_true(fl_row_rate(&rows.row[0], 14) == 7.0);
	assert_string_equal(rows.row[1].mount->path, "/a");
	assert_int_equal(rows.row[1].totals.writes, 4);
	assert_null(rows.row[2].mount);
	assert_int_equal(rows.row[2].totals.writes, 2);
	fl_rows_free(&rows);
}

static void test_times_and_ceiling(void **state)
{
	struct fl_file_counts f = file(1, 9, 4, 0);
	struct fl_snapshot s = {.end_ns = 1, .file = &f, .nfiles = 1};
	struct fl_slot_hists hists = {};
	struct fl_rows rows;
	double ceiling;
	__u64 ns;

	assert_int_equal(fl_rows_whole(&s, &rows), 0);
	assert_false(fl_row_quantile(&rows.row[0], FL_ROW_WAIT, 0.5, &ns));
	assert_false(fl_row_ceiling(&rows.row[0], &ceiling));
	fl_rows_free(&rows);

	f.hists = &hists;
	f.hists->hist[FL_HIST_HOLD_EXCL].bucket[87] = 4;
	f.hists->hist[FL_HIST_HOLD_EXCL].sum_ns = 4 * 2000;
	assert_int_equal(fl_rows_whole(&s, &rows), 0);
	assert_true(fl_row_quantile(&rows.row[0], FL_ROW_HOLD, 0.99, &ns));
	assert_int_equal(ns, 2048);
	/* 2 us held each: half a million a second get through */
	assert_true(fl_row_ceiling(&rows.row[0], &ceiling));
	assert_true(ceiling == 500000.0);
	fl_rows_free(&rows);
}

static void test_mount_events(void **state)
{
	char a[] = "/a", b[] = "/b", c[] = "/c";
	struct fl_mount_snapshot m0[] = {{.dev = 1, .path = a, .present = true},
					 {.dev = 2, .path = b, .present = true}};
	/*
	 * mount 1 went away and is still listed; 2's number now belongs to another path; 3 is new
	 */
	struct fl_mount_snapshot m1[] = {{.dev = 3, .path = c, .present = true},
					 {.dev = 1, .path = a, .present = false},
					 {.dev = 2, .path = c, .present = true}};
	struct fl_snapshot before = {.mount = m0, .nmounts = 2}, now = {.mount = m1, .nmounts = 3};
	struct fl_mount_event e[8];

	assert_int_equal(fl_mount_events(&before, &now, e, 8), 4);
	assert_int_equal(e[0].change, FL_MOUNT_GONE);
	assert_string_equal(e[0].path, "/a");
	assert_int_equal(e[1].change, FL_MOUNT_GONE);
	assert_string_equal(e[1].path, "/b");
	assert_int_equal(e[2].change, FL_MOUNT_APPEARED);
	assert_int_equal(e[2].dev, 3);
	assert_int_equal(e[3].change, FL_MOUNT_APPEARED);
	assert_int_equal(e[3].dev, 2);
	assert_int_equal(fl_mount_events(&before, &now, e, 1), 1);
	assert_int_equal(fl_mount_events(&now, &now, e, 8), 0);
}

static void test_daemon_events(void **state)
{
	char a[] = "/a";
	struct fl_mount_snapshot m0 = {.dev = 1, .path = a, .present = true}, m1 = m0;
	struct fl_snapshot before = {.mount = &m0, .nmounts = 1},
			   now = {.mount = &m1, .nmounts = 1};
	struct fl_mount_event e[8];

	/* a mount that was never known to be served may become served without a note */
	m1.served = FL_SERVED_YES;
	assert_int_equal(fl_mount_events(&before, &now, e, 8), 0);
	m0.served = FL_SERVED_YES;
	m1.served = FL_SERVED_UNKNOWN;
	assert_int_equal(fl_mount_events(&before, &now, e, 8), 0);
	m1.served = FL_SERVED_NO;
	assert_int_equal(fl_mount_events(&before, &now, e, 8), 1);
	assert_int_equal(e[0].change, FL_MOUNT_UNSERVED);
	assert_string_equal(e[0].path, "/a");
	/* a daemon that was dead at the start is reported at once, and only once */
	assert_int_equal(fl_mount_events(NULL, &now, e, 8), 1);
	assert_int_equal(e[0].change, FL_MOUNT_UNSERVED);
	assert_int_equal(fl_mount_events(&now, &now, e, 8), 0);
	assert_int_equal(fl_mount_events(&now, &before, e, 8), 1);
	assert_int_equal(e[0].change, FL_MOUNT_SERVED_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_by_mount),
		cmocka_unit_test(test_times_and_ceiling),
		cmocka_unit_test(test_mount_events),
		cmocka_unit_test(test_daemon_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
