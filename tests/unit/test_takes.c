// SPDX-License-Identifier: GPL-2.0-only
/* Takes without a known route are added to the writes of their file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect/takes.h"

static struct fl_file_counts file(__u64 ino, enum fl_route route, __u64 writes, __u64 exclusive,
				  __u64 fi_lock)
{
	struct fl_file_counts f = {.dev = 1, .ino = ino, .route = route, .has_takes = true};

	f.cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = writes;
	f.takes[FL_SITE_EXCLUSIVE] = exclusive;
	f.takes[FL_SITE_FI_LOCK] = fi_lock;
	return f;
}

static void join(struct fl_snapshot *s, const struct fl_file_counts *list, size_t n)
{
	memset(s, 0, sizeof(*s));
	s->file = calloc(n, sizeof(*list));
	assert_non_null(s->file);
	memcpy(s->file, list, n * sizeof(*list));
	s->nfiles = n;
}

static void test_takes_without_a_route_go_to_the_writes(void **state)
{
	const struct fl_file_counts list[] = {
		file(7, FL_ROUTE_OTHER, 0, 2, 50), file(7, FL_ROUTE_PASSTHROUGH, 50, 50, 0),
		file(7, FL_ROUTE_SPLICE, 3, 3, 0), file(8, FL_ROUTE_OTHER, 0, 1, 1)};
	struct fl_snapshot s;

	join(&s, list, 4);
	s.has_takes = true;
	assert_int_equal(fl_takes_join(&s), 0);
	assert_int_equal(s.nfiles, 3);
	assert_int_equal(s.file[0].route, FL_ROUTE_PASSTHROUGH);
	assert_int_equal(s.file[0].takes[FL_SITE_EXCLUSIVE], 52);
	assert_int_equal(s.file[0].takes[FL_SITE_FI_LOCK], 50);
	assert_int_equal(s.file[1].takes[FL_SITE_EXCLUSIVE], 3);
	/* nobody wrote this one: it stays */
	assert_int_equal(s.file[2].ino, 8);
	assert_int_equal(s.file[2].takes[FL_SITE_EXCLUSIVE], 1);
	fl_snapshot_free(&s);
}

/* Opens share helpers with direct writes: on a passthrough file no write made these takes. */
static void test_takes_of_another_route_are_other_takes(void **state)
{
	const struct fl_file_counts list[] = {
		file(7, FL_ROUTE_DIRECT, 0, 4, 1), file(7, FL_ROUTE_PASSTHROUGH, 50, 50, 0),
		file(8, FL_ROUTE_DIRECT, 0, 6, 0), file(8, FL_ROUTE_CACHED, 6, 0, 0),
		file(9, FL_ROUTE_CACHED, 0, 5, 1), file(9, FL_ROUTE_DIRECT, 0, 2, 0),
		file(9, FL_ROUTE_IOMAP, 5, 0, 0)};
	struct fl_snapshot s;

	join(&s, list, 7);
	assert_int_equal(fl_takes_join(&s), 0);
	assert_int_equal(s.nfiles, 3);
	assert_int_equal(s.file[0].takes[FL_SITE_EXCLUSIVE], 50);
	assert_int_equal(s.file[0].takes[FL_SITE_OTHER_EXCLUSIVE], 4);
	assert_int_equal(s.file[0].takes[FL_SITE_OTHER_FI_LOCK], 1);
	/* direct and cached writes share their sites */
	assert_int_equal(s.file[1].takes[FL_SITE_EXCLUSIVE], 6);
	/* by its open flags, a file that fs/fuse writes by iomap is a cached one */
	assert_int_equal(s.file[2].takes[FL_SITE_EXCLUSIVE], 5);
	assert_int_equal(s.file[2].takes[FL_SITE_OTHER_EXCLUSIVE], 2);
	fl_snapshot_free(&s);
}

/* An attempt that failed has held the lock, and others have waited for it. */
static void test_waits_and_holders_stay_with_the_file(void **state)
{
	struct fl_file_counts list[] = {
		file(7, FL_ROUTE_DIRECT, 0, 1, 0), file(7, FL_ROUTE_PASSTHROUGH, 50, 50, 0),
		file(7, FL_ROUTE_SPLICE, 0, 1, 0), file(8, FL_ROUTE_OTHER, 0, 1, 0)};
	struct fl_snapshot s;

	for (int i = 0; i < 3; i += 2) {
		list[i].waits = calloc(1, sizeof(*list[i].waits));
		list[i].waits->kind[FL_WAIT_EXCL].times.bucket[20] = 1 + i;
		list[i].waits->kind[FL_WAIT_EXCL].max_ns = 100 - i;
		list[i].holders = calloc(1, sizeof(*list[i].holders));
		list[i].holders->looks[1] = 3 + i;
	}
	join(&s, list, 4);
	assert_int_equal(fl_takes_join(&s), 0);
	assert_int_equal(s.nfiles, 2);
	assert_non_null(s.file[0].waits);
	assert_int_equal(s.file[0].waits->kind[FL_WAIT_EXCL].times.bucket[20], 4);
	assert_int_equal(s.file[0].waits->kind[FL_WAIT_EXCL].max_ns, 100);
	assert_non_null(s.file[0].holders);
	assert_int_equal(s.file[0].holders->looks[1], 8);
	assert_null(s.file[1].waits);
	fl_snapshot_free(&s);
}

static void test_takes_alone_make_the_writes(void **state)
{
	const struct fl_file_counts list[] = {file(7, FL_ROUTE_PASSTHROUGH, 0, 9, 0),
					      file(7, FL_ROUTE_OTHER, 0, 0, 9)};
	struct fl_snapshot s;

	join(&s, list, 2);
	s.takes_only = true;
	fl_writes_from_takes(&s);
	assert_int_equal(fl_takes_join(&s), 0);
	assert_int_equal(s.nfiles, 1);
	assert_int_equal(fl_file_writes(&s.file[0]), 9);
	assert_int_equal(s.file[0].takes[FL_SITE_FI_LOCK], 9);
	fl_snapshot_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_without_a_route_go_to_the_writes),
		cmocka_unit_test(test_takes_of_another_route_are_other_takes),
		cmocka_unit_test(test_waits_and_holders_stay_with_the_file),
		cmocka_unit_test(test_takes_alone_make_the_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
