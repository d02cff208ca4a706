// SPDX-License-Identifier: GPL-2.0-only
/* Asking what never answers: a FIFO that nobody opens for writing stands in for it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/in_time.h"
#include "util/interrupt.h"

static char dir[64], fifo[80], file[80];

static int setup(void **state)
{
	FILE *f;

	strcpy(dir, "/tmp/fuselens-test-in-time.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	snprintf(file, sizeof(file), "%s/file", dir);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("daemon", f);
	fwrite("\0-f\0", 1, 4, f);
	fclose(f);
	return mkfifo(fifo, 0600);
}

static int teardown(void **state)
{
	unlink(fifo);
	unlink(file);
	return rmdir(dir);
}

static void test_answers(void **state)
{
	char buf[64];

	assert_int_equal(fl_read_proc_in_time(file, buf, sizeof(buf), 600), 10);
	assert_memory_equal(buf, "daemon\0-f\0", 11);
	assert_int_equal(fl_read_proc_in_time(file, buf, 4, 600), 3);
	assert_string_equal(buf, "dae");
	assert_int_equal(fl_read_proc_in_time("/proc/self/none", buf, sizeof(buf), 600), 0);
	assert_string_equal(buf, "");
}

static void test_no_answer(void **state)
{
	char buf[64] = "x";

	assert_int_equal(fl_read_proc_in_time(fifo, buf, sizeof(buf), 0.1), 0);
	assert_string_equal(buf, "");
	/* the child is gone */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_interrupted(void **state)
{
	char buf[64];

	fl_interrupted = 2;
	assert_int_equal(fl_read_proc_in_time(fifo, buf, sizeof(buf), 600), 0);
	fl_interrupted = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
