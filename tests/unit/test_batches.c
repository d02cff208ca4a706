// SPDX-License-Identifier: GPL-2.0-only
/* Batches: which writes a reading adds to a slot's and to a writer's, and which it leaves for later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect/batches.h"

#define SLOTS 64
#define CELL  9 /* mode 1, nature 1 */

static struct fl_scope *scope;
static __u64 has_batch[FL_SCOPE_PLACES / 64];
static struct fl_batches batches;

static int set_up(void **state)
{
	scope = calloc(FL_SCOPE_PLACES, sizeof(*scope));
	memset(has_batch, 0, sizeof(has_batch));
	memset(&batches, 0, sizeof(batches));
	return scope ? fl_batches_init(&batches, scope, has_batch, SLOTS) : -1;
}

static int tear_down(void **state)
{
	fl_batches_close(&batches);
	free(scope);
	return 0;
}

static struct fl_scope *batch(__u32 place, __u32 slot, __u32 n, __u32 writer, __u64 key)
{
	struct fl_scope *s = &scope[place];

	has_batch[place / 64] |= 1ull << (place % 64);
	s->slot = slot;
	s->usual = CELL;
	s->batch = n;
	s->batch_bytes = n * 4096ull;
	s->writer = writer;
	s->writer_key = key;
	return s;
}

/* The writes that are added to a slot; their bytes must fit. */
static __u64 added(__u32 slot)
{
	struct fl_slot_counts sum = {};

	fl_batches_add(&batches, slot, &sum);
	assert_int_equal(sum.counter[FL_COUNT_BYTES], sum.cell[1][1] * 4096);
	return sum.cell[1][1];
}

static void test_batches_of_a_slot_are_summed(void **state)
{
	batch(0, 5, 3, 7, 70);
	batch(64, 5, 4, 7, 70);
	batch(FL_SCOPE_PLACES - 1, 6, 1, 8, 80);
	fl_batches_look(&batches);
	assert_int_equal(added(5), 7);
	assert_int_equal(added(6), 1);
	assert_int_equal(added(4), 0);
	assert_int_equal(added(SLOTS), 0);
	assert_int_equal(fl_batches_of_writer(&batches, 7, 70), 7);
	assert_int_equal(fl_batches_of_writer(&batches, 8, 80), 1);
	/* another process has the place now */
	assert_int_equal(fl_batches_of_writer(&batches, 7, 71), 0);
}

static void test_the_batch_is_read_as_it_is_now(void **state)
{
	struct fl_scope *s = batch(3, 5, 3, 7, 70);

	fl_batches_look(&batches);
	s->batch += 2;
	s->batch_bytes += 2 * 4096;
	assert_int_equal(added(5), 5);
	/* its program has added it to the slot */
	s->batch = 0;
	s->batch_bytes = 0;
	assert_int_equal(added(5), 0);
}

static void test_a_task_that_went_on_to_another_file(void **state)
{
	batch(3, 5, 3, 7, 70);
	fl_batches_look(&batches);
	batch(3, 6, 1, 9, 90);
	assert_int_equal(added(5), 0);
	assert_int_equal(fl_batches_of_writer(&batches, 7, 70), 0);
	/* found by the next look */
	assert_int_equal(added(6), 0);
	fl_batches_look(&batches);
	assert_int_equal(added(6), 1);
	assert_int_equal(fl_batches_of_writer(&batches, 9, 90), 1);
}

static void test_what_is_changing_is_left_for_later(void **state)
{
	struct fl_scope *s = batch(3, 5, 3, 7, 70);

	fl_batches_look(&batches);
	s->version++;
	assert_int_equal(added(5), 0);
	s->version++;
	assert_int_equal(added(5), 3);
}

static void test_what_is_no_batch(void **state)
{
	batch(3, 5, 3, 7, 70)->usual = FL_NO_CELL;
	batch(4, SLOTS, 3, 7, 70);
	batch(5, 5, 3, FL_WRITERS, 70);
	fl_batches_look(&batches);
	assert_int_equal(added(5), 0);
	assert_int_equal(fl_batches_of_writer(&batches, 7, 70), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_batches_of_a_slot_are_summed),
		CASE(test_the_batch_is_read_as_it_is_now),
		CASE(test_a_task_that_went_on_to_another_file),
		CASE(test_what_is_changing_is_left_for_later),
		CASE(test_what_is_no_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
