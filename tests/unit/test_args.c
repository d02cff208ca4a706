// SPDX-License-Identifier: GPL-2.0-only
/* Command lines: operands between options, a command left alone, and errors that name what is wrong. */
#include "check.h"

#include <unistd.h>

#include "args.h"
#include "collect/options.h"
#include "cmd.h"

struct taken {
	const char *interval;
	bool flag;
	double share;
	struct fl_collect_opts collect;
};

static const struct fl_option options[] = {
	{'i', "--interval", "SEC", "a text", FL_INTO(struct taken, interval)},
	{'f', "--flag", NULL,
	 "one that takes no value, and whose help is so long that it has to be wrapped",
	 FL_INTO(struct taken, flag)},
	{0, "--share", "PCT", "percent", FL_SET(fl_set_percent, struct taken, share)},
	FL_OPTION_JSON("as JSON"),
	FL_OPTIONS_COUNTING(struct taken, collect),
	{},
};

static char said[1024];

/* Parses line, split at blanks. The output on stderr and stdout is in said. */
static int parse(struct fl_args *a, struct taken *t, const char *line)
{
	static char text[256];
	static struct fl_command command;
	static char *argv[32];
	int argc = 0, ret, out = dup(1), err = dup(2);
	FILE *file = tmpfile();
	size_t n;

	memset(t, 0, sizeof(*t));
	command = (struct fl_command){.name = "test",
				      .usage = "ONE WAY\nANOTHER",
				      .about = "Does nothing.",
				      .notes = "first\nsecond",
				      .options = options,
				      .max_operands = 1,
				      .one_too_many = "one at a time",
				      .runs_command = !strncmp(line, "run", 3)};
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	optind = 0;
	fflush(stdout);
	dup2(fileno(file), 1);
	dup2(fileno(file), 2);
	ret = fl_args_parse(a, &command, t, argc, argv);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	rewind(file);
	n = fread(said, 1, sizeof(said) - 1, file);
	said[n] = '\0';
	fclose(file);
	return ret;
}

static void test_operands_and_options_mix(void **state)
{
	struct fl_args a;
	struct taken t;

	assert_int_equal(
		parse(&a, &t,
		      "watch /mnt -fi 5 --share 50 --evidence callsite --max-inodes 7 --times 3"),
		-1);
	assert_string_equal(a.operand[0], "/mnt");
	assert_string_equal(t.interval, "5");
	assert_int_equal(t.collect.evidence, FL_EVIDENCE_CALLSITE);
	assert_true(t.flag);
	assert_true(t.share == 0.5);
	assert_int_equal(t.collect.max_inodes, 7);
	assert_int_equal(t.collect.timed_in, 3);
	assert_false(a.json);
	assert_int_equal(parse(&a, &t, "watch --js -- -odd"), -1);
	assert_true(a.json);
	assert_string_equal(a.operand[0], "-odd");
	assert_int_equal(parse(&a, &t, "watch"), -1);
	assert_int_equal(a.noperands, 0);
	assert_int_equal(parse(&a, &t, "watch a b"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "test: one at a time: 'a' and 'b'"));
}

