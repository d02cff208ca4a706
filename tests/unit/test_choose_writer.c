// SPDX-License-Identifier: GPL-2.0-only
/* Which place among the writers a process gets: its own, a free one, or that of the process that wrote least. */
#include "check.h"

#include <linux/types.h>

#include "bpf/abi.h"

static struct fl_writer writers[FL_WRITERS];
static struct fl_scope scopes[4];

#include "bpf/choose_writer.h"

static __u64 batched_for(const struct fl_writer *w)
{
	return scopes[w->scope].writer_key == w->key ? scopes[w->scope].batch : 0;
}

#define KEY 7777ull

/* The place of a number from 0 among those where KEY may be. */
static __u32 place(__u32 i)
{
	return (writer_place(KEY) + i) & (FL_WRITERS - 1);
}

static void has(__u32 i, __u64 key, __u64 writes)
{
	writers[place(i)] = (struct fl_writer){.key = key, .writes = writes};
}

static int set_up(void **state)
{
	memset(writers, 0, sizeof(writers));
	memset(scopes, 0, sizeof(scopes));
	for (__u32 i = 0; i < FL_WRITER_PROBES; i++)
		has(i, 100 + i, 10 + i);
	return 0;
}

static void test_its_own_place(void **state)
{
	has(2, KEY, 1000);
	assert_int_equal(choose_writer(KEY), place(2));
}

static void test_who_wrote_least_is_dropped(void **state)
{
	assert_int_equal(choose_writer(KEY), place(0));
	writers[place(0)].settled = 5;
	assert_int_equal(choose_writer(KEY), place(1));
	/* failed writes are subtracted there */
	writers[place(3)].settled = -9ull;
	assert_int_equal(choose_writer(KEY), place(3));
}

static void test_a_free_place_before_all(void **state)
{
	has(0, 100, 0);
	has(3, 0, 0);
	assert_int_equal(choose_writer(KEY), place(3));
}

static void test_a_place_that_is_filled_in_is_left(void **state)
{
	has(1, FL_WRITER_CLAIMED, 0);
	assert_int_equal(choose_writer(KEY), place(0));
}

static void test_batches_count(void **state)
{
	has(0, 100, 0);
	writers[place(0)].scope = 3;
	scopes[3] = (struct fl_scope){.writer_key = 100, .batch = 200};
	assert_int_equal(choose_writer(KEY), place(1));
	/* its task writes for another place now */
	scopes[3].writer_key = 99;
	assert_int_equal(choose_writer(KEY), place(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_its_own_place, set_up),
		cmocka_unit_test_setup(test_who_wrote_least_is_dropped, set_up),
		cmocka_unit_test_setup(test_a_free_place_before_all, set_up),
		cmocka_unit_test_setup(test_a_place_that_is_filled_in_is_left, set_up),
		cmocka_unit_test_setup(test_batches_count, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
