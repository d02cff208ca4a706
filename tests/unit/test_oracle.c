// SPDX-License-Identifier: GPL-2.0-only
/* The oracle's own parts: a plan depends only on its seed, and a wrong report never passes. */
#include "check.h"

#include <ctype.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/oracle/compare.h"

static const struct plan_wish usual = {
	.allowed = (1ull << CLASSES) - 1,
	.percent = 100,
	.stores = 3,
	.store = {"xfs", "ext4", "btrfs"},
};

static void test_a_seed_is_a_plan(void **state)
{
	struct plan a, b, other;
	struct plan_wish wish = usual;

	for (wish.seed = 1; wish.seed < 300; wish.seed++) {
		struct op one, two;

		plan_make(&a, &wish);
		plan_make(&b, &wish);
		assert_memory_equal(&a, &b, sizeof(a));
		plan_op(&a, 0, 0, 7, &one);
		plan_op(&b, 0, 0, 7, &two);
		assert_memory_equal(&one, &two, sizeof(one));
		assert_true(one.offset <= 1ull << 32 && one.length <= OP_LENGTH_MAX);
	}
	wish.seed++;
	plan_make(&other, &wish);
	assert_memory_not_equal(&a.file, &other.file, sizeof(a.file));
}

/* Without a class, the parts of a plan that do not use it stay the same. */
static void test_leaving_out_a_class_leaves_the_rest(void **state)
{
	struct plan_wish wish = usual, less = usual;
	uint32_t changed = 0;

	less.allowed &= ~(CLASS_BIT(URING) | CLASS_BIT(REFLINK));
	for (uint64_t seed = 1; seed < 300; seed++) {
		struct plan a, b;

		wish.seed = less.seed = seed;
		plan_make(&a, &wish);
		plan_make(&b, &less);
		assert_int_equal(b.used & ~less.allowed, 0);
		assert_int_equal(a.files, b.files);
		assert_int_equal(a.actors, b.actors);
		assert_memory_equal(a.mount, b.mount, sizeof(a.mount));
		for (uint32_t i = 0; i < a.files; i++)
			assert_int_equal(a.file[i].size, b.file[i].size);
		changed += memcmp(a.actor, b.actor, sizeof(a.actor)) != 0;
	}
	assert_true(changed > 30 && changed < 270);
}

/* Two files on device 0:50: inode 7, then another one with that number; and one on 0:51. */
struct world {
	struct plan plan;
	struct ledger *ledger;
	struct trial trial;
	char dir[64], path[80];
};

static void enter(struct world *w, uint32_t file, unsigned int minor, ino_t ino, const char *name,
		  int writes)
{
	struct stat st = {.st_dev = makedev(0, minor), .st_ino = ino};
	struct ledger_entry *e = ledger_add(w->ledger, file, &st, name);

	assert_non_null(e);
	for (int i = 0; i < writes; i++)
		ledger_result(e, 4096, 4096);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/test_oracle.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/x", w->dir);
	w->ledger = ledger_map(w->path, true);
	if (!w->ledger)
		return -1;
	w->ledger->done = 1;
	w->trial = (struct trial){.plan = &w->plan, .ledger = w->ledger};
	enter(w, 0, 50, 7, "1.f0", 10);
	enter(w, 0, 50, 7, "1.f0-1", 5);
	enter(w, 1, 51, 9, "1.f1", 3);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->path);
	rmdir(w->dir);
	ledger_unmap(w->ledger);
	free(w->trial.why);
	free(w);
	return 0;
}

#define ROW(dev, ino, name, writes, bytes, more)                                        \
	"{\"dev\":\"" dev "\",\"ino\":" #ino ",\"name\":\"" name "\",\"bytes\":" #bytes \
	",\"cells\":[{\"writes\":" #writes "}]" more "}"
