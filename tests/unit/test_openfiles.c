// SPDX-License-Identifier: GPL-2.0-only
/* What the iterator writes, whole and damaged. */
#include "check.h"
#include "openfiles/known.h"
#include "openfiles/openfiles.h"

static size_t put(char *buf, size_t at, const void *data, size_t len)
{
	memcpy(buf + at, data, len);
	return at + len;
}

static size_t put_file(char *buf, size_t at, const char *path, bool backing)
{
	struct fl_file_record r = {.magic = FL_FILE_MAGIC,
				   .kind = FL_FILE_OPEN,
				   .pid = 7,
				   .open_flags = backing ? 1 << 7 : 1,
				   .passthrough = backing,
				   .path_len = strlen(path) + 1};

	at = put(buf, at, &r, sizeof(r));
	at = put(buf, at, path, strlen(path) + 1);
	if (backing)
		at = put(buf, at, "leaf\0dir\0\0", 10);
	return at;
}

static void reads_records(void **state)
{
	struct fl_open_files files = {};
	struct fl_err err;
	char buf[4096];
	size_t len = put_file(buf, 0, "/m/a\nb", true);

	len = put_file(buf, len, "/m/c", false);
	assert_int_equal(fl_open_files_parse(&files, buf, len, &err), 0);
	assert_int_equal(files.n, 2);
	assert_string_equal(files.file[0].path, "/m/a\nb");
	assert_string_equal(files.file[0].backing_path, "/dir/leaf");
	assert_int_equal(fl_open_file_route(&files.file[0]), FL_ROUTE_PASSTHROUGH);
	assert_null(files.file[1].backing_path);
	assert_int_equal(fl_open_file_route(&files.file[1]), FL_ROUTE_DIRECT);
	fl_open_files_free(&files);
}

static void every_cut_is_an_error(void **state)
{
	char buf[4096];
	size_t len = put_file(buf, 0, "/m/name", true);
	struct fl_err err;

	for (size_t cut = 1; cut < len; cut++) {
		struct fl_open_files files = {};

		assert_int_equal(fl_open_files_parse(&files, buf, cut, &err), -1);
		fl_open_files_free(&files);
	}
}

static void damage_is_an_error(void **state)
{
	struct fl_open_files files = {};
	struct fl_file_record r = {.magic = 1};
	struct fl_err err;

	assert_int_equal(fl_open_files_parse(&files, &r, sizeof(r), &err), -1);
	r.magic = FL_FILE_MAGIC;
	r.path_len = 1u << 31;
	assert_int_equal(fl_open_files_parse(&files, &r, sizeof(r), &err), -1);
	assert_int_equal(files.n, 0);
	fl_open_files_free(&files);
}

/* A process with very many open files, whose names are long. */
static void names_are_bounded(void **state)
{
	enum { FILES = 5000 };
	static struct {
		struct fl_file_record rec;
		char path[4088];
	} r = {.rec = {.magic = FL_FILE_MAGIC, .path_len = sizeof(r.path)}};
	struct fl_open_files files = {};
	struct fl_err err;
	size_t named = 0;

	memset(r.path, 'x', sizeof(r.path) - 1);
	for (int i = 0; i <= FILES; i++) {
		r.rec.global_pid = i < FILES ? 1 : 2;
		assert_int_equal(fl_open_files_parse(&files, &r, sizeof(r), &err), 0);
		named += files.file[i].path != NULL;
	}
	assert_in_range(named, 4000, FILES - 1);
	assert_non_null(files.file[0].path);
	assert_null(files.file[FILES - 1].path);
	/* another process's are kept */
	assert_non_null(files.file[FILES].path);
	fl_open_files_free(&files);
}

#define PARALLEL (1u << 6)

/* A list of a file's descriptors: whether the daemon asked for parallel writes, -1 for an answer that was not kept. */
static const struct fl_known_file *merged(struct fl_known_files *k, const int *asked, size_t n)
{
	struct fl_open_file file[4] = {};
	const struct fl_open_files list = {.file = file, .n = n};

	for (size_t i = 0; i < n; i++) {
		struct fl_file_record *r = &file[i].rec;

		r->kind = FL_FILE_OPEN;
		r->f_flags = 2;
		r->nodeid = 7;
		r->answer_kept = asked[i] >= 0;
		r->answered_flags = asked[i] > 0 ? PARALLEL : 0;
	}
	fl_known_files_merge(k, &list, NULL, 0);
	return fl_known_files_find(k, fl_file_key(0, 0, 7, 0));
}

static void answers_of_open_files_are_known(void **state)
{
	struct fl_known_files known = {};
	const struct fl_known_file *f;

	f = merged(&known, (int[]){1, 0, -1}, 3);
	assert_int_equal(f->answers, 2);
	assert_int_equal(f->asked, 1);
	assert_int_equal(f->effective_unset, 3);
	/* fewer are open now; what was seen before counts */
	f = merged(&known, (int[]){1}, 1);
	assert_int_equal(f->answers, 2);
	assert_int_equal(f->asked, 1);
	f = merged(&known, (int[]){1, 1, 1}, 3);
	assert_int_equal(f->answers, 3);
	assert_int_equal(f->asked, 3);
	fl_known_files_free(&known);
	f = merged(&known, (int[]){-1}, 1);
	assert_int_equal(f->answers, 0);
	fl_known_files_free(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(every_cut_is_an_error),
		cmocka_unit_test(damage_is_an_error),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(answers_of_open_files_are_known),
	};

	return cmocka_run_group_tests_name("openfiles", tests, NULL, NULL);
}
