// SPDX-License-Identifier: GPL-2.0-only
/* Which mounts have a daemon, from the lists of processes that hold /dev/fuse. */
#include "check.h"

#include "openfiles/served.h"

static enum fl_served_state after(struct fl_served *w, struct fl_snapshot *s, __u32 held_dev)
{
	struct fl_open_file f = {.rec = {.kind = FL_FILE_DEV, .dev = held_dev}};
	struct fl_open_files files = {.file = &f, .n = held_dev != 0};

	assert_int_equal(fl_served_look(w, &files, s), 0);
	fl_served_mark(w, s);
	return s->mount[0].served;
}

static void test_one_that_dies(void **state)
{
	struct fl_mount_snapshot m = {.dev = 7, .fstype = "fuse", .present = true};
	struct fl_snapshot s = {.mount = &m, .nmounts = 1};
	struct fl_served w = {};

	fl_served_mark(&w, &s);
	assert_int_equal(m.served, FL_SERVED_UNKNOWN);
	assert_int_equal(after(&w, &s, 7), FL_SERVED_YES);
	/* on its way from process to process the descriptor is in no table */
	assert_int_equal(after(&w, &s, 0), FL_SERVED_YES);
	assert_int_equal(after(&w, &s, 7), FL_SERVED_YES);
	assert_int_equal(after(&w, &s, 8), FL_SERVED_YES);
	assert_int_equal(after(&w, &s, 8), FL_SERVED_NO);
	/* the number passes to another mount */
	fl_served_forget(&w, 7);
	fl_served_mark(&w, &s);
	assert_int_equal(m.served, FL_SERVED_UNKNOWN);
	assert_int_equal(after(&w, &s, 7), FL_SERVED_YES);
	m.present = false;
	assert_int_equal(after(&w, &s, 0), FL_SERVED_UNKNOWN);
	fl_served_free(&w);
}

static void test_one_that_was_never_seen(void **state)
{
	struct fl_mount_snapshot m = {.dev = 7, .fstype = "fuse.x", .present = true};
	struct fl_snapshot s = {.mount = &m, .nmounts = 1};
	struct fl_served w = {};

	/* its daemon may live outside our PID namespace */
	for (int i = 0; i < 4; i++)
		assert_int_equal(after(&w, &s, 0), FL_SERVED_UNKNOWN);
	w.sees_every_task = true;
	assert_int_equal(after(&w, &s, 0), FL_SERVED_NO);
	fl_served_free(&w);
}

/* A user may have more descriptors than are listed, and then nobody knows who holds the others. */
static void test_one_that_is_not_in_a_cut_list(void **state)
{
	struct fl_mount_snapshot m = {.dev = 7, .fstype = "fuse", .present = true};
	struct fl_snapshot s = {.mount = &m, .nmounts = 1};
	struct fl_served w = {.sees_every_task = true};
	struct fl_open_files cut = {.cut = true};

	assert_int_equal(after(&w, &s, 7), FL_SERVED_YES);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fl_served_look(&w, &cut, &s), 0);
		fl_served_mark(&w, &s);
		assert_int_equal(m.served, FL_SERVED_UNKNOWN);
	}
	assert_int_equal(after(&w, &s, 7), FL_SERVED_YES);
	fl_served_free(&w);
}

static void test_virtiofs_has_no_daemon_here(void **state)
{
	struct fl_mount_snapshot m = {.dev = 7, .fstype = "virtiofs", .present = true};
	struct fl_snapshot s = {.mount = &m, .nmounts = 1};
	struct fl_served w = {.sees_every_task = true};

	for (int i = 0; i < 4; i++)
		assert_int_equal(after(&w, &s, 0), FL_SERVED_UNKNOWN);
	fl_served_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_dies),
		cmocka_unit_test(test_one_that_was_never_seen),
		cmocka_unit_test(test_one_that_is_not_in_a_cut_list),
		cmocka_unit_test(test_virtiofs_has_no_daemon_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
