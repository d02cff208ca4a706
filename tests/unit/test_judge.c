// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which lock a leg must take, and what follows from the counts: made-up snapshots with known
 * answers.
 */
#include "check.h"
#include "verify/judge.h"

#define DEV 45
#define INO 7

struct world {
	struct fl_snapshot s;
	struct fl_file_counts file[2];
	struct fl_probe probe[1];
	struct fl_leg leg;
	struct fl_leg_facts facts;
	struct fl_lock_rules rules;
	struct fl_leg_verdict v;
};

static void begin(struct world *w, enum fl_want want, enum fl_route route, bool parallel)
{
	memset(w, 0, sizeof(*w));
	w->s.method = FL_METHOD_STATE_FENTRY;
	w->s.file = w->file;
	w->s.nfiles = 1;
	w->s.probe = w->probe;
	w->s.nprobes = 1;
	w->probe[0].counts_writes = true;
	w->file[0].dev = DEV;
	w->file[0].ino = INO;
	w->file[0].route = route;
	w->leg.ino = INO;
	w->leg.want = want;
	w->leg.writers = 4;
	w->facts.known = true;
	w->facts.route = route;
	w->facts.parallel = parallel;
}

static void add(struct world *w, enum fl_mode mode, enum fl_nature nature, __u64 n)
{
	w->file[0].cell[mode][nature] += n;
	w->leg.done += n;
}

static enum fl_outcome judge(struct world *w)
{
	fl_verify_judge_leg(&w->s, DEV, &w->leg, &w->facts, &w->rules, &w->v);
	return w->v.result;
}

#define EXCL   FL_MODE_EXCL_FLAG_SET
#define SHARED FL_MODE_SHARED

static void expectation_follows_flags_and_kind(void **state)
{
	static const struct {
		enum fl_want want;
		enum fl_expect passthrough, direct;
	} rows[] = {
		{FL_WANT_WITHIN, FL_EXPECT_SHARED, FL_EXPECT_SHARED},
		{FL_WANT_BUFFERED, FL_EXPECT_EXCLUSIVE, FL_EXPECT_SHARED},
		{FL_WANT_APPEND, FL_EXPECT_EXCLUSIVE, FL_EXPECT_EXCLUSIVE},
		{FL_WANT_GROWING, FL_EXPECT_BY_NATURE, FL_EXPECT_BY_NATURE},
		{FL_WANT_SPLICE, FL_EXPECT_EXCLUSIVE, FL_EXPECT_SHARED},
		{FL_WANT_MAPPED, FL_EXPECT_SHARED, FL_EXPECT_BY_NATURE},
		{FL_WANT_EITHER, FL_EXPECT_EITHER, FL_EXPECT_EITHER},
	};
	struct fl_lock_rules rules = {};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fl_leg leg = {.want = rows[i].want};
		struct fl_leg_facts f = {.known = true, .parallel = true};

		f.route = FL_ROUTE_PASSTHROUGH;
		assert_int_equal(fl_verify_expect(&leg, &f, &rules), rows[i].passthrough);
		f.route = FL_ROUTE_DIRECT;
		assert_int_equal(fl_verify_expect(&leg, &f, &rules), rows[i].direct);
		f.parallel = false;
		assert_int_equal(fl_verify_expect(&leg, &f, &rules), FL_EXPECT_EXCLUSIVE);
		f.route = FL_ROUTE_CACHED;
		f.parallel = true;
		assert_int_equal(fl_verify_expect(&leg, &f, &rules), FL_EXPECT_EXCLUSIVE);
	}
}

static void flag_not_in_force_means_exclusive(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, false);
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, 1000);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	add(&w, SHARED, FL_NATURE_PLAIN, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	assert_non_null(strstr(w.v.why, "1 of 1,001 writes ran under the shared lock"));
}

/* Exclusive always, while the flags say parallel. */
static void flag_in_force_means_shared(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, SHARED, FL_NATURE_PLAIN, 1000);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	add(&w, EXCL, FL_NATURE_PLAIN, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, EXCL, FL_NATURE_PLAIN, 1000);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
}

static void looking_for_privileges_may_be_exclusive(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, EXCL, FL_NATURE_UNCHECKED, 1);
	add(&w, EXCL, FL_NATURE_PLAIN, 4); /* queued behind it */
	add(&w, SHARED, FL_NATURE_PLAIN, 1000);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(strstr(w.v.note, "1 write took the lock exclusively to look"));
	add(&w, EXCL, FL_NATURE_PLAIN, 1); /* more than there are writers */
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
}