static void test_a_command_is_left_alone(void **state)
{
	struct fl_args a;
	struct taken t;

	assert_int_equal(parse(&a, &t, "run /mnt -- fio --json -i x"), -1);
	assert_string_equal(a.operand[0], "/mnt");
	assert_string_equal(a.argv[0], "fio");
	assert_string_equal(a.argv[3], "x");
	assert_null(t.interval);
	assert_false(a.json);
	assert_int_equal(parse(&a, &t, "run /mnt --"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no command after --"));
	assert_int_equal(parse(&a, &t, "run /mnt fio"), FL_EXIT_ERROR);
	assert_int_equal(parse(&a, &t, "run /mnt"), -1);
	assert_null(a.argv);
}

static void test_errors(void **state)
{
	static const char want_help[] =
		"usage: fuselens test ONE WAY\n"
		"       fuselens test ANOTHER\n"
		"\n"
		"Does nothing.\n"
		"\n"
		"  -i, --interval SEC  a text\n"
		"  -f, --flag          one that takes no value, and whose help is so long that it\n"
		"                      has to be wrapped\n"
		"      --share PCT     percent\n"
		"      --json          as JSON\n"
		"      --evidence M    auto (default), state, state-tp, state-fentry, callsite,\n"
		"                      or global (lab use: the whole system pays, 10 s at most)\n"
		"      --max-inodes N  files to tell apart (default 4096)\n"
		"      --times N       wait and hold of one write in N (default 16; 0: none)\n"
		"  -h, --help\n"
		"\n"
		"first\n"
		"second\n";
	struct fl_args a;
	struct taken t;

	assert_int_equal(parse(&a, &t, "watch --help"), FL_EXIT_OK);
	assert_string_equal(said, want_help);
	assert_int_equal(parse(&a, &t, "watch -i"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "-i needs a value"));
	assert_null(strstr(said, "\"error\""));
	assert_int_equal(parse(&a, &t, "watch --bogus --json"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no option --bogus"));
	assert_non_null(strstr(said, "\"error\""));
	assert_int_equal(parse(&a, &t, "watch --evidence guess"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no method 'guess'"));
	assert_non_null(strstr(said, "there are auto, state, state-tp"));
	assert_int_equal(parse(&a, &t, "watch --max-inodes 0"), FL_EXIT_ERROR);
	assert_int_equal(parse(&a, &t, "watch --times -1"), FL_EXIT_ERROR);
	assert_int_equal(parse(&a, &t, "watch --share 101"), FL_EXIT_ERROR);
}

static void test_a_slip_is_understood(void **state)
{
	struct fl_args a;
	struct taken t;

	assert_int_equal(parse(&a, &t, "watch --intreval 3"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "no option --intreval; did you mean --interval?"));
	assert_int_equal(parse(&a, &t, "watch --max-inode=3 --times2=4"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "no option --times2; did you mean --times?"));
	assert_int_equal(parse(&a, &t, "watch --colour"), FL_EXIT_ERROR);
	assert_null(strstr(said, "did you mean"));
	assert_int_equal(parse(&a, &t, "watch -x"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no option -x\n"));
}

static void assert_seconds(const char *text, double want)
{
	struct fl_err err;
	double v = -1;

	if (fl_parse_seconds(text, "-d", 0.0001, 1e6, &v, &err))
		fail_msg("%s: %s", text, err.what);
	if (v < want * 0.999999 || v > want * 1.000001)
		fail_msg("%s is %g, not %g", text, v, want);
}

static void test_times_and_sizes(void **state)
{
	static const char *const no_time[] = {"",     "m",   "1x",  "1 m", "-1",
					      "1m30", "nan", "inf", "1e9"};
	static const char *const no_size[] = {"",    "k",   "1.5", "1q", "-1k",
					      "1k2", "nan", "5k",  "17m"};
	struct fl_err err;
	double v;
	__u64 n = 0;

	assert_seconds("30", 30);
	assert_seconds("0.2", 0.2);
	assert_seconds("200ms", 0.2);
	assert_seconds("1.5s", 1.5);
	assert_seconds("1m", 60);
	assert_seconds("2h", 7200);
	assert_seconds("1d", 86400);
	for (size_t i = 0; i < sizeof(no_time) / sizeof(no_time[0]); i++)
		assert_int_equal(fl_parse_seconds(no_time[i], "-d", 0.0001, 1e6, &v, &err), -1);
	assert_int_equal(fl_parse_whole_seconds("2m", "-d", 1, 200, &n, &err), 0);
	assert_int_equal(n, 120);
	assert_int_equal(fl_parse_whole_seconds("1.5", "-d", 1, 200, &n, &err), -1);
	assert_int_equal(fl_parse_size("64k", "-s", 1, 8192, 16 << 20, &n, &err), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(fl_parse_size("1.5MiB", "-s", 1, 8192, 16 << 20, &n, &err), 0);
	assert_int_equal(n, 3 << 19);
	assert_int_equal(fl_parse_size("4", "-s", 1 << 20, 8192, 16 << 20, &n, &err), 0);
	assert_int_equal(n, 4 << 20);
	for (size_t i = 0; i < sizeof(no_size) / sizeof(no_size[0]); i++)
		if (!fl_parse_size(no_size[i], "-s", 1, 8192, 16 << 20, &n, &err))
			fail_msg("'%s' was taken as a size", no_size[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operands_and_options_mix),
		cmocka_unit_test(test_a_command_is_left_alone),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_a_slip_is_understood),
		cmocka_unit_test(test_times_and_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
