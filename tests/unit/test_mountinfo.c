// SPDX-License-Identifier: GPL-2.0-only
/* mountinfo as kernels write it, and as no kernel writes it. */
#include "check.h"
#include "kernel/mountinfo.h"
#include "kernel/mounts.h"
#include "util/dev.h"

static const char sample[] =
	"22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
	"28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"61 28 0:45 / /mnt/two\\040words\\134x rw,nosuid,nodev - fuse.fuselens /src rw,user_id=0\n"
	"62 28 0:46 / /mnt/no-source rw - fuse  rw,user_id=0\n"
	"63 28 0:45 /sub /bind rw master:3 propagate_from:2 - fuse.fuselens /src rw\n"
	"64 28 0:47 / /mnt/two\\040words\\134x rw - fuseblk /dev/sdb1 rw\n";

static void reads_a_real_file(void **state)
{
	struct fl_mounts m = {};

	assert_int_equal(fl_mounts_parse(&m, sample), 0);
	assert_int_equal(m.n, 6);
	assert_int_equal(m.mount[1].dev, fl_dev(254, 0));
	assert_string_equal(m.mount[2].path, "/mnt/two words\\x");
	assert_string_equal(m.mount[2].fstype, "fuse.fuselens");
	assert_string_equal(m.mount[2].source, "/src");
	assert_string_equal(m.mount[3].source, "");
	assert_string_equal(m.mount[4].root, "/sub");
	fl_mounts_free(&m);
}

static void finds_by_id_device_and_path(void **state)
{
	struct fl_mounts m = {};

	assert_int_equal(fl_mounts_parse(&m, sample), 0);
	assert_int_equal(fl_mounts_by_id(&m, 63)->dev, fl_dev(0, 45));
	assert_null(fl_mounts_by_id(&m, 99));
	/* the mount of the whole file system is preferred to the bind mount */
	assert_int_equal(fl_mounts_by_dev(&m, fl_dev(0, 45))->id, 61);
	assert_int_equal(fl_mounts_by_dev_last(&m, fl_dev(0, 45))->id, 63);
	/* of two mounts on one path the later one is on top */
	assert_int_equal(fl_mounts_by_path(&m, "/mnt/two words\\x")->id, 64);
	assert_null(fl_mounts_by_path(&m, "/mnt/two"));
	fl_mounts_free(&m);
}

static void passes_over_garbage(void **state)
{
	static const char *const lines[] = {
		"",
		"\n\n\n",
		" - ",
		"1 2 3 4 5 - x",
		"a b c:d / / rw - fuse x rw",
		"61 28 0:45 / /m rw",
		"61 28 9999:1 / /m rw - fuse s rw",
		"61 28 0:45 / - fuse s rw",
		"61 28 0:45 / /m\\9 rw - fuse s rw\n\377\376 - \377",
	};
	struct fl_mounts m = {};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(fl_mounts_parse(&m, lines[i]), 0);
	assert_int_equal(m.n, 1);
	assert_string_equal(m.mount[0].path, "/m\\9");
	fl_mounts_free(&m);
}

static void knows_which_types_are_fuse(void **state)
{
	assert_true(fl_fstype_is_fuse("fuse"));
	assert_true(fl_fstype_is_fuse("fuse.sshfs"));
	assert_true(fl_fstype_is_fuse("fuseblk"));
	assert_true(fl_fstype_is_fuse("virtiofs"));
	assert_false(fl_fstype_is_fuse("fusectl"));
	assert_false(fl_fstype_is_fuse("ext4"));
}

/* Any user can make a namespace of 100,000 mounts, in a second or two. */
static void many_mounts_of_another_namespace(void **state)
{
	const size_t many = 100000;
	struct fl_mounts m = {};
	char *text = malloc(many * 64), *at = text;

	assert_non_null(text);
	for (size_t i = 0; i < many; i++)
		at += sprintf(at, "%zu 28 0:50 / /x/%zu rw - fuse - rw\n", i + 100, i);
	assert_int_equal(fl_mounts_parse(&m, sample), 0);
	assert_int_equal(fl_mounts_add_others(&m, text, true), 0);
	assert_int_equal(m.n, 6 + FL_MOUNTS_OF_DEVICE);
	/* each of them has a device of its own, and is there for the second time as well */
	at = text;
	for (size_t i = 0; i < many; i++)
		at += sprintf(at, "%zu 28 1:%zu / /x rw - fuse - rw\n", i + 100, i);
	assert_int_equal(fl_mounts_add_others(&m, text, false), 0);
	assert_int_equal(m.n, 6 + FL_MOUNTS_OF_DEVICE + many);
	assert_int_equal(fl_mounts_add_others(&m, text, false), 0);
	assert_int_equal(m.n, 6 + FL_MOUNTS_OF_DEVICE + many);
	/* this took ten seconds while each of them was looked for in the whole list */
	for (size_t i = 0; i < many; i++) {
		assert_int_equal(fl_mounts_by_dev(&m, fl_dev(1, i))->id, i + 100);
		assert_ptr_equal(fl_mounts_by_dev_last(&m, fl_dev(1, i)),
				 fl_mounts_by_dev(&m, fl_dev(1, i)));
		assert_null(fl_mounts_by_dev(&m, fl_dev(2, i)));
	}
	fl_mounts_free(&m);
	/* another file system at the same place is another mount */
	assert_int_equal(fl_mounts_parse(&m, sample), 0);
	assert_int_equal(
		fl_mounts_add_others(
			&m, "9 1 0:9 / /bind rw - fuse - rw\n9 1 254:0 / / rw - ext4 - rw\n", true),
		0);
	assert_int_equal(m.n, 7);
	fl_mounts_free(&m);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_real_file),
		cmocka_unit_test(finds_by_id_device_and_path),
		cmocka_unit_test(passes_over_garbage),
		cmocka_unit_test(knows_which_types_are_fuse),
		cmocka_unit_test(many_mounts_of_another_namespace),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