static void never_shared(void **state)
{
	static const struct {
		enum fl_want want;
		enum fl_nature nature;
	} rows[] = {
		{FL_WANT_APPEND, FL_NATURE_APPEND},
		{FL_WANT_GROWING, FL_NATURE_PAST_EOF},
		{FL_WANT_BUFFERED, FL_NATURE_BUFFERED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		begin(&w, rows[i].want, FL_ROUTE_PASSTHROUGH, true);
		add(&w, EXCL, rows[i].nature, 1000);
		assert_int_equal(judge(&w), FL_OUTCOME_PASS);
		add(&w, SHARED, rows[i].nature, 1);
		assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	}
}

/* One shared write past EOF among many: the mark of a kernel without the second check of EOF. */
static void one_missed_upgrade_fails(void **state)
{
	struct world w;

	begin(&w, FL_WANT_GROWING, FL_ROUTE_PASSTHROUGH, true);
	w.leg.min_past_eof = 1;
	add(&w, SHARED, FL_NATURE_PLAIN, 50000);
	add(&w, EXCL, FL_NATURE_PAST_EOF, 9000);
	add(&w, EXCL, FL_NATURE_PLAIN, 700); /* were past EOF when they looked */
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_int_equal(w.v.past_eof, 9000);
	add(&w, SHARED, FL_NATURE_PAST_EOF, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	assert_non_null(strstr(w.v.why, "1 'past_eof' writes ran under the shared lock"));
}

static void growing_has_to_grow(void **state)
{
	struct world w;

	begin(&w, FL_WANT_GROWING, FL_ROUTE_PASSTHROUGH, false);
	w.leg.min_past_eof = 64;
	add(&w, EXCL, FL_NATURE_PAST_EOF, 63);
	add(&w, EXCL, FL_NATURE_PLAIN, 193);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	add(&w, EXCL, FL_NATURE_PAST_EOF, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
}

static void a_path_that_locks_as_direct_io_may_share_buffered_writes(void **state)
{
	struct world w;

	begin(&w, FL_WANT_BUFFERED, FL_ROUTE_PASSTHROUGH, true);
	add(&w, SHARED, FL_NATURE_BUFFERED, 1000);
	w.rules.as_dio = true;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(strstr(w.v.note, "direct-io path"));
	w.rules.as_dio = false;
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
}

static void another_kind_of_write_than_was_made_fails(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, false);
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, 10);
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_BUFFERED, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	w.leg.flags_differ = true;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
}

static void buffered_writes_say_where_they_went(void **state)
{
	struct world w;

	begin(&w, FL_WANT_BUFFERED, FL_ROUTE_PASSTHROUGH, false);
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_BUFFERED, 1234);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(strstr(
		w.v.note,
		"1,234 of 1,234 buffered writes went through fuse_passthrough_write_iter()"));
	begin(&w, FL_WANT_BUFFERED, FL_ROUTE_CACHED, false);
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_BUFFERED, 1234);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_string_equal(w.v.note, "");
}

static void missing_evidence_is_inconclusive(void **state)
{
	struct world w;

	/* nothing seen at all */
	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	w.leg.done = 1000;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	/* seen, but of another file, or another file system's */
	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, SHARED, FL_NATURE_PLAIN, 1000);
	w.file[0].ino++;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	w.file[0].ino--;
	w.file[0].dev++;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	w.file[0].dev--;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	/* one more or one fewer than were made */
	w.leg.done++;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	w.leg.done -= 2;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	w.leg.done++;
	/* the lock of one is not known */
	add(&w, FL_MODE_UNKNOWN, FL_NATURE_PLAIN, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	/* the flags are not */
	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, SHARED, FL_NATURE_PLAIN, 1000);
	w.facts.known = false;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	/* no write */
	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
}

static void known_loss_is_allowed_within_a_thousandth(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, true);
	add(&w, SHARED, FL_NATURE_PLAIN, 9995);
	w.leg.done = 10000;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
	w.probe[0].misses = 5;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(
		strstr(w.v.note, "9,995 of 10,000 writes were counted, 5 known to be lost"));
	w.file[0].cell[SHARED][FL_NATURE_PLAIN] = 9900;
	w.probe[0].misses = 100;
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
}

static void pieces_of_cached_writes(void **state)
{
	struct world w;

	begin(&w, FL_WANT_BUFFERED, FL_ROUTE_CACHED, false);
	w.s.method = FL_METHOD_STATE_TP;
	add(&w, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_BUFFERED, 1301);
	w.leg.done = 1048;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(strstr(w.v.note, "1,301 requests for 1,048 writes"));
	w.s.method = FL_METHOD_STATE_FENTRY; /* counts writes, not requests */
	assert_int_equal(judge(&w), FL_OUTCOME_INCONCLUSIVE);
}