#define FIRST	ROW("0:50", 7, "1.f0", 10, 40960, "")
#define SECOND	ROW("0:50", 7, "1.f0-1", 5, 20480, "")
#define THIRD	ROW("0:51", 9, "1.f1", 3, 12288, "")
#define MISSING ROW("0:51", 9, "1.f1", 1, 4096, "")

/* The outcome of a report with these files; mounts and lost may be "". */
static enum outcome outcome(struct world *w, const char *files, const char *mounts,
			    const char *lost)
{
	FILE *f;

	ledger_unmap(w->ledger);
	w->ledger = ledger_map(w->path, false);
	w->trial.ledger = w->ledger;
	w->trial.outcome = OUTCOME_EXACT;
	snprintf(w->path + strlen(w->dir), sizeof(w->path) - strlen(w->dir), "/r");
	f = fopen(w->path, "w");
	fprintf(f, "{\"loss\":{\"lost\":%s},\"snapshot\":{\"files\":[%s],\"mounts\":[%s]}}",
		*lost ? lost : "0", files, mounts);
	fclose(f);
	assert_int_equal(compare(w->path, &w->trial, 1), 0);
	unlink(w->path);
	snprintf(w->path + strlen(w->dir), sizeof(w->path) - strlen(w->dir), "/x");
	return w->trial.outcome;
}

static void test_equal_is_exact(void **state)
{
	assert_int_equal(outcome(*state, FIRST "," SECOND "," THIRD, "", ""), OUTCOME_EXACT);
	/* by several routes, and beside a mount that is not ours */
	assert_int_equal(
		outcome(*state,
			ROW("0:50", 7, "1.f0", 4, 16384, "") "," ROW(
				"0:50", 7, "1.f0", 6, 24576, "") "," SECOND "," THIRD
								 "," ROW("0:60", 7, "x", 99, 1, ""),
			"", ""),
		OUTCOME_EXACT);
}

static void test_wrong_is_different(void **state)
{
	static const char *const reports[] = {
		FIRST "," SECOND,
		FIRST "," SECOND "," MISSING,
		FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 4, 12288, ""),
		FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 3, 12289, ""),
		/* the second file's writes under the first one's name */
		ROW("0:50", 7, "1.f0", 15, 61440, "") "," THIRD,
		ROW("0:50", 7, "1.f0-1", 10, 40960, "") "," ROW("0:50", 7, "1.f0", 5, 20480,
								"") "," THIRD,
		/* another name, a file that nobody wrote, a failure that nobody saw */
		FIRST "," SECOND "," ROW("0:51", 9, "other", 3, 12288, ""),
		FIRST "," SECOND "," THIRD "," ROW("0:51", 10, "1.f1", 1, 4096, ""),
		FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 3, 12288, ",\"failed\":1"),
		/* more than is said */
		FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 1, 4096, ",\"uncertain\":1"),
		FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 1, 4096, ",\"maybe_split\":2"),
	};

	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		if (outcome(*state, reports[i], "", "") != OUTCOME_DIFFERENT)
			fail_msg("passes: %s", reports[i]);
}

