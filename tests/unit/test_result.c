// SPDX-License-Identifier: GPL-2.0-only
/* Result directories: written, read back, cut short, tampered with. */
#include <unistd.h>
#include <sys/stat.h>
#include "bench_made_up.h"
#include "bench/profile.h"
#include "bench/until.h"
#include "result/dir.h"
#include "util/file.h"

static char top[64], dir[96];
static struct fl_result_dir at;

static int in_a_directory(void **state)
{
	strcpy(top, "/tmp/fuselens-unit.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(dir, sizeof(dir), "%s/r", top);
	return 0;
}

static int away_with_it(void **state)
{
	char cmd[96];

	fl_result_close(&at);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	return system(cmd);
}

static void write_row(struct fl_bench_row *row)
{
	struct fl_err err;
	int fd = fl_result_row_begin(&at, row->id, &err);

	assert_true(fd >= 0);
	assert_int_equal(fl_result_row_finish(&at, fd, row, &err), 0);
	close(fd);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void write_bench(struct fl_bench *b)
{
	struct fl_err err;

	made_up_bench(b);
	b->until = 0.05;
	made_up_row(b, FL_SYSTEM_MOUNT, true, 4, 1, 123.5, 0.25, 2000);
	made_up_row(b, FL_SYSTEM_RAW, false, 4, 1, 500, 0, 0);
	b->row[0].series.point = calloc(2, sizeof(struct fl_point));
	b->row[0].series.n = 2;
	b->row[0].series.point[0] = (struct fl_point){.t_ns = 7, .fio_iops = 1.5, .fi_lock = NAN};
	b->row[0].series.point[1] = (struct fl_point){.t_ns = 9, .writes = 3, .fi_lock = 2};
	assert_int_equal(fl_result_create(&at, dir, &err), 0);
	assert_int_equal(fl_result_write_bench(&at, b, &err), 0);
	for (size_t i = 0; i < b->nrows; i++)
		write_row(&b->row[i]);
}

static void there_and_back(void **state)
{
	struct fl_bench b, c;
	struct fl_err err;
	const struct fl_bench_row *r;
	bool known;

	write_bench(&b);
	assert_int_equal(fl_result_read(&at, &c, &err), 0);
	assert_string_equal(c.profile, "made-up");
	assert_string_equal(c.profile_text, b.profile_text);
	assert_string_equal(fl_bench_get(&c, "RUNTIME"), "10");
	assert_int_equal(c.njob_counts, 4);
	assert_int_equal(c.job_count[3], 8);
	assert_true(c.until == 0.05 && !c.sweep);
	assert_true(c.use[FL_SYSTEM_MOUNT] && c.use[FL_SYSTEM_RAW] && !c.self_cost);
	assert_string_equal(c.env.place[FL_SYSTEM_MOUNT].path, "/mnt");
	assert_null(c.env.variant);
	assert_int_equal(c.nrows, 2);
	/* in the plan's order: raw first */
	assert_string_equal(c.row[0].id, "raw-j4-r1");
	assert_false(c.row[0].counted);
	fl_bench_row_difference(&c.row[0], &known);
	assert_false(known);
	r = &c.row[1];
	assert_true(r->counted && r->probes && r->jobs == 4 && r->repeat == 1);
	assert_int_equal(r->fio.write.ios, 1235);
	assert_true(r->fio.write.iops == 123.5);
	assert_int_equal(r->fio.write.clat_pct_ns[FL_CLAT_P99], 3000);
	assert_int_equal(fl_bench_row_difference(r, &known), 0);
	assert_int_equal(r->snapshot.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN], 308);
	assert_int_equal(r->snapshot.file[0].hists->hist[FL_HIST_HOLD_EXCL].sum_ns, 1235 * 2000);
	assert_int_equal(r->series.n, 2);
	assert_true(r->series.point[0].fio_iops == 1.5 && isnan(r->series.point[0].fi_lock));
	assert_true(r->series.point[1].fi_lock == 2 && r->series.point[1].t_ns == 9);
	fl_bench_free(&b);
	fl_bench_free(&c);
}

static void a_sweep_there_and_back(void **state)
{
	struct fl_bench_row plan[16];
	struct fl_bench b, c;
	struct fl_err err;

	made_up_bench(&b);
	b.njob_counts = 1;
	b.job_count[0] = 4;
	b.repeats = 1;
	b.sweep = strdup("BS");
	b.nsweep_values = 2;
	strcpy(b.sweep_value[0], "4k");
	strcpy(b.sweep_value[1], "64k");
	assert_int_equal(fl_bench_plan(&b, plan, 16), 4);
	assert_string_equal(plan[3].id, "mount-64k-j4-r1");
	assert_int_equal(fl_axis_of_row(&b, &plan[3]), 2);
	assert_int_equal(fl_result_create(&at, dir, &err), 0);
	assert_int_equal(fl_result_write_bench(&at, &b, &err), 0);
	made_up_row(&b, FL_SYSTEM_MOUNT, true, 4, 1, 100, 0, 0);
	strcpy(b.row[0].sweep, "64k");
	strcpy(b.row[0].id, plan[3].id);
	write_row(&b.row[0]);
	assert_int_equal(fl_result_read(&at, &c, &err), 0);
	assert_string_equal(c.sweep, "BS");
	assert_int_equal(c.nsweep_values, 2);
	assert_string_equal(c.sweep_value[1], "64k");
	assert_string_equal(c.row[0].sweep, "64k");
	assert_int_equal(fl_axis_of_row(&c, &c.row[0]), 2);
	fl_bench_free(&b);
	fl_bench_free(&c);
}

/* A bench goes on as long as one of its means is less exact than requested. */
static void the_widest_interval(void **state)
{
	struct fl_bench b;
	char what[64];

	made_up_bench(&b);
	b.njob_counts = 2;
	b.use[FL_SYSTEM_RAW] = false;
	for (unsigned int r = 1; r <= 3; r++) {
		made_up_row(&b, FL_SYSTEM_MOUNT, true, 1, r, 100, 0, 0);
		if (r < 3)
			made_up_row(&b, FL_SYSTEM_MOUNT, true, 2, r, 99 + r, 0, 0);
	}
	/* 100 and 101: t of one degree of freedom times 0.707 / sqrt(2), of 100.5 */
	assert_true(fabs(fl_bench_widest(&b, what, sizeof(what)) - 12.706 * 0.5 / 100.5) < 1e-6);
	assert_string_equal(what, "mount at jobs 2");
	b.row[1].status = FL_BENCH_ROW_MISSED;
	assert_true(isinf(fl_bench_widest(&b, what, sizeof(what))));
	fl_bench_free(&b);
}

static void unknown_is_null(void **state)
{
	struct fl_bench b;
	char path[256], *text;
	struct fl_err err;
	size_t len;

	write_bench(&b);
	snprintf(path, sizeof(path), "%s/rows/raw-j4-r1/row.json", dir);
	text = fl_read_file(path, &len, &err);
	assert_non_null(strstr(text, "\"difference\": null"));
	assert_non_null(strstr(text, "\"snapshot\": null"));
	free(text);
	snprintf(path, sizeof(path), "%s/rows/mount-j4-r1/row.json", dir);
	text = fl_read_file(path, &len, &err);
	assert_non_null(strstr(text, "\"difference\": 0"));
	free(text);
	snprintf(path, sizeof(path), "%s/rows/mount-j4-r1/series.json", dir);
	text = fl_read_file(path, &len, &err);
	assert_non_null(strstr(text, "null"));
	assert_null(strstr(text, "NaN"));
	free(text);
	fl_bench_free(&b);
}

static void only_finished_rows_count(void **state)
{
	struct fl_bench b, c;
	char partial[256];
	struct fl_err err;
	struct stat st;
	int fd;

	write_bench(&b);
	fd = fl_result_row_begin(&at, "mount-j8-r1", &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fl_result_read(&at, &c, &err), 0);
	assert_int_equal(c.nrows, 2);
	fl_bench_free(&c);
	/* begun again: nothing of the earlier attempt is there */
	snprintf(partial, sizeof(partial), "%s/rows/.mount-j8-r1.partial/left", dir);
	fclose(fopen(partial, "w"));
	fd = fl_result_row_begin(&at, "mount-j8-r1", &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(partial, &st), -1);
	*strrchr(partial, '/') = '\0';
	assert_int_equal(stat(partial, &st), 0);
	fl_result_row_discard(&at, "mount-j8-r1");
	assert_int_equal(stat(partial, &st), -1);
	fl_bench_free(&b);
}

static void expect_unreadable(const char *says)
{
	struct fl_bench c;
	struct fl_err err;

	assert_int_equal(fl_result_read(&at, &c, &err), -1);
	if (!strstr(err.what, says))
		fail_msg("'%s' does not say '%s'", err.what, says);
	assert_null(c.row);
}

static void garbage_is_named(void **state)
{
	struct fl_bench b;

	write_bench(&b);
	put("rows/mount-j4-r1/row.json", "{\"schema\": \"fuselens.bench.row/1\"");
	expect_unreadable("row.json: the JSON ends in the middle");
	put("rows/mount-j4-r1/row.json", "{\"schema\": \"fuselens.bench.row/2\"}");
	expect_unreadable("fuselens.bench.row/2");
	put("rows/mount-j4-r1/row.json", "{\"schema\": \"fuselens.bench.row/1\"}");
	expect_unreadable("\"id\"");
	put("rows/mount-j4-r1/row.json", "[]");
	expect_unreadable("schema");
	put("bench.json", "{\"schema\": \"fuselens.bench/1\", \"profile\": 3}");
	expect_unreadable("bench.json: result: \"profile\"");
	put("bench.json", "");
	expect_unreadable("no JSON");
	unlink(strcat(strcpy((char[256]){}, dir), "/bench.json"));
	expect_unreadable("bench.json");
	fl_bench_free(&b);
}

/* Rows that would count twice, or that have impossible counts. */
static void what_cannot_be_is_refused(void **state)
{
	struct fl_bench b;
	char cmd[400];

	write_bench(&b);
	snprintf(cmd, sizeof(cmd), "cp -r %s/rows/mount-j4-r1 %s/rows/mount-j4-r9", dir, dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("rows/mount-j4-r9 has the row mount-j4-r1: this row would count twice");
	/* even under the other name */
	snprintf(
		cmd, sizeof(cmd),
		"sed -i 's/\"id\": \"mount-j4-r1\"/\"id\": \"mount-j4-r9\"/' %s/rows/mount-j4-r9/row.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("are the same run");
	snprintf(cmd, sizeof(cmd), "rm -r %s/rows/mount-j4-r9", dir);
	assert_int_equal(system(cmd), 0);
	snprintf(
		cmd, sizeof(cmd),
		"sed -i 's/\"writes\": 308/\"writes\": 9223372036854775807/' %s/rows/mount-j4-r1/row.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("counts more than 2^63");
	snprintf(cmd, sizeof(cmd),
		 "sed -i 's,fuselens.snapshot/1,fuselens.snapshot/9,' %s/rows/mount-j4-r1/row.json",
		 dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("fuselens.snapshot/9");
	snprintf(
		cmd, sizeof(cmd),
		"sed -i 's/\"ios\": 5000/\"ios\": 18446744073709551615/' %s/rows/raw-j4-r1/row.json; rm -r %s/rows/mount-j4-r1",
		dir, dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("\"ios\" is out of range");
	snprintf(
		cmd, sizeof(cmd),
		"sed -i 's/\"ios\": .*,/\"ios\": 5,/; s/\"iops\": .*,/\"iops\": 1e300,/' %s/rows/raw-j4-r1/row.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("\"iops\" is out of range");
	/* a level that the bench has not would drop out of every table */
	snprintf(
		cmd, sizeof(cmd),
		"sed -i 's/\"iops\": .*,/\"iops\": 5.0,/; s/\"jobs\": 4,/\"jobs\": 3,/' %s/rows/raw-j4-r1/row.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("rows/raw-j4-r1 is of 3 jobs, which bench.json does not have");
	fl_bench_free(&b);
}

/* Memory is bounded, whatever the files hold. */
static void what_is_too_much_is_refused(void **state)
{
	struct fl_bench b;
	char cmd[600];

	write_bench(&b);
	snprintf(
		cmd, sizeof(cmd),
		"cd %s/rows/mount-j4-r1 && cp row.json row && { echo '{\"a\": ['; yes '{},' | head -c 6000000; echo '{}]}'; } >row.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("row.json: the JSON has more values than any result");
	snprintf(
		cmd, sizeof(cmd),
		"cd %s/rows && mv mount-j4-r1/row mount-j4-r1/row.json && truncate -s 60M */*.json ../bench.json",
		dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("more than 256 MiB of rows");
	snprintf(cmd, sizeof(cmd), "truncate -s 2G %s/bench.json", dir);
	assert_int_equal(system(cmd), 0);
	expect_unreadable("bench.json: larger than 64 MiB");
	fl_bench_free(&b);
}

static void an_existing_directory_is_not_taken(void **state)
{
	struct fl_err err;

	assert_int_equal(fl_result_create(&at, dir, &err), 0);
	assert_int_equal(fl_result_create(&(struct fl_result_dir){}, dir, &err), -1);
	assert_non_null(strstr(err.hint, "--resume"));
}

static void special_files_are_refused(void **state)
{
	struct fl_err err;
	size_t len;

	assert_null(fl_read_file("/dev/zero", &len, &err));
	assert_non_null(strstr(err.what, "not a regular file"));
	assert_null(fl_read_file(top, &len, &err));
}

static void profiles_say_their_files(void **state)
{
	enum fl_profile_files files;
	struct fl_err err;

	assert_int_equal(fl_profile_files("# x\n# fuselens: files=per-job\n", &files, &err), 0);
	assert_int_equal(files, FL_FILES_PER_JOB);
	assert_int_equal(fl_profile_files("# fuselens: files=fresh", &files, &err), 0);
	assert_int_equal(files, FL_FILES_FRESH);
	assert_int_equal(fl_profile_files("[global]\n", &files, &err), -1);
	assert_non_null(strstr(err.hint, "files=shared"));
	assert_int_equal(fl_profile_files("# fuselens: files=none\n", &files, &err), -1);
	assert_int_equal(fl_profile_files("x # fuselens: files=shared\n", &files, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, in_a_directory, away_with_it),
		cmocka_unit_test_setup_teardown(a_sweep_there_and_back, in_a_directory,
						away_with_it),
		cmocka_unit_test(the_widest_interval),
		cmocka_unit_test_setup_teardown(unknown_is_null, in_a_directory, away_with_it),
		cmocka_unit_test_setup_teardown(only_finished_rows_count, in_a_directory,
						away_with_it),
		cmocka_unit_test_setup_teardown(garbage_is_named, in_a_directory, away_with_it),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, in_a_directory,
						away_with_it),
		cmocka_unit_test_setup_teardown(what_is_too_much_is_refused, in_a_directory,
						away_with_it),
		cmocka_unit_test_setup_teardown(an_existing_directory_is_not_taken, in_a_directory,
						away_with_it),
		cmocka_unit_test_setup_teardown(special_files_are_refused, in_a_directory,
						away_with_it),
		cmocka_unit_test(profiles_say_their_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
