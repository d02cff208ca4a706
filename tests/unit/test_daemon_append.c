// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pieces of an append are written in order, in whatever order they come, and none after one
 * that failed.
 */
#include "append.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PIECES 8
#define SIZE   100

static struct append append;
static int order[PIECES], count;

static int setup(void **state)
{
	append_init(&append);
	count = 0;
	return 0;
}

static int teardown(void **state)
{
	append_destroy(&append);
	return 0;
}

static void piece(int n, off_t base)
{
	assert_int_equal(append_begin(&append, base + n * SIZE, SIZE, 600000, false), 0);
	order[count++] = n;
	append_end(&append, base + n * SIZE, SIZE, SIZE, 0);
}

static void *in_thread(void *arg)
{
	piece((intptr_t)arg, 5000);
	return NULL;
}

static void last_comes_first(void **state)
{
	pthread_t thread[PIECES];

	append_told(&append, 5000);
	for (intptr_t n = PIECES - 1; n >= 0; n--)
		assert_int_equal(pthread_create(&thread[n], NULL, in_thread, (void *)n), 0);
	for (int n = 0; n < PIECES; n++)
		pthread_join(thread[n], NULL);
	for (int n = 0; n < PIECES; n++)
		assert_int_equal(order[n], n);
	assert_int_equal(append.kernel_size, 5000 + PIECES * SIZE);
}

static void one_write_after_another(void **state)
{
	append_told(&append, 0);
	piece(0, 0);
	piece(0, SIZE);		    /* at the end of the last append, as the kernel knows it */
	append_told(&append, 7777); /* the source's users appended, and the kernel knows it */
	piece(0, 7777);
	append_told(&append, 10); /* or cut it */
	piece(0, 10);
	append_reached(&append, 300); /* a write to another place */
	piece(0, 300);
	append_reached(&append, 20);
	assert_int_equal(append.kernel_size, 300 + SIZE);
}

static void none_follows_a_failure(void **state)
{
	append_told(&append, 1000);
	piece(0, 1000);
	assert_int_equal(append_begin(&append, 1100, SIZE, 600000, false), 0);
	append_end(&append, 1100, SIZE, 40, 0);
	assert_int_equal(append_begin(&append, 1200, SIZE, 600000, false), ENOSPC);
	assert_int_equal(append_begin(&append, 1300, SIZE, 600000, false), ENOSPC);
	/* The next write begins where the short one ended; the kernel knows this place. */
	assert_int_equal(append_begin(&append, 1140, SIZE, 600000, false), 0);
	append_end(&append, 1140, SIZE, 0, EDQUOT);
	assert_int_equal(append_begin(&append, 1240, SIZE, 600000, false), EDQUOT);
	piece(0, 1140);
	piece(1, 1140);
}

/* A piece without a predecessor is taken for a first one: it comes later, but is not lost. */
static void nobody_waits_for_ever(void **state)
{
	append_told(&append, 0);
	assert_int_equal(append_begin(&append, 4096, SIZE, 10, false), EAGAIN);
	assert_int_equal(append_begin(&append, 4096, SIZE, 0, false), EAGAIN);
	assert_int_equal(append_begin(&append, 4096, SIZE, 10, true), 0);
	append_end(&append, 4096, SIZE, SIZE, 0);
	assert_int_equal(append_begin(&append, 1 << 20, SIZE, 0, true), 0);
	append_end(&append, 1 << 20, SIZE, SIZE, 0);
}

static void *holds(void *arg)
{
	assert_int_equal(append_begin(&append, 0, SIZE, 0, true), EAGAIN);
	return NULL;
}

/* Who asks without waiting does not wait for a piece that is being written, either. */
static void nobody_waits_for_a_write(void **state)
{
	pthread_t thread;

	append_told(&append, 0);
	assert_int_equal(append_begin(&append, 0, SIZE, 0, false), 0);
	assert_int_equal(pthread_create(&thread, NULL, holds, NULL), 0);
	pthread_join(thread, NULL);
	append_end(&append, 0, SIZE, SIZE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(last_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(one_write_after_another, setup, teardown),
		cmocka_unit_test_setup_teardown(none_follows_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_waits_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_waits_for_a_write, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
