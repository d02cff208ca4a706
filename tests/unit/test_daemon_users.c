// SPDX-License-Identifier: GPL-2.0-only
/* Which user is behind an id, by a file like /etc/subuid. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "users.h"

static char path[] = "/tmp/test_daemon_users.XXXXXX";

/* Each version has a time of its own, however fast they follow. */
static void read_text(const char *text)
{
	static time_t second = 1000;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	second++;
	assert_int_equal(
		utimensat(AT_FDCWD, path, (struct timespec[]){{second, 0}, {second, 0}}, 0), 0);
	users_read(path);
}

static void test_ranges(void **state)
{
	static const struct {
		uint32_t id, user;
	} users[] = {
		{0, 0},
		{500, 500},
		{99999, 99999},
		{100000, 100000},
		{165535, 100000},
		{165536, 165536},
		{231071, 165536},
		{231072, 231072},
		{299999, 299999},
		{300009, 100000},
		{300010, 300010},
		{4294967289, 4294967289},
		{4294967295, 4294967290},
	};

	assert_int_equal(users_of(100000), 100000);
	read_text("two:165536:65536\n"
		  "one:100000:65536\n"
		  "# a comment\n"
		  "not a line\n"
		  "\n"
		  "one:300000:10\n"
		  "1002:4294967290:65536\n"
		  "none:500:0\n");
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		assert_int_equal(users_of(users[i].id), users[i].user);
}

/* A range in the midst of another user's. */
static void test_overlaps(void **state)
{
	read_text("wide:100000:1000000\n"
		  "inner:200000:10\n"
		  "wide:1050000:100000\n"
		  "last:1149999:2\n");
	assert_int_equal(users_of(200009), 200000);
	assert_int_equal(users_of(200010), 100000);
	assert_int_equal(users_of(1149998), 100000);
	assert_int_equal(users_of(1150000), 1149999);
	assert_int_equal(users_of(1150001), 1150001);
}

static void test_changes(void **state)
{
	read_text("one:100000:10\n");
	assert_int_equal(users_of(100009), 100000);
	read_text("one:100000:20\n");
	assert_int_equal(users_of(100019), 100000);
	assert_int_equal(unlink(path), 0);
	users_read(path);
	assert_int_equal(users_of(100009), 100009);
	users_read(path);
}

/* All ids of a user count together. */
static void test_held(void **state)
{
	read_text("one:100000:10\n");
	assert_ptr_equal(users_held(100001), users_held(100009));
	assert_ptr_not_equal(users_held(100001), users_held(100010));
	assert_ptr_not_equal(users_held(1000), users_held(1000 + 1024));
	assert_ptr_equal(users_held(1000), users_held(1000));
	assert_int_equal(*users_held(1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_held),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
