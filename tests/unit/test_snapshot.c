// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots recorded on real kernels: read, judged, rendered as text and as JSON. */
#include "check.h"
#include <json-c/json.h>
#include "prove/print.h"

static void load(const char *name, struct fl_snapshot *s)
{
	char path[256];
	struct json_object *o;
	struct fl_err err = {};

	snprintf(path, sizeof(path), "tests/unit/data/%s.json", name);
	o = json_object_from_file(path);
	if (!o)
		fail_msg("cannot read %s", path);
	if (fl_snapshot_from_json(s, o, &err))
		fail_msg("%s: %s", path, err.what);
	json_object_put(o);
}

static void recorded_snapshots_have_their_verdicts(void **state)
{
	static const struct {
		const char *name;
		enum fl_verdict_kind kind;
		int exit_code;
		enum fl_route route;
		int reason;
	} cases[] = {
		{"snapshot-passthrough-6.18", FL_EXCLUSIVE, 1, FL_ROUTE_PASSTHROUGH,
		 FL_REASON_FLAG_STRIPPED},
		{"snapshot-direct-6.18", FL_SHARED, 0, FL_ROUTE_DIRECT, -1},
		{"snapshot-cached-6.18", FL_EXCLUSIVE, 1, FL_ROUTE_CACHED, FL_REASON_KERNEL_CANNOT},
	};
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fl_snapshot s;
		struct fl_verdict v;

		load(cases[i].name, &s);
		fl_verdict_of(&s, 0, &defaults, &v);
		assert_int_equal(v.kind, cases[i].kind);
		assert_int_equal(v.exit_code, cases[i].exit_code);
		assert_int_equal(v.totals.writes, 1000);
		assert_int_equal(v.totals.by_route[cases[i].route], 1000);
		assert_int_equal(v.totals.counter[FL_COUNT_BYTES], 4096000);
		if (cases[i].reason >= 0)
			assert_int_equal(v.reason[0].reason, cases[i].reason);
		else
			assert_int_equal(v.nreasons, 0);
		fl_snapshot_free(&s);
	}
}

static void json_round_trip_loses_nothing(void **state)
{
	struct fl_snapshot a, b;
	struct json_object *first, *second;
	struct fl_err err;

	load("snapshot-passthrough-6.18", &a);
	a.file[0].hists = calloc(1, sizeof(*a.file[0].hists));
	a.file[0].hists->hist[FL_HIST_WAIT_EXCL].bucket[7] = 5;
	a.file[0].hists->hist[FL_HIST_WAIT_EXCL].sum_ns = 500;
	a.can[FL_ROUTE_DIRECT] = FL_CAN_YES;
	first = fl_snapshot_to_json(&a);
	assert_int_equal(fl_snapshot_from_json(&b, first, &err), 0);
	second = fl_snapshot_to_json(&b);
	assert_string_equal(json_object_to_json_string(first), json_object_to_json_string(second));
	json_object_put(first);
	json_object_put(second);
	fl_snapshot_free(&a);
	fl_snapshot_free(&b);
}

/* Removing any key that is read, or changing its type, must be an error and never a crash. */
static void damaged_json_is_an_error(void **state)
{
	static const char *const needed[] = {"kernel", "method", "files",    "mounts",
					     "probes", "losses", "start_ns", "kernel_can_share"};
	struct fl_snapshot s;
	struct fl_err err;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct json_object *o =
			json_object_from_file("tests/unit/data/snapshot-direct-6.18.json");

		json_object_object_add(o, needed[i], json_object_new_double(1.5));
		assert_int_equal(fl_snapshot_from_json(&s, o, &err), -1);
		assert_non_null(strstr(err.what, needed[i]));
		json_object_object_del(o, needed[i]);
		assert_int_equal(fl_snapshot_from_json(&s, o, &err), -1);
		json_object_put(o);
	}
}

static char *render(const struct fl_snapshot *s, bool json)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;
	struct fl_prove_report r = {.snapshot = s, .target = "/mnt/\033[31mred"};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fl_verdict_of(s, 0, &defaults, &r.verdict);
	if (json)
		fl_prove_json(&r, f);
	else
		fl_prove_text(&r, f, false);
	fclose(f);
	return text;
}

static void text_says_the_counts_and_nothing_a_terminal_obeys(void **state)
{
	struct fl_snapshot s;
	char *text;

	load("snapshot-passthrough-6.18", &s);
	text = render(&s, false);
	assert_non_null(
		strstr(text, "EXCLUSIVE  all 1,000 writes took the inode lock exclusively\n"));
	assert_non_null(strstr(text, "exclusive  1,000  100.0 %"));
	assert_non_null(strstr(text, "flag-stripped"));
	assert_non_null(strstr(text, "loss: 0 of 1,000"));
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "/mnt/\\x1b[31mred"));
	free(text);
	fl_snapshot_free(&s);
}

