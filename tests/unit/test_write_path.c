// SPDX-License-Identifier: GPL-2.0-only
/* The sentences about livepatches that come and go while a command watches. */
#include "check.h"
#include "collect/write_path.h"

static char what[512];
static bool settled;

static struct fl_livepatch patch(const char *name, bool enabled, bool transition,
				 const char *function)
{
	struct fl_livepatch p = {.enabled = enabled, .transition = transition, .nfunctions = 1};

	strcpy(p.name, name);
	strcpy(p.function[0], function);
	return p;
}

static bool compare(struct fl_livepatch *before, size_t nbefore, struct fl_livepatch *now,
		    size_t nnow)
{
	struct fl_livepatches b = {.supported = true, .patch = before, .n = nbefore};
	struct fl_livepatches n = {.supported = true, .patch = now, .n = nnow};

	return fl_write_path_compare(&b, &n, what, sizeof(what), &settled);
}

static void tells_each_stage(void **state)
{
	struct fl_livepatch coming = patch("p", true, true, "fuse_a"),
			    there = patch("p", true, false, "fuse_a"),
			    going = patch("p", false, true, "fuse_a"),
			    gone = patch("p", false, false, "fuse_a");

	assert_true(compare(NULL, 0, &coming, 1));
	assert_non_null(strstr(what, "livepatch p is being loaded"));
	assert_false(settled);
	assert_true(compare(&coming, 1, &there, 1));
	assert_string_equal(what, "livepatch p is loaded: every task runs its fuse_a()");
	assert_true(settled);
	assert_true(compare(&there, 1, &going, 1));
	assert_non_null(strstr(what, "being unloaded"));
	assert_false(settled);
	assert_true(compare(&going, 1, NULL, 0));
	assert_string_equal(what,
			    "livepatch p is unloaded: every task runs the kernel's own fuse_a()");
	assert_true(settled);
	/* its directory may stay for a moment, and a short transition may not be seen */
	assert_true(compare(&there, 1, &gone, 1));
	assert_non_null(strstr(what, "is unloaded"));
	assert_false(compare(&gone, 1, NULL, 0));
	/* reversed before all tasks had switched */
	assert_true(compare(&coming, 1, &going, 1));
	assert_non_null(strstr(what, "being unloaded"));
}

static void tells_what_matters_only(void **state)
{
	struct fl_livepatch there = patch("p", true, false, "fuse_a"),
			    other = patch("q", true, false, "tcp_sendmsg"),
			    both[] = {there, patch("r", true, true, "fuse_b")};

	assert_false(compare(NULL, 0, NULL, 0));
	assert_false(compare(&there, 1, &there, 1));
	assert_string_equal(what, "");
	assert_false(compare(NULL, 0, &other, 1));
	assert_false(compare(&other, 1, NULL, 0));
	/* two at once: one sentence for each */
	assert_true(compare(NULL, 0, both, 2));
	assert_non_null(strstr(what, "livepatch p is loaded"));
	assert_non_null(strstr(what, "; livepatch r is being loaded"));
	assert_false(settled);
	/* one changed into another of the same functions */
	assert_true(compare(both, 1, both + 1, 1));
	assert_non_null(strstr(what, "livepatch r is being loaded"));
	assert_non_null(strstr(what, "livepatch p is unloaded"));
}

static void a_patch_on_its_way_in(void **state)
{
	struct fl_livepatch early = patch("p", false, false, "fuse_a"), still = early,
			    coming = patch("p", true, true, "fuse_a"),
			    going = patch("p", false, true, "fuse_a");

	early.starting = still.starting = coming.starting = true;
	still.transition = true;
	assert_true(compare(NULL, 0, &early, 1));
	assert_non_null(strstr(what, "is being loaded"));
	assert_false(settled);
	assert_false(compare(&early, 1, &still, 1));
	assert_false(compare(&still, 1, &coming, 1));
	assert_false(settled);
	assert_true(compare(&coming, 1, &going, 1));
	assert_non_null(strstr(what, "is being unloaded"));
}

static void long_names_are_cut(void **state)
{
	struct fl_livepatch many = {.enabled = true, .nfunctions = FL_LIVEPATCH_FUNCTIONS};

	strcpy(many.name, "p");
	for (size_t i = 0; i < many.nfunctions; i++)
		snprintf(many.function[i], sizeof(many.function[i]), "fuse_%050zu", i);
	assert_true(compare(NULL, 0, &many, 1));
	assert_int_equal(strlen(what), sizeof(what) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_stage),
		cmocka_unit_test(tells_what_matters_only),
		cmocka_unit_test(a_patch_on_its_way_in),
		cmocka_unit_test(long_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
