// SPDX-License-Identifier: GPL-2.0-only
/* Reports on several results: how the others compare with the first. */
#include "several.h"

static void two_compared(void **state)
{
	struct several s = {.name = {"stock", "v3"}};

	made_up_rows(&s.bench[0], 0);
	made_up_rows(&s.bench[1], 1);
	s.bench[1].env.kernel[0] = '7';
	several_report(&s);
	assert_says(s.text, "made-up: stock (A) against v3 (B)");
	assert_says(s.text, "EXCLUSIVE: A: all");
	assert_says(s.text, "SHARED: B: 123,120 of 123,120");
	assert_says(s.text, "- A: 8 jobs do 1.20 times what one does: flat.");
	assert_says(s.text, "- B: 8 jobs do 7.97 times what one does.");
	assert_says(s.text, "  mount      8     482   3,282  +581.5 %  +/- ");
	assert_says(s.text,
		    "  raw        8   3,600   3,600    +0.0 %  +/- 0.0 %  within the noise");
	assert_says(s.text, "  kernel  6.99  7.99");
	several_free(&s);
}

/* Three results: a line for each, all relative to the first; and where the time of writes goes. */
static void three_compared(void **state)
{
	struct several s = {.name = {"stock", "v1", "v3"}};

	for (int k = 0; k < 3; k++)
		made_up_rows(&s.bench[k], k ? 1 : 0);
	several_report(&s);
	assert_says(s.text, "made-up: stock (A) against v1 (B) and v3 (C)");
	assert_says(s.text, "  mount      8  A         482         -          -\n");
	assert_says(s.text, "  mount      8  C       3,282  +581.5 %  +/- ");
	assert_says(s.text, "  mount      8  B       1.0 us  3.0 us  4.0 us    +0.0 %");
	/* 8 jobs at 481.5 a second: 16.6 ms a write, of which 20 ns are waited and 2 ms held */
	assert_says(s.text,
		    "     8  A             16.6 ms  20 ns  0 %  2.0 ms  12 %  14.6 ms  88 %");
	/* the shared ones were not timed */
	assert_null(strstr(s.text, "     8  C             "));
	several_free(&s);
}

/* Rows that only a later result has are not left out without a word. */
static void more_jobs_than_the_first(void **state)
{
	struct several s = {.name = {"x", "y"}};

	made_up_rows(&s.bench[0], 0);
	made_up_rows(&s.bench[1], 0);
	s.bench[0].njob_counts = 2;
	several_report(&s);
	assert_says(s.text, "B has rows at 4 jobs, 8 jobs, too;");
	assert_says(s.text, "\nA: x\n----\n");
	/* what belongs to one result is below its heading */
	assert_says(s.text, "\nScaling\n.......\n");
	several_free(&s);
}

/* Long settings of two results wrap between words, each in its own column. */
static void long_settings_wrap(void **state)
{
	static const char options[] = "rw,nosuid,nodev,relatime,user_id=0,group_id=0,allow_other,";
	struct several s = {.name = {"x", "y"}};

	for (int k = 0; k < 2; k++) {
		made_up_rows(&s.bench[k], 0);
		assert_true(asprintf(&s.bench[k].env.place[0].options, "%smax_read=%d", options,
				     k + 1) > 0);
	}
	several_report(&s);
	assert_says(s.text, "  mount options  rw,nosuid,nodev,relatime,");
	assert_says(s.text, "allow_other,max_read=1           allow_other,max_read=2\n");
	several_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_compared),
		cmocka_unit_test(three_compared),
		cmocka_unit_test(more_jobs_than_the_first),
		cmocka_unit_test(long_settings_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