/* Takes of writes that had not ended: the difference is shown, and the verdict is still given. */
static void unfinished_writes_are_told(void **state)
{
	struct fl_snapshot s;
	struct json_object *o, *counts, *v;
	char *text;

	load("snapshot-passthrough-6.18", &s);
	s.method = FL_METHOD_CALLSITE;
	s.has_takes = s.has_unfinished = s.file[0].has_takes = true;
	s.file[0].takes[FL_SITE_EXCLUSIVE] = 1003;
	text = render(&s, false);
	assert_non_null(strstr(text, "attempts that wrote nothing: 3\n"));
	assert_null(strstr(text, "had not ended"));
	free(text);
	s.has_unfinished = false;
	text = render(&s, false);
	assert_non_null(strstr(text, "takes of fi->lock may lack"));
	free(text);
	s.has_unfinished = true;
	s.unfinished = 4;
	text = render(&s, false);
	assert_non_null(strstr(text, "EXCLUSIVE  all 1,000 writes"));
	assert_non_null(strstr(
		text, "attempts that wrote nothing: 3\n  up to 4 of that are takes of writes"));
	free(text);
	text = render(&s, true);
	o = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(o, "counts", &counts));
	assert_true(json_object_object_get_ex(counts, "takes_minus_writes", &v));
	assert_int_equal(json_object_get_int64(v), 3);
	assert_true(json_object_object_get_ex(counts, "unfinished", &v));
	assert_int_equal(json_object_get_uint64(v), 4);
	json_object_put(o);
	free(text);
	fl_snapshot_free(&s);
}

static void json_carries_null_for_what_is_not_known(void **state)
{
	struct fl_snapshot s;
	struct json_object *o, *counts, *v;
	char *text;

	load("snapshot-direct-6.18", &s);
	text = render(&s, true);
	o = json_tokener_parse(text);
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "counts", &counts));
	assert_true(json_object_object_get_ex(counts, "upgrades", &v));
	assert_null(v);
	assert_true(json_object_object_get_ex(counts, "unfinished", &v));
	assert_null(v);
	assert_true(json_object_object_get_ex(counts, "shared", &v));
	assert_int_equal(json_object_get_uint64(v), 1000);
	assert_true(json_object_object_get_ex(o, "exit_code", &v));
	assert_int_equal(json_object_get_int(v), 0);
	json_object_put(o);
	free(text);
	fl_snapshot_free(&s);
}

/* A recorded snapshot, with takes added to its writes. */
static void takes_survive_the_round_trip(void **state)
{
	struct fl_site_snapshot site = {
		.function = "fuse_passthrough_write_iter",
		.offset = 0x91,
		.callee = "down_read",
		.role = FL_SITE_SHARED,
		.routes = 1u << FL_ROUTE_PASSTHROUGH,
		.takes = 12,
		.wait = {.measured = true,
			 .count = 12,
			 .pair_ns = 900,
			 .p99_ns = 4000,
			 .mean_ns = 7},
	};
	struct fl_snapshot a, b;
	struct json_object *o;
	struct fl_totals t;
	struct fl_err err;

	load("snapshot-passthrough-6.18", &a);
	fl_snapshot_totals(&a, &t);
	a.method = FL_METHOD_CALLSITE;
	a.has_takes = a.file[0].has_takes = true;
	a.file[0].takes[FL_SITE_EXCLUSIVE] = t.writes - 12;
	a.file[0].takes[FL_SITE_SHARED] = 12;
	a.file[0].takes[FL_SITE_FI_LOCK] = 3;
	a.site = malloc(sizeof(site));
	*a.site = site;
	a.nsites = 1;
	a.file[0].counter[FL_COUNT_COMPLETED_INLINE] = 21;
	a.file[0].counter[FL_COUNT_COMPLETED_WORKER] = 34;
	o = fl_snapshot_to_json(&a);
	assert_int_equal(fl_snapshot_from_json(&b, o, &err), 0);
	json_object_put(o);
	assert_false(b.has_unfinished);
	assert_false(b.has_completions); /* no probe saw them: null, whatever the counters hold */
	assert_int_equal(b.file[0].counter[FL_COUNT_COMPLETED_WORKER], 0);
	fl_snapshot_free(&b);
	a.has_completions = a.has_unfinished = true;
	a.unfinished = 7;
	a.timed_in = 16;
	o = fl_snapshot_to_json(&a);
	assert_int_equal(fl_snapshot_from_json(&b, o, &err), 0);
	json_object_put(o);
	assert_true(b.has_completions);
	assert_int_equal(b.file[0].counter[FL_COUNT_COMPLETED_INLINE], 21);
	assert_int_equal(b.file[0].counter[FL_COUNT_COMPLETED_WORKER], 34);
	assert_true(b.has_takes);
	assert_false(b.takes_only);
	assert_true(b.has_unfinished);
	assert_int_equal(b.unfinished, 7);
	assert_int_equal(b.timed_in, 16);
	assert_int_equal(b.writes_method, a.writes_method);
	assert_memory_equal(b.file[0].takes, a.file[0].takes, sizeof(a.file[0].takes));
	assert_int_equal(b.nsites, 1);
	assert_memory_equal(b.site, &site, sizeof(site));
	fl_snapshot_totals(&b, &t);
	assert_int_equal(fl_takes_difference(&t), 0);
	fl_snapshot_free(&b);

	/* nothing else counted: the takes are the writes, and an upgraded write ran exclusively */
	a.takes_only = true;
	a.file[0].takes[FL_SITE_EXCLUSIVE] = 5;
	a.file[0].takes[FL_SITE_SHARED] = 100;
	a.file[0].takes[FL_SITE_UPGRADE] = 2;
	fl_writes_from_takes(&a);
	fl_snapshot_totals(&a, &t);
	assert_int_equal(t.exclusive, 7);
	assert_int_equal(t.shared, 98);
	fl_snapshot_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_snapshots_have_their_verdicts),
		cmocka_unit_test(json_round_trip_loses_nothing),
		cmocka_unit_test(takes_survive_the_round_trip),
		cmocka_unit_test(damaged_json_is_an_error),
		cmocka_unit_test(text_says_the_counts_and_nothing_a_terminal_obeys),
		cmocka_unit_test(unfinished_writes_are_told),
		cmocka_unit_test(json_carries_null_for_what_is_not_known),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
