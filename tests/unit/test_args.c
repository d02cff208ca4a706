// SPDX-License-Identifier: GPL-2.0-only
/* Command lines: operands between options, a command left alone, and errors that name what is wrong. */
#include "check.h"

#include <unistd.h>

#include "args.h"
#include "cmd.h"

static const struct option options[] = {
	{"interval", required_argument, NULL, 'i'},
	{"json", no_argument, NULL, 0},
	{"help", no_argument, NULL, 'h'},
	FL_OPTIONS_COUNTING,
	{},
};

/* The real one comes with the collector. */
int fl_evidence_from_name(const char *name)
{
	return strcmp(name, "callsite") ? -1 : FL_EVIDENCE_CALLSITE;
}

struct taken {
	char *interval;
	struct fl_collect_opts collect;
};

static int set_option(void *ctx, int opt, char *arg, struct fl_err *err)
{
	struct taken *t = ctx;

	if (opt != 'i')
		return fl_args_counting(&t->collect, opt, arg, err);
	t->interval = arg;
	return 0;
}

static char said[1024];

/* Parses line, split at blanks. What is said on stderr and stdout is in said. */
static int parse(struct fl_args *a, struct taken *t, const char *line)
{
	static char text[256];
	static char *argv[32];
	int argc = 0, ret, out = dup(1), err = dup(2);
	FILE *file = tmpfile();
	size_t n;

	memset(a, 0, sizeof(*a));
	memset(t, 0, sizeof(*t));
	*a = (struct fl_args){.command = "test",
			      .help = "help\n",
			      .short_options = "i:h",
			      .options = options,
			      .set = set_option,
			      .ctx = t,
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
	ret = fl_args_parse(a, argc, argv);
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
		parse(&a, &t, "watch /mnt -i 5 --evidence callsite --max-inodes 7 --times 3"), -1);
	assert_string_equal(a.operand[0], "/mnt");
	assert_string_equal(t.interval, "5");
	assert_int_equal(t.collect.evidence, FL_EVIDENCE_CALLSITE);
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
	struct fl_args a;
	struct taken t;

	assert_int_equal(parse(&a, &t, "watch --help"), FL_EXIT_OK);
	assert_string_equal(said, "help\n");
	assert_int_equal(parse(&a, &t, "watch -i"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "-i needs a value"));
	assert_null(strstr(said, "\"error\""));
	assert_int_equal(parse(&a, &t, "watch --bogus --json"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no option --bogus"));
	assert_non_null(strstr(said, "\"error\""));
	assert_int_equal(parse(&a, &t, "watch --evidence guess"), FL_EXIT_ERROR);
	assert_non_null(strstr(said, "there is no method 'guess'"));
	assert_int_equal(parse(&a, &t, "watch --max-inodes 0"), FL_EXIT_ERROR);
	assert_int_equal(parse(&a, &t, "watch --times -1"), FL_EXIT_ERROR);
	assert_int_equal(parse(&a, &t, "watch /mnt"), -1);
	assert_int_equal(fl_args_need_target(&a, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operands_and_options_mix),
		cmocka_unit_test(test_a_command_is_left_alone),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
