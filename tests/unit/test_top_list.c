// SPDX-License-Identifier: GPL-2.0-only
/* Which files and mounts the live view lists for a filter. */
#include "check.h"
#include "top/list.h"

static size_t listed(bool files, const char *filter)
{
	struct fl_mount_snapshot mounts[2] = {{.dev = 1, .path = "/srv/one"},
					      {.dev = 2, .path = "/srv/two"}};
	struct fl_file_counts file[3] = {
		{.dev = 1, .slot = 20, .name = "a", .path = "/srv/one/a"},
		{.dev = 1, .slot = 21, .name = "quiet"}, /* its path is not known yet */
		{.dev = 2, .slot = 22, .name = "c\033", .path = "/srv/two/c\033"},
	};
	struct fl_snapshot s = {.file = file, .nfiles = 3, .mount = mounts, .nmounts = 2};
	struct fl_top_query q = {.files = files, .filter = filter};
	struct fl_top_list list;
	size_t n;

	assert_false(fl_top_list(&list, &s, &s, &q));
	n = list.n;
	fl_top_list_free(&list);
	return n;
}

static void test_mounts_by_path(void **state)
{
	assert_int_equal(listed(false, ""), 2);
	assert_int_equal(listed(false, "srv"), 2);
	assert_int_equal(listed(false, "one"), 1);
	assert_int_equal(listed(false, "one/a"), 0);
}

static void test_files_by_path_and_by_mount(void **state)
{
	assert_int_equal(listed(true, ""), 3);
	assert_int_equal(listed(true, "one"), 2);
	assert_int_equal(listed(true, "one/a"), 1);
	assert_int_equal(listed(true, "quiet"), 1);
	assert_int_equal(listed(true, "nothing"), 0);
}

static void test_by_what_the_screen_shows(void **state)
{
	assert_int_equal(listed(true, "\\x1b"), 1);
	assert_int_equal(listed(true, "\033"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts_by_path),
		cmocka_unit_test(test_files_by_path_and_by_mount),
		cmocka_unit_test(test_by_what_the_screen_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
