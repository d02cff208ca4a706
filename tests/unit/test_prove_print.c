// SPDX-License-Identifier: GPL-2.0-only
/* prove's text: the busiest files, and what the evidence leaves out. */
#include "check.h"
#include "prove/print.h"

#define FILES 11

static char *rendered(const struct fl_snapshot *s)
{
	static const struct fl_verdict_opts opts = FL_VERDICT_DEFAULTS;
	struct fl_prove_report r = {.snapshot = s, .target = "/mnt"};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fl_verdict_of(s, 0, &opts, &r.verdict);
	fl_prove_text(&r, f, false);
	fclose(f);
	return text;
}

/* File i of FILES did i writes, in any order of the table; nobody wrote file 0. */
static void the_busiest_files_come_first(void **state)
{
	struct fl_file_counts file[FILES] = {};
	struct fl_snapshot s = {.end_ns = 1000000000, .file = file, .nfiles = FILES};
	char name[FILES][16], *text, *at, *last;

	for (int i = 0; i < FILES; i++) {
		int writes = i * 7 % FILES;

		snprintf(name[i], sizeof(name[i]), "file-%d-", writes);
		file[i] = (struct fl_file_counts){.slot = i + 1, .name = name[i]};
		file[i].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = writes;
	}
	last = text = rendered(&s);
	for (int writes = FILES - 1; writes > 2; writes--) {
		char want[16];

		snprintf(want, sizeof(want), "file-%d-", writes);
		at = strstr(text, want);
		if (!at || at < last)
			fail_msg("%s is not where it belongs: %s", want, text);
		last = at;
	}
	assert_null(strstr(text, "file-2-"));
	assert_non_null(strstr(text, "  10  18.2 %          0      10  passthrough  file-10-"));
	assert_non_null(strstr(text, "and 2 more files with 3 writes, 5.5 %"));
	free(text);
}

static void a_path_that_changed_is_said(void **state)
{
	static const struct fl_prove_path_change change[] = {
		{800000000, "livepatch p is loaded"}, {1500000000, "livepatch p is unloaded"}};
	struct fl_snapshot s = {.end_ns = 2000000000};
	struct fl_prove_report r = {
		.snapshot = &s, .target = "/mnt", .path_change = change, .npath_changes = 2};
	char *text = NULL, *at;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fl_prove_text(&r, f, false);
	fl_prove_json(&r, f);
	fclose(f);
	at = strstr(text, "  after 800 ms: livepatch p is loaded\n");
	assert_non_null(at);
	assert_non_null(strstr(at, "  after 1.5 s: livepatch p is unloaded\n"));
	assert_non_null(strstr(at, "800000000"));
	free(text);
}

static void what_is_not_known_is_said_with_why(void **state)
{
	struct fl_snapshot s = {.end_ns = 1, .writes_method = FL_METHOD_STATE_TP};
	char *text = rendered(&s);

	assert_non_null(strstr(text, "waits, holds and the ceiling are not known: tracepoints"));
	assert_non_null(strstr(text, "prove --waits"));
	free(text);
	/* nobody is told to ask for what is there */
	s.has_waits = true;
	text = rendered(&s);
	assert_null(strstr(text, "--waits"));
	free(text);
	s.timed_in = 1;
	s.has_takes = true;
	text = rendered(&s);
	assert_null(strstr(text, "not known"));
	free(text);
}

/* Programs that missed nothing are not listed. */
static void losses_are_short(void **state)
{
	struct fl_probe probe[] = {{.live = true, .name = "one"}, {.live = true, .name = "two"}};
	struct fl_snapshot s = {.end_ns = 1, .probe = probe, .nprobes = 2};
	char *text = rendered(&s);

	assert_non_null(strstr(text, "loss: 0 of 0 writes (no program missed any, unpaired 0,"));
	free(text);
	probe[1].misses = 3;
	text = rendered(&s);
	assert_non_null(strstr(text, "loss: 0 of 0 writes (two missed 3, unpaired 0,"));
	free(text);
	/* what else was lost is named, so that the parts make the sum */
	s.loss[FL_LOSS_NO_TASK] = 2;
	text = rendered(&s);
	assert_non_null(strstr(text, "task not\n    known 2, uncertain"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_busiest_files_come_first),
		cmocka_unit_test(a_path_that_changed_is_said),
		cmocka_unit_test(what_is_not_known_is_said_with_why),
		cmocka_unit_test(losses_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