static void test_what_is_said_is_allowed(void **state)
{
	const char *few = FIRST "," SECOND "," MISSING;

	assert_int_equal(outcome(*state, few, "", "2"), OUTCOME_SAID);
	assert_int_equal(outcome(*state, few, "", "1"), OUTCOME_DIFFERENT);
	/* some of a write's bytes, but not more than were written, nor more than a request has */
	assert_int_equal(
		outcome(*state, FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 3, 12287, ""), "", "1"),
		OUTCOME_SAID);
	assert_int_equal(
		outcome(*state, FIRST "," SECOND "," ROW("0:51", 9, "1.f1", 3, 12289, ""), "", "1"),
		OUTCOME_DIFFERENT);
	assert_int_equal(outcome(*state, few, "{\"dev\":\"0:51\",\"unseen\":2}", ""), OUTCOME_SAID);
	assert_int_equal(
		outcome(*state, few, "{\"dev\":\"0:51\",\"unseen\":1,\"attribute_replies\":1}", ""),
		OUTCOME_SAID);
	/* on another mount, or where replies alone hide it */
	assert_int_equal(outcome(*state, few, "{\"dev\":\"0:50\",\"unseen\":2}", ""),
			 OUTCOME_DIFFERENT);
	assert_int_equal(
		outcome(*state, few, "{\"dev\":\"0:51\",\"unseen\":0,\"attribute_replies\":9}", ""),
		OUTCOME_DIFFERENT);
	assert_int_equal(outcome(*state,
				 FIRST "," SECOND
				       "," ROW("0:51", 9, "1.f1", 4, 4096, ",\"uncertain\":1"),
				 "", ""),
			 OUTCOME_SAID);
	assert_int_equal(outcome(*state,
				 FIRST "," SECOND
				       "," ROW("0:51", 9, "1.f1", 4, 4096, ",\"maybe_split\":1"),
				 "", ""),
			 OUTCOME_SAID);
}

static void test_one_file_as_the_target(void **state)
{
	struct world *w = *state;

	w->trial.first_only = true;
	assert_int_equal(outcome(w, FIRST, "", ""), OUTCOME_EXACT);
	assert_int_equal(outcome(w, FIRST "," THIRD, "", ""), OUTCOME_DIFFERENT);
	assert_int_equal(outcome(w, FIRST "," SECOND, "", ""), OUTCOME_DIFFERENT);
}

static void test_a_load_that_failed_is_no_pass(void **state)
{
	struct world *w = *state;

	w->ledger->done = 0;
	assert_int_equal(outcome(w, FIRST "," SECOND "," THIRD, "", ""), OUTCOME_DIFFERENT);
	w->ledger->done = 1;
	ledger_fault(w->ledger, "made up");
	assert_int_equal(outcome(w, FIRST "," SECOND "," THIRD, "", ""), OUTCOME_DIFFERENT);
}

/* The whole file, as a string that the caller frees. */
static char *text_of(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "r");
	char *text;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	text = calloc(1, st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, st.st_size, f), st.st_size);
	fclose(f);
	return text;
}

/* Whether word stands in text between characters that are no part of a word. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || !isalnum(p[-1])) && !isalnum(p[len]))
			return true;
	return false;
}

/* The classes with which the tests demand exact counts: the values of the variables, without comments. */
static char *counted_classes(void)
{
	char *text = text_of("tests/oracle/classes.sh"), *counted = calloc(1, strlen(text) + 1);

	assert_non_null(counted);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, "oracle_common", 13) || !strncmp(line, "ORACLE_COUNTED", 14))
			strcat(strcat(counted, line), "\n");
	free(text);
	return counted;
}

/* docs/measuring.md has a table of what is wrong: a class is counted, or is in it. */
static void test_what_is_not_counted_is_documented(void **state)
{
	char *counted = counted_classes(), *doc = text_of("docs/measuring.md"), quoted[64];
	char *table = strstr(doc, "| what is wrong | where | oracle |");

	assert_non_null(table);
	*strstr(table, "\n\n") = '\0';
	for (int c = 0; c < CLASSES; c++) {
		snprintf(quoted, sizeof(quoted), "`%s`", oracle_class_name[c]);
		if (!has_word(counted, oracle_class_name[c]) && !strstr(table, quoted))
			fail_msg("%s is neither counted nor in docs/measuring.md",
				 oracle_class_name[c]);
	}
	free(counted);
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_seed_is_a_plan),
		cmocka_unit_test(test_leaving_out_a_class_leaves_the_rest),
		cmocka_unit_test_setup_teardown(test_equal_is_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_is_different, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_said_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_file_as_the_target, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_load_that_failed_is_no_pass, setup,
						teardown),
		cmocka_unit_test(test_what_is_not_counted_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
