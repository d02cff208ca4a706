// SPDX-License-Identifier: GPL-2.0-only
/* Which profiles run programs, as fio reads them: each line here was tried on fio 3.33. */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile.h"

static bool runs(const char *line)
{
	char text[512];

	snprintf(text, sizeof(text), "[global]\nrw=write\n%s\n[a]\nfilename=data.0\n", line);
	return fl_profile_runs(text) != NULL;
}

static void test_runs_programs(void **state)
{
	static const char *const lines[] = {
		"exec_prerun=touch x",
		" \texec_prerun\t=\ttouch x",
		"exec_postrun=touch x",
		"exec${UNSET}_prerun=touch x",
		"${UNSET}exec_prerun=touch x",
		"ioengine=exec",
		"ioengine=exec;psync",
		"ioengine=exec #psync",
		"ioengine=exec\t",
		"ioengine=ex${UNSET}ec",
		"io${UNSET}engine=exec",
		"ioengine=external:/tmp/x.so",
		"ioengine=/tmp/x.so",
		"include x.fio",
		"include:x.fio",
		"includex.fio",
		"size=$mb_memory",
		"size=`id`",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!runs(lines[i]))
			fail_msg("not found: %s", lines[i]);
}

static void test_runs_none(void **state)
{
	static const char *const lines[] = {
		"# exec_prerun=touch x", "; include x.fio",	 "ioengine=psync",
		"ioengine=io_uring",	 "size=${SIZE}",	 "numjobs=${JOBS}",
		"description=exec",	 "filename=exec_prerun", "",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (runs(lines[i]))
			fail_msg("found: %s", lines[i]);
}

/* fio reads the end of a long line as a separate line. */
static void test_long_line(void **state)
{
	static const char end[] = "exec_prerun=touch x\n";
	char *text = malloc(8190 + sizeof(end));

	memset(text, 'x', 8190);
	text[0] = '#';
	memcpy(text + 8190, end, sizeof(end));
	assert_non_null(fl_profile_runs(text));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_programs),
		cmocka_unit_test(test_runs_none),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
