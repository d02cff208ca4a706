// SPDX-License-Identifier: GPL-2.0-only
/* What top keeps of its readings: every count once, whatever files come and go, in bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "top/totals.h"

static struct fl_file_counts file(__u32 slot, __u32 dev, __u64 writes)
{
	struct fl_file_counts f = {.slot = slot, .dev = dev, .ino = 100 + slot};

	f.cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = writes;
	f.counter[FL_COUNT_BYTES] = 4096 * writes;
	return f;
}

static __u64 writes_of(const struct fl_snapshot *s, __u32 dev)
{
	struct fl_totals t;

	fl_mount_totals(s, dev, &t);
	return t.writes;
}

static void test_readings_add_up_by_file(void **state)
{
	char name[] = "data";
	struct fl_file_counts one[] = {file(300, 1, 10), file(301, 1, 5)};
	struct fl_file_counts two[] = {file(301, 1, 7), file(302, 2, 3)};
	struct fl_snapshot first = {.start_ns = 5, .end_ns = 6, .file = one, .nfiles = 2};
	struct fl_snapshot second = {.start_ns = 6, .end_ns = 9, .file = two, .nfiles = 2};
	struct fl_top_totals t = {};

	two[0].name = name;
	assert_int_equal(fl_top_totals_add(&t, &first), 0);
	assert_int_equal(fl_top_totals_add(&t, &second), 0);
	assert_int_equal(t.sum.nfiles, 3);
	assert_int_equal(t.sum.file[1].slot, 301);
	assert_int_equal(fl_file_writes(&t.sum.file[1]), 12);
	assert_int_equal(t.sum.file[1].counter[FL_COUNT_BYTES], 12 * 4096);
	assert_string_equal(t.sum.file[1].name, "data");
	assert_int_equal(writes_of(&t.sum, 1), 22);
	assert_int_equal(writes_of(&t.sum, 2), 3);
	assert_int_equal(t.sum.start_ns, 5);
	assert_int_equal(t.sum.end_ns, 9);
	fl_top_totals_free(&t);
}

static void test_times_mounts_and_losses_add_up(void **state)
{
	char path[] = "/a";
	struct fl_mount_snapshot m = {.dev = 1, .path = path, .present = true};
	struct fl_probe p = {.live = true, .counts_writes = true, .misses = 3};
	struct fl_slot_hists h = {};
	struct fl_file_counts f = file(300, 1, 1);
	struct fl_snapshot s = {.file = &f,
				.nfiles = 1,
				.mount = &m,
				.nmounts = 1,
				.probe = &p,
				.nprobes = 1,
				.loss = {[FL_LOSS_UNPAIRED] = 2}};
	struct fl_top_totals t = {};
	struct fl_totals all;

	m.counter[FL_MOUNT_OPENS] = 4;
	h.hist[FL_HIST_HOLD_EXCL].bucket[3] = 6;
	f.hists = &h;
	assert_int_equal(fl_top_totals_add(&t, &s), 0);
	m.present = false;
	assert_int_equal(fl_top_totals_add(&t, &s), 0);
	assert_int_equal(t.sum.nmounts, 1);
	assert_false(t.sum.mount[0].present);
	assert_string_equal(t.sum.mount[0].path, "/a");
	assert_int_equal(t.sum.mount[0].counter[FL_MOUNT_OPENS], 8);
	assert_int_equal(t.sum.file[0].hists->hist[FL_HIST_HOLD_EXCL].bucket[3], 12);
	fl_snapshot_totals(&t.sum, &all);
	assert_int_equal(all.lost, 2 * (3 + 2));
	fl_top_totals_free(&t);
}

/* New files without an end: the sum stays exact, the busy file keeps its entry, memory is bounded. */
static void test_idle_files_are_added_up(void **state)
{
	struct fl_file_counts list[101];
	struct fl_snapshot s = {.file = list, .nfiles = 101};
	struct fl_top_totals t = {};
	__u32 next = 1000;

	for (int reading = 0; reading < 300; reading++) {
		list[0] = file(999, 1, 1);
		for (int i = 1; i <= 100; i++)
			list[i] = file(next++, 1, 1);
		assert_int_equal(fl_top_totals_add(&t, &s), 0);
		assert_true(t.sum.nfiles <= FL_TOP_FILES + 1);
	}
	assert_int_equal(writes_of(&t.sum, 1), 300 * 101);
	for (size_t i = 0; i < t.sum.nfiles; i++)
		if (t.sum.file[i].slot == 999)
			assert_int_equal(fl_file_writes(&t.sum.file[i]), 300);
	assert_int_not_equal(fl_index_get(&t.by_id, 1, 999), FL_INDEX_NONE);
	fl_top_totals_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings_add_up_by_file),
		cmocka_unit_test(test_times_mounts_and_losses_add_up),
		cmocka_unit_test(test_idle_files_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
