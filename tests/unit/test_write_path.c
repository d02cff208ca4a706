// SPDX-License-Identifier: GPL-2.0-only
/* The sentences about livepatches that come and go while a command watches. */
#include "check.h"
#include "collect/write_path.h"

static char what[512];
static bool settled;

static struct fl_livepatch patch(const char *name, bool enabled, bool transition,
				 const char *function)
{
	static char names[64][1][64];
	static size_t n;
	struct fl_livepatch p = {.enabled = enabled, .transition = transition, .nfunctions = 1};

	assert_true(n < 64);
	p.function = names[n++];
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

/* Who begins to look meanwhile has missed its beginning. */
static void a_change_that_began_before(void **state)
{
	struct fl_livepatch p[] = {
		patch("p", true, true, "fuse_a"), patch("q", true, false, "fuse_b"),
		patch("r", false, true, "fuse_c"), patch("s", true, true, "tcp_sendmsg")};
	const struct fl_livepatches all = {.supported = true, .patch = p, .n = 4},
				    still = {.supported = true, .patch = p + 1, .n = 1};

	assert_true(fl_write_path_under_way(&all, what, sizeof(what)));
	assert_string_equal(what,
			    "livepatch p is being loaded: tasks switch to it one by one; "
			    "livepatch r is being unloaded: tasks leave its functions one by one");
	assert_false(fl_write_path_under_way(&still, what, sizeof(what)));
	assert_string_equal(what, "");
}

/* The second load's code is at another place, even if nobody saw it go. */
static void a_livepatch_that_was_loaded_anew(void **state)
{
	struct fl_livepatch first = patch("p", true, false, "fuse_a"), second = first;

	first.id = 7;
	second.id = 9;
	assert_true(compare(&first, 1, &second, 1));
	assert_string_equal(what, "livepatch p is unloaded; "
				  "livepatch p is loaded: every task runs its fuse_a()");
	assert_true(settled);
	assert_false(compare(&second, 1, &second, 1));
}

/* Of two livepatches of one function the later one's code runs, whichever goes first. */
static void two_of_one_function(void **state)
{
	struct fl_livepatch p = patch("p", true, false, "fuse_a"),
			    q = patch("q", true, false, "fuse_a"), both[2], other[2];
	char names[2][64] = {"fuse_a", "fuse_b"};

	p.id = 7;
	q.id = 9;
	both[0] = p;
	both[1] = q;
	assert_true(compare(&p, 1, both, 2));
	assert_string_equal(what, "livepatch q is loaded: every task runs its fuse_a()");
	assert_true(compare(both, 2, &p, 1));
	assert_string_equal(what,
			    "livepatch q is unloaded: every task runs fuse_a() of livepatch p");
	assert_true(compare(both, 2, &q, 1));
	assert_string_equal(what,
			    "livepatch p is unloaded: every task runs fuse_a() of livepatch q");
	p.function = names;
	p.nfunctions = 2;
	assert_true(compare(&p, 1, &q, 1));
	assert_non_null(strstr(what, "livepatch p is unloaded: every task runs the kernel's own "
				     "fuse_b(), and fuse_a() of livepatch q"));
	/* the lower one stays after all */
	other[0] = p;
	other[1] = q;
	other[0].enabled = false;
	other[0].transition = true;
	both[0] = p;
	assert_true(compare(other, 2, both, 2));
	assert_string_equal(what, "livepatch p is loaded: every task runs its fuse_b(), and "
				  "fuse_a() of livepatch q");
}

static void long_names_are_cut(void **state)
{
	char names[64][64];
	struct fl_livepatch many = {.enabled = true, .nfunctions = 64, .function = names};

	strcpy(many.name, "p");
	for (size_t i = 0; i < many.nfunctions; i++)
		snprintf(names[i], sizeof(names[i]), "fuse_%050zu", i);
	assert_true(compare(NULL, 0, &many, 1));
	assert_int_equal(strlen(what), sizeof(what) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_stage),
		cmocka_unit_test(tells_what_matters_only),
		cmocka_unit_test(a_patch_on_its_way_in),
		cmocka_unit_test(a_change_that_began_before),
		cmocka_unit_test(a_livepatch_that_was_loaded_anew),
		cmocka_unit_test(two_of_one_function),
		cmocka_unit_test(long_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
