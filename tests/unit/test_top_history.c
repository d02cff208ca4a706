// SPDX-License-Identifier: GPL-2.0-only
/*
 * top's curves: the last rates of each mount and file, without those that have been idle for long.
 */
#include "check.h"
#include "top/history.h"

/* An interval with this many writes of file slot; an empty one for 0 writes. */
static void add_long(struct fl_top_history *h, __u32 slot, __u64 writes, __u64 ns)
{
	struct fl_file_counts file = {.slot = slot, .dev = 8};
	struct fl_mount_snapshot mount = {.dev = 8};
	struct fl_snapshot s = {
		.end_ns = ns,
		.file = &file,
		.nfiles = writes ? 1 : 0,
		.mount = &mount,
		.nmounts = 1,
	};

	file.cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = writes;
	fl_top_history_add(h, &s, 1);
}

static void add(struct fl_top_history *h, __u32 slot, __u64 writes)
{
	add_long(h, slot, writes, 1000000000);
}

static void expect(const struct fl_top_history *h, __u32 slot, bool utf8, const char *end)
{
	char curve[3 * FL_TOP_PAST + 1];

	fl_top_history_curve(h, 8, slot, utf8, curve);
	if (strcmp(curve + strlen(curve) - strlen(end), end))
		fail_msg("the curve is '%s', not '...%s'", curve, end);
}

static void curves_follow_the_rates(void **state)
{
	struct fl_top_history h = {};

	expect(&h, 3, false, "                        ");
	add(&h, 3, 100);
	add(&h, 3, 0);
	add(&h, 3, 800);
	add(&h, 4, 50);
	expect(&h, 3, false, "                    . # ");
	expect(&h, 3, true, "▁ █ ");
	expect(&h, 4, true, "  █");
	/* the mount's, of all its files */
	expect(&h, 0, true, "▁ █▁");
	fl_top_history_free(&h);
}

static void a_short_interval_is_left_out(void **state)
{
	struct fl_top_history h = {};

	add_long(&h, 3, 2, 400000);
	add(&h, 3, 800);
	add(&h, 3, 800);
	expect(&h, 3, false, "                      ##");
	fl_top_history_free(&h);
}

static void the_idle_are_forgotten(void **state)
{
	struct fl_top_history h = {};

	for (__u32 slot = 1; slot <= 1000; slot++)
		add(&h, slot, 1);
	assert_int_equal(h.n, FL_TOP_PAST + 1);
	expect(&h, 1000, false, "   #");
	expect(&h, 1, false, "                        ");
	expect(&h, 990, false, "#          ");
	for (int i = 0; i < FL_TOP_PAST; i++)
		add(&h, 1, 0);
	assert_int_equal(h.n, 0);
	fl_top_history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curves_follow_the_rates),
		cmocka_unit_test(a_short_interval_is_left_out),
		cmocka_unit_test(the_idle_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
