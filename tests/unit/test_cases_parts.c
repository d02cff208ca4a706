// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stamped blocks show whether they are whole or torn; kallsyms shows how the passthrough path
 * locks.
 */
#include "check.h"
#include "kernel/callsite_map.h"
#include "kernel/kcore.h"
#include "verify/cases/blocks.h"
#include "verify/rules.h"

#define LEN 4096

static void whole_blocks(void **state)
{
	static const __u32 lens[] = {512, 1000, 4096, 65536};
	char *buf = malloc(65536);
	struct fl_stamp st;
	size_t bad_at;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		fl_stamp_fill(buf, lens[i], 3, 17, 8192);
		assert_int_equal(fl_stamp_check(buf, lens[i], 8192, &st, &bad_at), FL_BLOCK_WHOLE);
		assert_int_equal(st.writer, 3);
		assert_int_equal(st.seq, 17);
		assert_int_equal(fl_stamp_check(buf, lens[i], 4096, &st, &bad_at),
				 FL_BLOCK_MISPLACED);
		fl_stamp_fill(buf, lens[i], 3, 17, FL_STAMP_ANYWHERE);
		assert_int_equal(fl_stamp_check(buf, lens[i], 4096, &st, &bad_at), FL_BLOCK_WHOLE);
	}
	free(buf);
}

/* Any one byte that is wrong is found, wherever it is. */
static void every_byte_counts(void **state)
{
	char buf[LEN];
	struct fl_stamp st;
	size_t bad_at;

	fl_stamp_fill(buf, LEN, 1, 2, 0);
	for (size_t i = 0; i < LEN; i++) {
		buf[i] ^= 1;
		assert_int_not_equal(fl_stamp_check(buf, LEN, 0, &st, &bad_at), FL_BLOCK_WHOLE);
		if (i >= sizeof(st))
			assert_true(bad_at <= i && i < bad_at + 8);
		buf[i] ^= 1;
	}
	assert_int_equal(fl_stamp_check(buf, LEN, 0, &st, &bad_at), FL_BLOCK_WHOLE);
}

static void two_writers_in_one_block(void **state)
{
	char a[LEN], b[LEN];
	struct fl_stamp st;
	size_t bad_at;

	fl_stamp_fill(a, LEN, 1, 5, 4096);
	fl_stamp_fill(b, LEN, 2, 5, 4096);
	memcpy(a + 2048, b + 2048, LEN - 2048);
	assert_int_equal(fl_stamp_check(a, LEN, 4096, &st, &bad_at), FL_BLOCK_TORN);
	assert_int_equal(bad_at, 2048);
	assert_int_equal(st.writer, 1);
}

static void neither_written_nor_empty(void **state)
{
	char buf[LEN] = {};
	struct fl_stamp st;
	size_t bad_at;

	assert_int_equal(fl_stamp_check(buf, LEN, 0, &st, &bad_at), FL_BLOCK_ZERO);
	buf[LEN - 1] = 1;
	assert_int_equal(fl_stamp_check(buf, LEN, 0, &st, &bad_at), FL_BLOCK_FOREIGN);
	/* a block of another length is not one of these */
	fl_stamp_fill(buf, LEN / 2, 1, 1, 0);
	assert_int_equal(fl_stamp_check(buf, LEN, 0, &st, &bad_at), FL_BLOCK_FOREIGN);
}

static void lock_rules_from_symbols(void **state)
{
	struct fl_lock_rules r;

	fl_lock_rules_parse(&r, "ffffffff81000000 t fuse_dio_lock\t[fuse]\n");
	assert_false(r.as_dio);
	fl_lock_rules_parse(&r, "0000000000000000 T fuse_dio_lock_other\n");
	assert_false(r.as_dio);
	fl_lock_rules_parse(&r, "");
	assert_false(r.as_dio);
	fl_lock_rules_parse(&r, "0000000000000000 T fuse_dio_lock_other\n"
				"0000000000000000 T fuse_dio_lock\t[fuse]\n");
	assert_true(r.as_dio);
	fl_lock_rules_parse(&r, "ffffffff81000000 T fuse_dio_lock");
	assert_true(r.as_dio);
}

static void lock_rules_from_the_map(void **state)
{
	const __u32 passthrough = 1u << FL_ROUTE_PASSTHROUGH, direct = 1u << FL_ROUTE_DIRECT;
	struct fl_callsite site[3] = {
		{.role = FL_SITE_SHARED, .routes = direct},
		{.role = FL_SITE_SHARED, .routes = passthrough},
		{.role = FL_SITE_EXCLUSIVE, .routes = passthrough | direct},
	};
	struct fl_callsite_map map = {.site = site, .nsites = 3};
	struct fl_lock_rules r;

	fl_lock_rules_from_map(&r, &map);
	assert_false(r.as_dio);
	site[0].routes |= passthrough;
	fl_lock_rules_from_map(&r, &map);
	assert_true(r.as_dio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_blocks),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(two_writers_in_one_block),
		cmocka_unit_test(neither_written_nor_empty),
		cmocka_unit_test(lock_rules_from_symbols),
		cmocka_unit_test(lock_rules_from_the_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
