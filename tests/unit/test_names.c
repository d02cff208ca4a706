// SPDX-License-Identifier: GPL-2.0-only
/* Flags by name, and the tables read in both directions. */
#include "check.h"
#include <fcntl.h>
#include "snapshot/names.h"

static void names_fopen_flags(void **state)
{
	char b[160];

	assert_string_equal(fl_fopen_flag_names(0, b, sizeof(b)), "none");
	assert_string_equal(fl_fopen_flag_names(1 << 7, b, sizeof(b)), "PASSTHROUGH");
	assert_string_equal(fl_fopen_flag_names(1 << 0 | 1 << 6, b, sizeof(b)),
			    "DIRECT_IO|PARALLEL_DIRECT_WRITES");
	assert_string_equal(fl_fopen_flag_names(1u << 31 | 1 << 1, b, sizeof(b)),
			    "KEEP_CACHE|0x80000000");
	/* a short buffer is cut, not overrun */
	assert_string_equal(fl_fopen_flag_names(~0u, b, 8), "DIRECT_");
}

static void names_open_modes(void **state)
{
	char b[96];

	assert_string_equal(fl_open_mode_names(O_RDONLY, b, sizeof(b)), "rdonly");
	assert_string_equal(fl_open_mode_names(O_RDWR | O_DIRECT | O_APPEND, b, sizeof(b)),
			    "rdwr|direct|append");
	assert_string_equal(fl_open_mode_names(O_WRONLY | O_SYNC, b, sizeof(b)), "wronly|sync");
	assert_string_equal(fl_open_mode_names(O_WRONLY | O_DSYNC, b, sizeof(b)), "wronly|dsync");
}

static void every_name_leads_back(void **state)
{
	for (int i = 0; i < FL_ROUTES; i++)
		assert_int_equal(fl_route_from_name(fl_route_name(i)), i);
	for (int i = 0; i < FL_NATURES; i++)
		assert_int_equal(fl_nature_from_name(fl_nature_name(i)), i);
	for (int i = 0; i < FL_MODES; i++)
		assert_int_equal(fl_mode_from_name(fl_mode_name(i)), i);
	for (int i = 0; i < FL_COUNTERS; i++)
		assert_string_not_equal(fl_counter_name(i), "?");
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
		assert_string_not_equal(fl_mount_counter_name(i), "?");
	for (int i = 0; i < FL_REASONS; i++)
		assert_string_not_equal(fl_reason_name(i), "?");
	assert_int_equal(fl_route_from_name("nowhere"), -1);
	assert_null(fl_iomode_name(-1));
	assert_string_equal(fl_iomode_name(2), "uncached");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_fopen_flags),
		cmocka_unit_test(names_open_modes),
		cmocka_unit_test(every_name_leads_back),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