static void writes_that_a_mapping_catches_with_the_lock(void **state)
{
	struct world w;

	begin(&w, FL_WANT_MAPPED, FL_ROUTE_DIRECT, true);
	w.leg.writers = 2;
	add(&w, FL_MODE_EXCL_FLAG_SET, FL_NATURE_CACHE_MODE, 500);
	add(&w, FL_MODE_SHARED, FL_NATURE_CACHE_MODE, 2);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	add(&w, FL_MODE_SHARED, FL_NATURE_CACHE_MODE, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	assert_non_null(strstr(w.v.why, "3 'cache_io_mode' writes ran under the shared lock"));
}

/* A livepatch that comes or goes lets plain writes have either mode, and no other writes. */
static void a_path_that_varies(void **state)
{
	struct world w;

	begin(&w, FL_WANT_WITHIN, FL_ROUTE_PASSTHROUGH, false);
	add(&w, EXCL, FL_NATURE_PLAIN, 1);
	add(&w, SHARED, FL_NATURE_PLAIN, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	w.facts.path_varied = true;
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL); /* the daemon did not ask */
	w.facts.answered = true;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_non_null(strstr(w.v.note, "livepatch"));
	w.facts.parallel = true; /* opened while the livepatch was there */
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	w.leg.want = FL_WANT_MAPPED;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	w.facts.path_varied = false;
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	w.facts.path_varied = true;
	w.leg.want = FL_WANT_GROWING;
	add(&w, SHARED, FL_NATURE_PAST_EOF, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	begin(&w, FL_WANT_APPEND, FL_ROUTE_PASSTHROUGH, true);
	w.facts.path_varied = w.facts.answered = true;
	add(&w, SHARED, FL_NATURE_APPEND, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
	/* without a livepatch the rule is as strict as before */
	begin(&w, FL_WANT_WITHIN, FL_ROUTE_DIRECT, false);
	w.facts.path_varied = w.facts.answered = true;
	add(&w, SHARED, FL_NATURE_PLAIN, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_FAIL);
}

static void lax_rules_are_remarked_on_backing_files_only(void **state)
{
	struct world w;

	begin(&w, FL_WANT_EITHER, FL_ROUTE_PASSTHROUGH, true);
	strcpy(w.leg.lax_if_shared, "stripped under the shared lock");
	add(&w, SHARED, FL_NATURE_PRIVILEGES, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_true(w.v.lax);
	assert_string_equal(w.v.note, "stripped under the shared lock");
	w.file[0].cell[SHARED][FL_NATURE_PRIVILEGES] = 0;
	w.file[0].cell[EXCL][FL_NATURE_PRIVILEGES] = 1;
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_false(w.v.lax);
	begin(&w, FL_WANT_EITHER, FL_ROUTE_DIRECT, true);
	strcpy(w.leg.lax_if_shared, "stripped under the shared lock");
	add(&w, SHARED, FL_NATURE_PRIVILEGES, 1);
	assert_int_equal(judge(&w), FL_OUTCOME_PASS);
	assert_false(w.v.lax);
}

static void upgrades(void **state)
{
	char why[256];

	assert_int_equal(fl_verify_judge_upgrades(false, false, 0, why, sizeof(why)),
			 FL_OUTCOME_PASS);
	assert_int_equal(fl_verify_judge_upgrades(true, true, 3, why, sizeof(why)),
			 FL_OUTCOME_PASS);
	assert_int_equal(fl_verify_judge_upgrades(true, true, 0, why, sizeof(why)),
			 FL_OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(why, "no write had to upgrade"));
	assert_int_equal(fl_verify_judge_upgrades(true, false, 0, why, sizeof(why)),
			 FL_OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(why, "does not count upgrades"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expectation_follows_flags_and_kind),
		cmocka_unit_test(flag_not_in_force_means_exclusive),
		cmocka_unit_test(flag_in_force_means_shared),
		cmocka_unit_test(looking_for_privileges_may_be_exclusive),
		cmocka_unit_test(never_shared),
		cmocka_unit_test(one_missed_upgrade_fails),
		cmocka_unit_test(growing_has_to_grow),
		cmocka_unit_test(a_path_that_locks_as_direct_io_may_share_buffered_writes),
		cmocka_unit_test(another_kind_of_write_than_was_made_fails),
		cmocka_unit_test(buffered_writes_say_where_they_went),
		cmocka_unit_test(missing_evidence_is_inconclusive),
		cmocka_unit_test(known_loss_is_allowed_within_a_thousandth),
		cmocka_unit_test(pieces_of_cached_writes),
		cmocka_unit_test(writes_that_a_mapping_catches_with_the_lock),
		cmocka_unit_test(a_path_that_varies),
		cmocka_unit_test(lax_rules_are_remarked_on_backing_files_only),
		cmocka_unit_test(upgrades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
