// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat's text: the columns for which there is room and evidence, and figures that stand below their
 * titles.
 */
#include "check.h"
#include "snapshot/missing.h"
#include "stat/columns.h"

static struct fl_file_counts a_file = {
	.dev = 8,
	.ino = 7,
	.path = "/mnt/data/a/rather/long/path/of/a/file",
	.route = FL_ROUTE_PASSTHROUGH,
};
static struct fl_snapshot all = {.timed_in = 16, .has_takes = true},
			  tracepoints = {.writes_method = FL_METHOD_STATE_TP},
			  takes_only = {.has_takes = true, .takes_only = true};

/* The header, and one row of 1,234 writes. The caller frees it. */
static char *rendered(struct fl_stat_view *v, const struct fl_snapshot *s)
{
	struct fl_row row = {
		.dev = 8,
		.file = v->files ? &a_file : NULL,
		.ns = 1000000000,
		.totals = {.writes = 1234, .exclusive = 1234, .eligible = 617},
		.knows_nature = true,
	};
	struct fl_stat_value fig[FL_STAT_FIGURES] = {};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	row.totals.counter[FL_COUNT_BYTES] = 5000000;
	fl_stat_columns_choose(v, s);
	fl_stat_columns_header(v, f);
	fl_stat_figures(s, &row, fig);
	fl_stat_columns_row(v, &row, fig, 4936, f);
	fclose(f);
	return text;
}

static void expect(struct fl_stat_view *v, const struct fl_snapshot *s, const char *want)
{
	char *got = rendered(v, s);

	assert_string_equal(got, want);
	free(got);
}

static void ask(struct fl_stat_view *v, const char *list)
{
	struct fl_err err;

	if (fl_stat_columns_parse(v, list, &err))
		fail_msg("%s: %s", list, err.what);
}

static void only_what_the_evidence_has(void **state)
{
	struct fl_stat_view v = {.digits = 2};
	char *text;

	setenv("TZ", "UTC", 1);
	expect(&v, &tracepoints,
	       "            ------- per second -------\n"
	       "       time writes    MB   excl shared\n"
	       "00:00:00.00   1234   5.0   1234      0\n");
	v.digits = 0;
	text = rendered(&v, &all);
	assert_non_null(strstr(text, "-- wait --- -- hold ---"));
	assert_int_equal(strcspn(text, "\n") < 80, true);
	assert_non_null(strstr(text, "shared   upgr fi->lk   p50   p99   p50   p99   ceil\n"));
	free(text);
	text = rendered(&v, &takes_only);
	assert_null(strstr(text, "MB"));
	assert_non_null(strstr(text, "fi->lk"));
	free(text);
}

static void what_was_asked_for(void **state)
{
	struct fl_stat_view v = {};

	ask(&v, "writes,wait99");
	expect(&v, &tracepoints,
	       "    /s  wait\n"
	       "writes   p99\n"
	       "  1234     -\n");
	ask(&v, "+elig");
	expect(&v, &tracepoints,
	       "         ------- per second -------\n"
	       "    time writes    MB   excl shared elig%\n"
	       "00:00:00   1234   5.0   1234      0  50.0\n");
}

static void a_file_has_its_share(void **state)
{
	struct fl_stat_view v = {};

	v.files = true;
	ask(&v, "writes,share");
	expect(&v, &tracepoints,
	       "    /s\n"
	       "writes share%\n"
	       "  1234   25.0\n");
}

static void a_wide_terminal_shows_more_and_a_narrow_one_less(void **state)
{
	struct fl_stat_view v = {.files = true, .width = 200};
	char *text = rendered(&v, &all);

	assert_non_null(strstr(text, "elig%   lost       route  file\n"));
	assert_non_null(strstr(text, "  /mnt/data/a/rather/long/path/of/a/file\n"));
	free(text);
	for (v.width = 44; v.width <= 200; v.width++) {
		text = rendered(&v, &all);
		for (char *line = text, *end; *line; line = end + 1) {
			end = strchr(line, '\n');
			assert_true(end - line <= v.width);
		}
		assert_non_null(strstr(text, "writes"));
		assert_non_null(strstr(text, "of/a/file\n"));
		free(text);
	}
	v.width = 60;
	text = rendered(&v, &tracepoints);
	if (!strstr(text, "  .../long/path/of/a/file\n"))
		fail_msg("%s", text);
	free(text);
	v.wide = true;
	text = rendered(&v, &tracepoints);
	assert_non_null(strstr(text, "  /mnt/data/a/rather/long/path/of/a/file\n"));
	assert_non_null(strstr(text, "elig%"));
	free(text);
}

static void columns_that_are_none(void **state)
{
	static const char *const bad[] = {"", "+", ",", "bogus", "writes,,bogus", "Writes"};
	struct fl_stat_view v = {};
	struct fl_err err;
	char list[512] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fl_stat_columns_parse(&v, bad[i], &err))
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(fl_stat_columns_parse(&v, "celing", &err), -1);
	assert_non_null(strstr(err.what, "did you mean 'ceiling'"));
	for (int i = 0; i < 40; i++)
		strcat(list, "lost,");
	assert_int_equal(fl_stat_columns_parse(&v, list, &err), -1);
}

static void what_is_missing_is_said(void **state)
{
	char text[512];

	assert_string_equal(fl_missing_text(&all, text, sizeof(text)), "");
	fl_missing_text(&tracepoints, text, sizeof(text));
	assert_non_null(strstr(text, "waits, holds and the ceiling are not known: tracepoints"));
	assert_non_null(strstr(text, "--evidence callsite"));
	assert_non_null(strstr(fl_missing_text(&takes_only, text, sizeof(text)), "lock functions"));
	assert_null(strstr(text, "--evidence callsite"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_the_evidence_has),
		cmocka_unit_test(what_was_asked_for),
		cmocka_unit_test(a_file_has_its_share),
		cmocka_unit_test(a_wide_terminal_shows_more_and_a_narrow_one_less),
		cmocka_unit_test(columns_that_are_none),
		cmocka_unit_test(what_is_missing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
