// SPDX-License-Identifier: GPL-2.0-only
/* Open files whose writes nothing sees. */
#include "check.h"
#include <fcntl.h>
#include "collect/blind.h"

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
	fl_blind_look(&s, &files, &all, &table);
	return s.blind_files;
}

static void a_file_may_be_of_the_iomap_route(void **state)
{
	assert_int_equal(blind_files(FL_ROUTE_CACHED), 0);
	assert_int_equal(blind_files(FL_ROUTE_IOMAP), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_may_be_of_the_iomap_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
