// SPDX-License-Identifier: GPL-2.0-only
/* Which way an open's I/O goes, given the mount's mode and what the file's other opens do. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openflags.h"

static const struct open_policy passthrough = {.mode = IO_PASSTHROUGH, .parallel_writes = true};
static const struct open_policy required = {.mode = IO_PASSTHROUGH, .require_passthrough = true};
static const struct open_policy direct = {.mode = IO_DIRECT, .parallel_writes = true};
static const struct open_policy direct_serial = {.mode = IO_DIRECT};
static const struct open_policy cached = {.mode = IO_CACHED, .parallel_writes = true};

static void test_first_open_registers_and_others_share(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_true(open_must_register(&passthrough, &io));
	assert_int_equal(open_join(&passthrough, &io, 5, &plan), 0);
	assert_int_equal(plan.backing_id, 5);
	assert_true(plan.parallel_direct_writes);
	assert_false(plan.direct_io);

	assert_false(open_must_register(&passthrough, &io));
	assert_int_equal(open_join(&passthrough, &io, 0, &plan), 0);
	assert_int_equal(plan.backing_id, 5);

	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(open_leave(&io), 5);
	assert_true(open_must_register(&passthrough, &io));
}

static void test_refusal_sticks_until_the_last_release(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_int_equal(open_join(&passthrough, &io, -ELOOP, &plan), 0);
	assert_int_equal(plan.backing_id, 0);
	assert_false(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_false(open_must_register(&passthrough, &io));
	assert_int_equal(open_join(&passthrough, &io, 0, &plan), 0);
	assert_int_equal(plan.backing_id, 0);
	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(open_leave(&io), 0);
	assert_true(open_must_register(&passthrough, &io));
	assert_int_equal(open_join(&passthrough, &io, 9, &plan), 0);
	assert_int_equal(plan.backing_id, 9);
}

static void test_require_fails_with_the_true_error(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_int_equal(open_join(&required, &io, -ELOOP, &plan), ELOOP);
	assert_int_equal(io.users, 0);
	assert_true(open_must_register(&required, &io));
	assert_int_equal(open_join(&required, &io, 3, &plan), 0);
	assert_int_equal(plan.backing_id, 3);
	assert_false(plan.parallel_direct_writes);
}

static void test_other_modes_never_register(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_false(open_must_register(&direct, &io));
	assert_int_equal(open_join(&direct, &io, 0, &plan), 0);
	assert_true(plan.direct_io);
	assert_true(plan.parallel_direct_writes);
	assert_int_equal(open_leave(&io), 0);

	assert_int_equal(open_join(&direct_serial, &io, 0, &plan), 0);
	assert_true(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_int_equal(open_leave(&io), 0);

	assert_false(open_must_register(&cached, &io));
	assert_int_equal(open_join(&cached, &io, 0, &plan), 0);
	assert_false(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_int_equal(plan.backing_id, 0);
}

static void test_leave_too_often(void **state)
{
	struct io_state io = {0};

	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(io.users, 0);
}

static void test_source_flags(void **state)
{
	int kept = O_RDWR | O_TRUNC | O_SYNC | O_NOATIME;

	assert_int_equal(source_open_flags(kept), kept | O_CLOEXEC);
	assert_int_equal(source_open_flags(O_WRONLY | O_APPEND | O_DIRECT | O_CREAT | O_EXCL |
					   O_NOFOLLOW | O_NOCTTY),
			 O_WRONLY | O_CLOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_open_registers_and_others_share),
		cmocka_unit_test(test_refusal_sticks_until_the_last_release),
		cmocka_unit_test(test_require_fails_with_the_true_error),
		cmocka_unit_test(test_other_modes_never_register),
		cmocka_unit_test(test_leave_too_often),
		cmocka_unit_test(test_source_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
