// SPDX-License-Identifier: GPL-2.0-only
/* Emptying a directory that may be another user's: all of it, but never without end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/below.h"

static char path[64];
static int dir;

static int setup(void **state)
{
	strcpy(path, "/tmp/fuselens-test-below.XXXXXX");
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int teardown(void **state)
{
	assert_int_equal(fl_below_empty(dir), 0);
	close(dir);
	return rmdir(path);
}

static void make_files(int at, int n)
{
	char name[16];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%d", i);
		close(openat(at, name, O_WRONLY | O_CREAT, 0600));
	}
}

static int files_left(void)
{
	char name[16];
	int n = 0;

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		n += !faccessat(dir, name, F_OK, 0);
	}
	return n;
}

static void test_all(void **state)
{
	int sub = fl_below_mkdir(dir, "sub", 0700);

	make_files(dir, 10);
	make_files(sub, 10);
	assert_int_equal(symlinkat("/etc", sub, "link"), 0);
	close(sub);
	assert_int_equal(fl_below_empty(dir), 0);
	assert_int_equal(files_left(), 0);
	assert_int_equal(access("/etc", F_OK), 0);
}

static void test_no_end(void **state)
{
	make_files(dir, 10);
	errno = 0;
	assert_int_equal(fl_below_empty_most(dir, 4), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_int_equal(files_left(), 6);
}

/* What lies in a directory counts, too. */
static void test_no_end_below(void **state)
{
	int sub = fl_below_mkdir(dir, "sub", 0700);

	make_files(sub, 10);
	close(sub);
	errno = 0;
	assert_int_equal(fl_below_empty_most(dir, 5), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_int_equal(fl_below_empty_most(dir, 8), 0); /* 6 files and the directory */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all),
		TEST(test_no_end),
		TEST(test_no_end_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
