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
static const struct open_request plain = {0};
static const struct open_request appends = {.append_only = true};
static const struct open_request maps = {.append_only = true, .could_map = true};

static void test_first_open_registers_and_others_share(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_true(open_must_register(&passthrough, &io, plain));
	assert_int_equal(open_join(&passthrough, &io, plain, 5, &plan), 0);
	assert_int_equal(plan.backing_id, 5);
	assert_true(plan.parallel_direct_writes);
	assert_false(plan.direct_io);

	assert_false(open_must_register(&passthrough, &io, plain));
	assert_int_equal(open_join(&passthrough, &io, plain, 0, &plan), 0);
	assert_int_equal(plan.backing_id, 5);

	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(open_leave(&io), 5);
	assert_true(open_must_register(&passthrough, &io, plain));
}

static void test_refusal_sticks_until_the_last_release(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_int_equal(open_join(&passthrough, &io, plain, -ELOOP, &plan), 0);
	assert_int_equal(plan.backing_id, 0);
	assert_false(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_false(open_must_register(&passthrough, &io, plain));
	assert_int_equal(open_join(&passthrough, &io, plain, 0, &plan), 0);
	assert_int_equal(plan.backing_id, 0);
	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(open_leave(&io), 0);
	assert_true(open_must_register(&passthrough, &io, plain));
	assert_int_equal(open_join(&passthrough, &io, plain, 9, &plan), 0);
	assert_int_equal(plan.backing_id, 9);
}

static void test_require_fails_with_the_true_error(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_int_equal(open_join(&required, &io, plain, -ELOOP, &plan), ELOOP);
	assert_int_equal(io.users, 0);
	assert_true(open_must_register(&required, &io, plain));
	assert_int_equal(open_join(&required, &io, plain, 3, &plan), 0);
	assert_int_equal(plan.backing_id, 3);
	assert_false(plan.parallel_direct_writes);
}

static void test_other_modes_never_register(void **state)
{
	struct io_state io = {0};
	struct open_plan plan;

	assert_false(open_must_register(&direct, &io, plain));
	assert_int_equal(open_join(&direct, &io, plain, 0, &plan), 0);
	assert_true(plan.direct_io);
	assert_true(plan.parallel_direct_writes);
	assert_int_equal(open_leave(&io), 0);

	assert_int_equal(open_join(&direct_serial, &io, plain, 0, &plan), 0);
	assert_true(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_int_equal(open_leave(&io), 0);

	assert_false(open_must_register(&cached, &io, plain));
	assert_int_equal(open_join(&cached, &io, plain, 0, &plan), 0);
	assert_false(plan.direct_io);
	assert_false(plan.parallel_direct_writes);
	assert_int_equal(plan.backing_id, 0);
}

/* The kernel refuses shared mappings of files with direct I/O only. */
static void test_append_only_files_are_not_mapped(void **state)
{
	const struct open_policy *const all[] = {&passthrough, &direct, &cached};
	struct io_state io = {0};
	struct open_plan plan;

	for (int i = 0; i < 3; i++) {
		assert_false(open_must_register(all[i], &io, appends));
		assert_int_equal(open_join(all[i], &io, appends, 0, &plan), 0);
		assert_int_equal(open_join(all[i], &io, maps, 0, &plan), 0);
		assert_true(plan.direct_io);
		assert_int_equal(plan.backing_id, 0);
		open_leave(&io);
		open_leave(&io);
	}

	/* It became append-only while it was open. */
	assert_int_equal(open_join(&passthrough, &io, plain, 5, &plan), 0);
	assert_int_equal(open_join(&passthrough, &io, appends, 0, &plan), 0);
	assert_int_equal(plan.backing_id, 5);
	assert_int_equal(open_join(&passthrough, &io, maps, 0, &plan), EBUSY);
	assert_int_equal(open_leave(&io), 0);
	assert_int_equal(open_leave(&io), 5);

	assert_false(open_must_register(&required, &io, maps));
	assert_int_equal(open_join(&required, &io, maps, 0, &plan), EBUSY);
	assert_true(open_must_register(&required, &io, appends));
	assert_int_equal(open_join(&required, &io, appends, 5, &plan), 0);
	assert_int_equal(plan.backing_id, 5);
	assert_int_equal(open_leave(&io), 5);
	assert_int_equal(io.users, 0);
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
		cmocka_unit_test(test_append_only_files_are_not_mapped),
		cmocka_unit_test(test_leave_too_often),
		cmocka_unit_test(test_source_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
