// SPDX-License-Identifier: GPL-2.0-only
/* Whether a livepatch module fits this kernel: its release, its build, and other livepatches. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>
#include <sys/utsname.h>

#include "live/module.h"

static struct fl_live_info made_for_here(void)
{
	struct fl_live_info i = {.replaces = "one_function another_one"};
	struct utsname u;

	uname(&u);
	snprintf(i.vermagic, sizeof(i.vermagic), "%s SMP mod_unload", u.release);
	snprintf(i.build, sizeof(i.build), "%s", u.version);
	return i;
}

static void assert_refused(const struct fl_live_info *i, const struct fl_livepatches *now,
			   const char *why)
{
	struct fl_err err;

	assert_int_equal(fl_live_fits(i, now, &err), -1);
	if (!strstr(err.what, why) || !err.hint[0])
		fail_msg("'%s', hint '%s'; wanted '%s'", err.what, err.hint, why);
}

static void test_another_kernel(void **state)
{
	struct fl_livepatches none = {.supported = true}, never = {};
	struct fl_live_info i = made_for_here();
	struct fl_err err;

	assert_int_equal(fl_live_fits(&i, &none, &err), 0);
	assert_refused(&i, &never, "cannot be patched while it runs");
	i.build[0] ^= 1;
	assert_refused(&i, &none, "built as");
	i = made_for_here();
	i.vermagic[0] ^= 1;
	assert_refused(&i, &none, "the module is for kernel");
}

/* The types are those of the file that the kernel has of them, byte by byte. */
static void test_other_types(void **state)
{
	struct fl_live_info i = {
		.file.path = "x.ko",
		.btf = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
	char path[] = "/tmp/fuselens-test.XXXXXX";
	int fd = mkstemp(path);
	struct fl_err err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(fl_live_fits_types(&i, path, &err), 0);
	assert_int_equal(write(fd, "d", 1), 1);
	assert_int_equal(fl_live_fits_types(&i, path, &err), -1);
	assert_non_null(strstr(err.what,
			       "x.ko was built for a kernel of the same version with other types"));
	assert_true(err.hint[0]);
	assert_int_equal(fl_live_fits_types(&i, "/nonexistent", &err), -1);
	close(fd);
	unlink(path);
}

/*
 * Another livepatch is in the way if it replaces any function of the module's list; other functions
 * do not matter.
 */
static void test_another_livepatch(void **state)
{
	char names[2][64] = {"one", "another_one_still"};
	struct fl_livepatch other = {
		.name = "other", .enabled = true, .nfunctions = 2, .function = names};
	struct fl_livepatches now = {.supported = true, .patch = &other, .n = 1};
	struct fl_live_info i = made_for_here();
	struct fl_err err;

	assert_int_equal(fl_live_fits(&i, &now, &err), 0);
	strcpy(names[1], "another_one");
	assert_refused(&i, &now, "another_one() is patched already, by other");
	strcpy(names[1], "one_function");
	assert_refused(&i, &now, "one_function() is patched already, by other");
	strcpy(other.name, FL_LIVE_NAME);
	assert_int_equal(fl_live_fits(&i, &now, &err), 0);
}

static void assert_state(bool starting, bool enabled, bool transition, enum fl_live_state want)
{
	struct fl_livepatch p = {
		.name = FL_LIVE_NAME,
		.starting = starting,
		.enabled = enabled,
		.transition = transition,
	};
	const struct fl_livepatches now = {.supported = true, .patch = &p, .n = 1};

	assert_int_equal(fl_live_state(&now), want);
}

/* The kernel begins a transition before it calls the patch enabled. */
static void test_states(void **state)
{
	const struct fl_livepatches none = {.supported = true};

	assert_int_equal(fl_live_state(&none), FL_LIVE_ABSENT);
	assert_state(true, false, false, FL_LIVE_LOADING);
	assert_state(true, false, true, FL_LIVE_LOADING);
	assert_state(true, true, true, FL_LIVE_LOADING);
	assert_state(false, true, true, FL_LIVE_LOADING);
	assert_state(false, true, false, FL_LIVE_LOADED);
	assert_state(false, false, true, FL_LIVE_UNLOADING);
	assert_state(false, false, false, FL_LIVE_UNLOADING);
}

/* What runs is the code of the livepatch that was loaded last. */
static void test_covered(void **state)
{
	char ours[2][64] = {"one", "two"}, theirs[1][64] = {"two"};
	struct fl_livepatch p[2] = {
		{.name = FL_LIVE_NAME, .id = 7, .enabled = true, .nfunctions = 2, .function = ours},
		{.name = "other", .id = 9, .enabled = true, .nfunctions = 1, .function = theirs},
	};
	const struct fl_livepatches now = {.supported = true, .patch = p, .n = 2};

	assert_null(fl_live_covered(&now, p, 0));
	assert_ptr_equal(fl_live_covered(&now, p, 1), p + 1);
	p[1].id = 5;
	assert_null(fl_live_covered(&now, p, 1));
	p[1].id = 9;
	p[1].enabled = false;
	assert_null(fl_live_covered(&now, p, 1));
	/* ours goes, and covers nothing any more that could be covered */
	p[1].enabled = true;
	p[0].enabled = false;
	assert_null(fl_live_covered(&now, p, 1));
}

/* What was read of the code holds as long as the same livepatches are there, in the same state. */
static void test_same(void **state)
{
	struct fl_livepatch p[2] = {{.name = "p", .id = 7, .enabled = true},
				    {.name = "q", .id = 9}},
			    r[2] = {p[1], p[0]};
	struct fl_livepatches a = {.patch = p, .n = 2}, b = {.patch = r, .n = 2}, none = {};

	assert_true(fl_livepatches_same(&none, &none));
	assert_true(fl_livepatches_same(&a, &b));
	b.n = 1;
	assert_false(fl_livepatches_same(&a, &b));
	assert_false(fl_livepatches_same(&b, &a));
	b.n = 2;
	r[1].transition = true;
	assert_false(fl_livepatches_same(&a, &b));
	r[1] = p[0];
	r[1].enabled = false;
	assert_false(fl_livepatches_same(&a, &b));
	/* loaded anew */
	r[1] = p[0];
	r[1].id = 11;
	assert_false(fl_livepatches_same(&a, &b));
	r[1] = p[0];
	strcpy(r[1].name, "s");
	assert_false(fl_livepatches_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_kernel),	  cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_another_livepatch), cmocka_unit_test(test_states),
		cmocka_unit_test(test_covered),		  cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
