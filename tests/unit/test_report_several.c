// SPDX-License-Identifier: GPL-2.0-only
/* Reports on several results: how the others compare with the first. */
#include "bench_made_up.h"
#include "rendered.h"
#include "report/sections.h"

static void two_compared(void **state)
{
	struct fl_bench x, y;
	struct fl_analysis a, b;
	struct fl_doc doc = {};
	char *text;

	made_up_rows(&x, 0);
	made_up_rows(&y, 1);
	y.env.kernel[0] = '7';
	assert_int_equal(fl_analyse(&a, &x), 0);
	assert_int_equal(fl_analyse(&b, &y), 0);
	fl_report_several(
		&doc, &(struct fl_results){.a = {&a, &b}, .name = {"stock", "v3"}, .n = 2}, NULL);
	text = render(&doc, fl_doc_text);
	assert_says(text, "made-up: stock (A) against v3 (B)");
	assert_says(text, "EXCLUSIVE: A: all");
	assert_says(text, "SHARED: B: 123,120 of 123,120");
	assert_says(text, "- A: 8 jobs do 1.20 times what one does: flat.");
	assert_says(text, "- B: 8 jobs do 7.97 times what one does.");
	assert_says(text, "  mount      8     482   3,282  +581.5 %  +/- ");
	assert_says(text, "  raw        8   3,600   3,600    +0.0 %  +/- 0.0 %  within the noise");
	assert_says(text, "  kernel  6.99  7.99");
	assert_width(text, 80);
	free(text);
	fl_doc_free(&doc);
	fl_analysis_free(&a);
	fl_analysis_free(&b);
	fl_bench_free(&x);
	fl_bench_free(&y);
}

/* Three results: a line for each, all relative to the first; and where the time of writes goes. */
static void three_compared(void **state)
{
	struct fl_bench bench[3];
	struct fl_analysis a[3];
	struct fl_results r = {.name = {"stock", "v1", "v3"}, .n = 3};
	struct fl_doc doc = {};
	char *text;

	for (int k = 0; k < 3; k++) {
		made_up_rows(&bench[k], k ? 1 : 0);
		assert_int_equal(fl_analyse(&a[k], &bench[k]), 0);
		r.a[k] = &a[k];
	}
	fl_report_several(&doc, &r, NULL);
	text = render(&doc, fl_doc_text);
	assert_says(text, "made-up: stock (A) against v1 (B) and v3 (C)");
	assert_says(text, "  mount      8  A         482         -          -\n");
	assert_says(text, "  mount      8  C       3,282  +581.5 %  +/- ");
	assert_says(text, "  mount      8  B       1.0 us  3.0 us  4.0 us    +0.0 %");
	/* 8 jobs at 481.5 a second: 16.6 ms a write, of which 20 ns are waited and 2 ms held */
	assert_says(text, "     8  A             16.6 ms  20 ns  0 %  2.0 ms  12 %  14.6 ms  88 %");
	/* the shared ones were not timed */
	assert_null(strstr(text, "     8  C             "));
	assert_width(text, 80);
	free(text);
	fl_doc_free(&doc);
	for (int k = 0; k < 3; k++) {
		fl_analysis_free(&a[k]);
		fl_bench_free(&bench[k]);
	}
}

/* Rows that only a later result has are not left out without a word. */
static void more_jobs_than_the_first(void **state)
{
	struct fl_bench x, y;
	struct fl_analysis a, b;
	struct fl_results r = {.a = {&a, &b}, .name = {"x", "y"}, .n = 2};
	struct fl_doc doc = {};
	char *text;

	made_up_rows(&x, 0);
	made_up_rows(&y, 0);
	x.njob_counts = 2;
	assert_int_equal(fl_analyse(&a, &x), 0);
	assert_int_equal(fl_analyse(&b, &y), 0);
	fl_report_several(&doc, &r, NULL);
	text = render(&doc, fl_doc_text);
	assert_says(text, "B has rows at 4 jobs, 8 jobs, too;");
	assert_says(text, "\nA: x\n----\n");
	/* what belongs to one result is below its heading */
	assert_says(text, "\nScaling\n.......\n");
	free(text);
	fl_doc_free(&doc);
	fl_analysis_free(&a);
	fl_analysis_free(&b);
	fl_bench_free(&x);
	fl_bench_free(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_compared),
		cmocka_unit_test(three_compared),
		cmocka_unit_test(more_jobs_than_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
