// SPDX-License-Identifier: GPL-2.0-only
/* files' text: descriptors that are alike share a line, the most opened file comes first. */
#include "check.h"
#include <fcntl.h>
#include "files/print.h"

#define DIRECT_IO (1u << 0)
#define PARALLEL  (1u << 6)

static struct fl_open_file open_file(char *path, unsigned int pid, unsigned int fd,
				     unsigned int flags)
{
	struct fl_open_file f = {.path = path};

	f.rec.kind = FL_FILE_OPEN;
	f.rec.dev = 8;
	f.rec.pid = pid;
	f.rec.fd = fd;
	f.rec.f_flags = O_RDWR | O_DIRECT;
	f.rec.open_flags = flags;
	snprintf(f.rec.comm, sizeof(f.rec.comm), "w");
	return f;
}

static char *rendered(const struct fl_open_files *files, bool verbose)
{
	static struct fl_mount mount = {.dev = 8, .path = "/mnt", .fstype = "fuse.x", .root = "/"};
	struct fl_mounts mounts = {};
	static const enum fl_can can[FL_ROUTES] = {[FL_ROUTE_DIRECT] = FL_CAN_YES};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_int_equal(fl_mounts_append(&mounts, &mount), 0);
	fl_files_text(files, &mounts, can, verbose, f);
	fclose(f);
	free(mounts.mount);
	fl_index_free(&mounts.by_dev);
	return text;
}

static void alike_descriptors_share_a_line(void **state)
{
	struct fl_open_file file[] = {
		open_file("/mnt/once", 5, 3, DIRECT_IO | PARALLEL),
		open_file("/mnt/d/often", 6, 3, DIRECT_IO),
		open_file("/mnt/d/often", 5, 4, DIRECT_IO | PARALLEL),
		open_file("/mnt/d/often", 6, 5, DIRECT_IO | PARALLEL),
		open_file("/mnt/d/often", 5, 6, DIRECT_IO | PARALLEL),
		open_file("/mnt/d/often", 6, 7, DIRECT_IO),
	};
	struct fl_open_files files = {.file = file, .n = 6};
	char *text = rendered(&files, false);

	assert_string_equal(
		text,
		"== mount /mnt (fuse.x, device 0:8)\n"
		"  opens  by           mode         route   shared lock              file\n"
		"      3  2 processes  rdwr|direct  direct  all within EOF           d/often\n"
		"      2  w 6          rdwr|direct  direct  none: flag not in force  d/often\n"
		"      1  w 5          rdwr|direct  direct  all within EOF           once\n");
	free(text);
	text = rendered(&files, true);
	assert_non_null(strstr(text, "/mnt/d/often\n  w 5, fd 4, rdwr|direct; route direct\n"));
	assert_non_null(strstr(text, "fd 7"));
	free(text);
}

static void old_opens_are_told_apart(void **state)
{
	struct fl_open_file f = open_file("/mnt/old", 5, 3, 1u << 7), young = f, unasked = f;

	f.rec.passthrough = young.rec.passthrough = unasked.rec.passthrough = 1;
	f.rec.answered_flags = young.rec.answered_flags = 1u << 7 | PARALLEL;
	unasked.rec.answered_flags = 1u << 7;
	young.rec.open_flags |= PARALLEL;
	assert_string_equal(fl_file_can_share(&f, FL_CAN_NO), "none: this kernel cannot");
	assert_string_equal(fl_file_can_share(&f, FL_CAN_UNKNOWN), "none: flag not in force");
	/* a patch that looks at the flags in force only */
	assert_string_equal(fl_file_can_share(&f, FL_CAN_YES),
			    "none: opened before the kernel could");
	assert_string_equal(fl_file_can_share(&young, FL_CAN_YES), "direct ones within EOF");
	assert_string_equal(fl_file_can_share(&unasked, FL_CAN_YES), "none: flag not in force");
	/* ours looks at the answer */
	f.answer_counts = unasked.answer_counts = true;
	assert_string_equal(fl_file_can_share(&f, FL_CAN_YES), "direct ones within EOF");
	assert_string_equal(fl_file_can_share(&unasked, FL_CAN_YES), "none: flag not in force");
}

static void none_is_said(void **state)
{
	struct fl_open_files files = {};
	char *text = rendered(&files, false);

	assert_string_equal(text, "no matching file is open\n");
	free(text);
}

static void flags_have_names(void **state)
{
	assert_int_equal(fl_fopen_flag_from_name("FOPEN_PARALLEL_DIRECT_WRITES"), PARALLEL);
	assert_int_equal(fl_fopen_flag_from_name("direct_io"), DIRECT_IO);
	assert_int_equal(fl_fopen_flag_from_name("direct"), 0);
	assert_int_equal(fl_fopen_flag_from_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike_descriptors_share_a_line),
		cmocka_unit_test(old_opens_are_told_apart),
		cmocka_unit_test(none_is_said),
		cmocka_unit_test(flags_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
