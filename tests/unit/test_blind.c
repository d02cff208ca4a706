// SPDX-License-Identifier: GPL-2.0-only
/* Open files whose writes nothing sees. */
#include "check.h"
#include <fcntl.h>
#include "collect/blind.h"
#include "snapshot/coverage.h"

#define DEV	7
#define DAEMONS 2 /* devices from DEV on */

/* A cached file of each mount, open for buffered writes, while one file was written. */
static __u64 blind_files(enum fl_route written)
{
	struct fl_slot slot = {.key = 1, .dev = DEV, .route = written};
	struct fl_claim claim = {.id = 1, .slot = 0};
	struct fl_slot_table table = {.slot = &slot, .nslots = 1, .claim = &claim, .nclaims = 1};
	struct fl_open_file open[DAEMONS] = {};
	const struct fl_open_files files = {.file = open, .n = DAEMONS};
	const struct fl_target all = {};
	struct fl_snapshot s = {.method = FL_METHOD_STATE_TP, .writes_method = FL_METHOD_STATE_TP};

	for (int i = 0; i < DAEMONS; i++)
		open[i].rec = (struct fl_file_record){
			.kind = FL_FILE_OPEN, .dev = DEV + i, .ino = 5, .f_flags = O_WRONLY};
	fl_blind_look(&s, &files, &all, NULL, &table);
	return s.blind_files;
}

static void a_file_may_be_of_the_iomap_route(void **state)
{
	assert_int_equal(blind_files(FL_ROUTE_CACHED), 0);
	assert_int_equal(blind_files(FL_ROUTE_IOMAP), 1);
}

/* Two file systems under one source have equal inode numbers. */
static void only_the_file_that_is_named_counts(void **state)
{
	struct fl_open_file open[2] = {};
	const struct fl_open_files files = {.file = open, .n = 2};
	struct fl_target target = {.dev = {DEV}, .ndevs = 1};
	struct fl_slot_table table = {};
	struct fl_snapshot s = {.method = FL_METHOD_STATE_TP, .writes_method = FL_METHOD_STATE_TP};

	for (int i = 0; i < 2; i++)
		open[i].rec = (struct fl_file_record){.kind = FL_FILE_OPEN,
						      .dev = DEV,
						      .ino = 5,
						      .nodeid = 8 + i,
						      .f_flags = O_WRONLY,
						      .open_flags = FL_FOPEN_PASSTHROUGH,
						      .passthrough = 1};
	fl_blind_look(&s, &files, &target, NULL, &table);
	assert_int_equal(s.blind_files, 2);
	s.blind_files = 0;
	target.ino = 5;
	target.nodeid = 9;
	fl_blind_look(&s, &files, &target, NULL, &table);
	assert_int_equal(s.blind_files, 1);
}

static void files_that_are_not_listed_may_be_blind(void **state)
{
	const struct fl_open_files files = {.cut = true};
	const struct fl_target all = {};
	struct fl_slot_table table = {};
	struct fl_snapshot s = {};

	fl_blind_look(&s, &files, &all, NULL, &table);
	assert_int_equal(s.blind_files, 1);
	assert_string_equal(s.blind_example, "?");
}

static void files_that_were_only_opened_count_if_they_are_more(void **state)
{
	struct fl_snapshot s = {.blind_files = 2, .blind_example = "/mnt/a"};

	fl_blind_opened(&s, 1);
	assert_int_equal(s.blind_files, 2);
	fl_blind_opened(&s, 3);
	assert_int_equal(s.blind_files, 3);
	assert_string_equal(s.blind_example, "/mnt/a");
	s = (struct fl_snapshot){};
	fl_blind_opened(&s, 1);
	assert_string_equal(s.blind_example, "");
}

/* bpf/state_tp.bpf.c says so of files that are opened. */
static void only_on_xfs_is_all_that_is_passed_through_seen(void **state)
{
	struct fl_snapshot s = {.method = FL_METHOD_STATE_TP, .writes_method = FL_METHOD_STATE_TP};
	const struct fl_coverage *c;
	size_t n;

	c = fl_coverage_table(&n);
	for (size_t i = 0; i < n; i++)
		if (c[i].route == FL_ROUTE_PASSTHROUGH && c[i].kind != FL_KIND_SPLICE)
			assert_int_equal(fl_sees(&s, c[i].route, c[i].kind, c[i].fs) == FL_SEES_YES,
					 c[i].fs && !strcmp(c[i].fs, "xfs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_may_be_of_the_iomap_route),
		cmocka_unit_test(only_the_file_that_is_named_counts),
		cmocka_unit_test(files_that_are_not_listed_may_be_blind),
		cmocka_unit_test(files_that_were_only_opened_count_if_they_are_more),
		cmocka_unit_test(only_on_xfs_is_all_that_is_passed_through_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
