// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts and reasons as pure functions of made-up snapshots with known answers. */
#include "check.h"
#include "snapshot/coverage.h"
#include "snapshot/reason.h"
#include "snapshot/verdict.h"

struct world {
	struct fl_snapshot s;
	struct fl_file_counts file[2];
	struct fl_probe probe[2];
	struct fl_mount_snapshot mount[1];
	struct fl_verdict v;
};

static void world_init(struct world *w, enum fl_route route)
{
	memset(w, 0, sizeof(*w));
	w->s.file = w->file;
	w->s.nfiles = 1;
	w->s.probe = w->probe;
	w->s.nprobes = 2;
	w->s.mount = w->mount;
	w->s.nmounts = 1;
	w->mount[0].dev = w->file[0].dev = 45;
	w->file[0].route = route;
	w->s.can[FL_ROUTE_CACHED] = FL_CAN_NO;
	w->probe[0].live = w->probe[0].counts_writes = true;
}

static enum fl_verdict_kind judge(struct world *w)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;

	fl_verdict_of(&w->s, 0, &defaults, &w->v);
	return w->v.kind;
}

static void no_writes_is_inconclusive(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	assert_string_equal(w.v.why, "no write was seen");
}

static void writeback_is_not_mistaken_for_silence(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_CACHED);
	w.mount[0].counter[FL_MOUNT_WRITEBACK_REQUESTS] = 7;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.next, "writeback cache"));
}

static void all_exclusive(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = 1000;
	w.file[0].flag =
		(struct fl_flag_knowledge){.opens_seen = 4, .opens_asked = 4, .effective_unset = 4};
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	assert_int_equal(w.v.exit_code, 1);
	assert_int_equal(w.v.nreasons, 1);
	assert_int_equal(w.v.reason[0].reason, FL_REASON_FLAG_STRIPPED);
	assert_int_equal(w.v.totals.eligible, 1000);
	assert_non_null(strstr(w.v.next, "needs the patch"));
	/* another livepatch than ours, without our look at the daemon's answer: the patch is there */
	w.s.can[FL_ROUTE_PASSTHROUGH] = FL_CAN_YES;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	assert_non_null(strstr(w.v.next, "open them again"));
}

static void shared_needs_its_share_of_the_eligible(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 990;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PLAIN] = 10;
	/* they are not eligible, so they do not count against SHARED */
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PAST_EOF] = 5000;
	assert_int_equal(judge(&w), FL_SHARED);
	assert_int_equal(w.v.exit_code, 0);
	assert_int_equal(w.v.reason[0].reason, FL_REASON_PAST_EOF);

	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PLAIN] = 11;
	assert_int_equal(judge(&w), FL_MIXED);
	assert_int_equal(w.v.exit_code, 1);
}

/* What ran after the change was not counted: that all writes seen were exclusive says nothing of the others. */
static void code_that_changed_under_call_sites(void **state)
{
	struct fl_verdict_opts opts = FL_VERDICT_DEFAULTS;
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = 1000;
	opts.code_changed = true;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_EXCLUSIVE);
	w.s.takes_only = true;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	assert_non_null(strstr(w.v.why, "a livepatch changed the code"));
	opts.code_changed = false;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
}

static void shared_needs_evidence_in_proportion(void **state)
{
	struct fl_verdict_opts opts = FL_VERDICT_DEFAULTS;
	struct world w;

	/* few, and few of many */
	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 9;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "only 9 of 9 writes"));
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 10;
	assert_int_equal(judge(&w), FL_SHARED);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = 90;
	assert_int_equal(judge(&w), FL_SHARED);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = 91;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	assert_non_null(strstr(w.v.why, "only 10 of 101 writes"));
	/* as asked for */
	opts.min_eligible_share = 0;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_SHARED);
	opts.min_eligible = 11;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_INCONCLUSIVE);
	/* an EXCLUSIVE verdict needs no share */
	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = 1;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
}

static void shared_without_any_eligible_is_no_shared(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_BUFFERED] = 10;
	assert_int_equal(judge(&w), FL_MIXED);
}

static void loss_withholds_the_verdict(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 100000;
	w.probe[0].misses = 100;
	assert_int_equal(judge(&w), FL_SHARED);
	w.probe[0].misses = 101;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	/* a detail probe's misses lose no write */
	w.probe[0].counts_writes = false;
	assert_int_equal(judge(&w), FL_SHARED);
	/* events lost before anything was counted */
	memset(w.file[0].cell, 0, sizeof(w.file[0].cell));
	w.s.loss[FL_LOSS_UNPAIRED] = 3;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
}

static void uncertain_attempts_are_a_loss(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = 9990;
	w.file[0].counter[FL_COUNT_UNCERTAIN] = 10;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	w.file[0].counter[FL_COUNT_UNCERTAIN] = 11;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "11 events were uncertain"));
	/* with what was lost together */
	w.file[0].counter[FL_COUNT_UNCERTAIN] = 6;
	w.s.loss[FL_LOSS_UNPAIRED] = 5;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "11 events were lost or uncertain"));
	/* attempts that are known to have written nothing are no loss */
	w.file[0].counter[FL_COUNT_UNCERTAIN] = w.s.loss[FL_LOSS_UNPAIRED] = 0;
	w.file[0].counter[FL_COUNT_RETRIED] = w.file[0].counter[FL_COUNT_FAILED] = 5000;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	assert_int_equal(w.v.totals.writes, 9990);
}

static void unseen_attempts_are_a_loss(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = 1000;
	w.mount[0].counter[FL_MOUNT_ATTRIBUTE_REPLIES] = 5;
	fl_cross_check_judge(&w.s, &w.mount[0], 1005, 0, 0);
	assert_int_equal(w.mount[0].cross_check, FL_CROSS_DONE);
	assert_int_equal(w.mount[0].unseen, 0);
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	fl_cross_check_judge(&w.s, &w.mount[0], 1105, 0, 0);
	assert_int_equal(w.mount[0].unseen, 100);
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "100 events were unseen"));
	/* counts from before the check explain nothing that came later */
	fl_cross_check_judge(&w.s, &w.mount[0], 705, 400, 0);
	assert_int_equal(w.mount[0].unseen, 100);
	/*
	 * attempts that wrote nothing raise attr_version, too; writes of other routes raise it
	 * twice at most
	 */
	w.file[0].counter[FL_COUNT_RETRIED] = 60;
	w.file[0].counter[FL_COUNT_FAILED] = 40;
	fl_cross_check_judge(&w.s, &w.mount[0], 1105, 0, 0);
	assert_int_equal(w.mount[0].unseen, 0);
	w.file[0].route = FL_ROUTE_DIRECT;
	fl_cross_check_judge(&w.s, &w.mount[0], 2205, 0, 0);
	assert_int_equal(w.mount[0].unseen, 0);
	fl_cross_check_judge(&w.s, &w.mount[0], 2206, 0, 0);
	assert_int_equal(w.mount[0].unseen, 1);
	/* under load, a few may be writes that were under way when the check began */
	fl_cross_check_judge(&w.s, &w.mount[0], 2213, 0, 8);
	assert_int_equal(w.mount[0].unseen, 0);
	fl_cross_check_judge(&w.s, &w.mount[0], 2214, 0, 8);
	assert_int_equal(w.mount[0].unseen, 1);
	/* a reply of unknown size may explain all of it */
	w.mount[0].unseen = 0;
	w.mount[0].counter[FL_MOUNT_UNREAD_REPLIES] = 1;
	fl_cross_check_judge(&w.s, &w.mount[0], 5000, 0, 0);
	assert_int_equal(w.mount[0].cross_check, FL_CROSS_REPLIES);
	assert_int_equal(w.mount[0].unseen, 0);
	assert_non_null(strstr(fl_cross_check_why_not(FL_CROSS_REPLIES), "READDIRPLUS"));
	w.mount[0].counter[FL_MOUNT_UNREAD_REPLIES] = 0;
	/* a kernel that does not raise attr_version with each write gives no cross-check */
	w.file[0].route = FL_ROUTE_PASSTHROUGH;
	w.mount[0].unseen = 0;
	fl_cross_check_judge(&w.s, &w.mount[0], 300, 0, 0);
	assert_int_equal(w.mount[0].cross_check, FL_CROSS_KERNEL);
	assert_int_equal(w.mount[0].unseen, 0);
	/* what fs/fuse writes by iomap need not raise it */
	w.file[0].route = FL_ROUTE_IOMAP;
	fl_cross_check_judge(&w.s, &w.mount[0], 1105, 0, 0);
	assert_int_equal(w.mount[0].cross_check, FL_CROSS_KERNEL);
}

static void a_blind_file_is_told(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN] = 1000;
	judge(&w);
	assert_null(strstr(w.v.why, "only part"));
	w.s.blind_files = 2;
	strcpy(w.s.blind_example, "/mnt/a");
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	assert_non_null(strstr(w.v.why, "covers only part: 2 files were open"));
	assert_non_null(strstr(w.v.why, "(/mnt/a)"));
	w.s.blind_example[0] = '\0';
	judge(&w);
	assert_non_null(strstr(w.v.why, "in part, and closed again"));
	/* nothing went unseen */
	w.mount[0].cross_check = FL_CROSS_DONE;
	judge(&w);
	assert_null(strstr(w.v.why, "only part"));
	/* or that is not known: another route's writes may have raised attr_version twice, and replies not at all */
	w.file[0].route = FL_ROUTE_CACHED;
	fl_cross_check_judge(&w.s, &w.mount[0], 2000, 0, 0);
	assert_int_equal(w.mount[0].cross_check, FL_CROSS_DONE);
	assert_int_equal(w.mount[0].unseen, 0);
	assert_int_equal(w.mount[0].unseen_at_most, 1000);
	judge(&w);
	assert_non_null(strstr(w.v.why, "only part"));
	fl_cross_check_judge(&w.s, &w.mount[0], 1001, 0, 0);
	assert_int_equal(w.mount[0].unseen_at_most, 1);
	judge(&w);
	assert_null(strstr(w.v.why, "only part"));
	w.file[0].route = FL_ROUTE_PASSTHROUGH;
	w.mount[0].counter[FL_MOUNT_ATTRIBUTE_REPLIES] = 100;
	fl_cross_check_judge(&w.s, &w.mount[0], 1100, 0, 0);
	assert_int_equal(w.mount[0].unseen, 0);
	assert_int_equal(w.mount[0].unseen_at_most, 100);
	judge(&w);
	assert_non_null(strstr(w.v.why, "only part"));
}

/* docs/measuring.md and the code have the same table, row by row. */
static void the_documented_coverage_is_the_code_s(void **state)
{
	static const char *const kinds[] = {
		[FL_KIND_DIRECT] = "direct",
		[FL_KIND_BUFFERED] = "buffered",
		[FL_KIND_SPLICE] = "splice",
		[FL_KIND_WRITEBACK] = "writeback cache",
	};
	static const char *const sees[] = {
		[FL_SEES_NO] = "no", [FL_SEES_PART] = "in part", [FL_SEES_YES] = "yes"};
	char line[512], wanted[512], at[512] = "";
	const struct fl_coverage *table;
	FILE *doc = fopen("docs/measuring.md", "r");
	size_t n, row = 0;

	table = fl_coverage_table(&n);
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc) && !strstr(line, "| route | kind | file system |"))
		;
	assert_non_null(fgets(line, sizeof(line), doc));
	while (fgets(line, sizeof(line), doc) && line[0] == '|') {
		if (row < n)
			snprintf(wanted, sizeof(wanted), "| %s | %s | %s | %s | %s |\n",
				 fl_route_name(table[row].route), kinds[table[row].kind],
				 table[row].fs ? table[row].fs : "-", sees[table[row].tracepoints],
				 sees[table[row].functions]);
		snprintf(at, sizeof(at), "%s", line);
		assert_string_equal(at, wanted);
		row++;
	}
	fclose(doc);
	assert_int_equal(row, n);
}

static void untold_modes_withhold_the_verdict(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 1000;
	w.file[0].cell[FL_MODE_UNKNOWN][FL_NATURE_PLAIN] = 1;
	assert_int_equal(judge(&w), FL_SHARED);
	w.file[0].cell[FL_MODE_UNKNOWN][FL_NATURE_PLAIN] = 2;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "is not known"));
}

/* Whatever --max-loss allows: what is said of all writes is true of all, and without a mode there is no verdict. */
static void exclusive_is_said_of_exclusive_writes_only(void **state)
{
	struct fl_verdict_opts opts = FL_VERDICT_DEFAULTS;
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PLAIN] = 9995;
	w.file[0].cell[FL_MODE_UNKNOWN][FL_NATURE_PLAIN] = 5;
	assert_int_equal(judge(&w), FL_EXCLUSIVE);
	assert_string_equal(
		w.v.why,
		"9,995 of 10,000 writes took the inode lock exclusively; the lock mode of the others is not known");
	opts.max_loss = 1;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PLAIN] = 0;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_INCONCLUSIVE);
	assert_non_null(strstr(w.v.why, "is not known"));
	/* nothing was counted, and something was lost */
	memset(w.file[0].cell, 0, sizeof(w.file[0].cell));
	w.s.loss[FL_LOSS_UNPAIRED] = 3;
	fl_verdict_of(&w.s, 0, &opts, &w.v);
	assert_int_equal(w.v.kind, FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	assert_non_null(strstr(w.v.why, "3 events were lost"));
}

/* Two calls of a lock are no better evidence than two writes. */
static void few_shared_takes_are_no_verdict(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.s.takes_only = true;
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 10;
	assert_int_equal(judge(&w), FL_SHARED);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 9;
	assert_int_equal(judge(&w), FL_INCONCLUSIVE);
	assert_int_equal(w.v.exit_code, 3);
	assert_non_null(strstr(w.v.why, "9 of 9 takes"));
	assert_non_null(strstr(w.v.next, "--min-eligible"));
}

static void one_mount_of_several(void **state)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.s.nfiles = 2;
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 10;
	w.file[1].dev = 46;
	w.file[1].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = 20;
	fl_verdict_of(&w.s, 45, &defaults, &w.v);
	assert_int_equal(w.v.kind, FL_SHARED);
	fl_verdict_of(&w.s, 46, &defaults, &w.v);
	assert_int_equal(w.v.kind, FL_EXCLUSIVE);
	assert_int_equal(w.v.totals.writes, 20);
}

static void reasons_follow_the_order_of_tests(void **state)
{
	static const struct fl_flag_knowledge none,
		asked = {.opens_seen = 2, .opens_asked = 2}, never = {.opens_seen = 2},
		in_force = {.effective_set = 1},
		stripped = {.opens_seen = 2, .opens_asked = 2, .effective_unset = 2},
		unset = {.effective_unset = 2},
		before = {.opens_seen = 2,
			  .opens_asked = 2,
			  .effective_unset = 2,
			  .answer_counts = true},
		some = {.opens_seen = 2, .opens_asked = 1, .answer_counts = true};
	static const struct {
		enum fl_route route;
		enum fl_can can;
		enum fl_mode mode;
		enum fl_nature nature;
		const struct fl_flag_knowledge *flag;
		enum fl_reason want;
		struct fl_file_seen seen;
	} cases[] = {
		/* what the kernel can do comes first */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_NO, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_APPEND,
		 &stripped, FL_REASON_KERNEL_CANNOT},
		/* then the flags */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_APPEND,
		 &never, FL_REASON_FLAG_NOT_SET},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, &asked,
		 FL_REASON_FLAG_STRIPPED},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &stripped, FL_REASON_FLAG_STRIPPED},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &unset, FL_REASON_FLAG_NOT_SET_OR_STRIPPED},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &none, FL_REASON_FLAG_NOT_SET_OR_STRIPPED},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &never, FL_REASON_FLAG_NOT_SET},
		/* then the write */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_BUFFERED, &none,
		 FL_REASON_BUFFERED},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PAST_EOF,
		 &in_force, FL_REASON_PAST_EOF},
		{FL_ROUTE_DIRECT, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_APPEND, &none,
		 FL_REASON_APPEND},
		{FL_ROUTE_DIRECT, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_CACHE_MODE, &none,
		 FL_REASON_CACHE_IO_MODE},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_UNCHECKED,
		 &none, FL_REASON_PRIVILEGES},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_PLAIN, &none,
		 FL_REASON_UNKNOWN},
		/* files that were open before our livepatch: it goes by what the daemon answered */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_APPEND,
		 &before, FL_REASON_APPEND},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_UNCHECKED,
		 &before, FL_REASON_PRIVILEGES},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, &some,
		 FL_REASON_FLAG_NOT_SET_OR_STRIPPED},
		{FL_ROUTE_DIRECT, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_APPEND, &before,
		 FL_REASON_FLAG_STRIPPED},
		/* inside EOF once it had the lock, past it when it chose */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_PLAIN, &none,
		 FL_REASON_PAST_EOF, .seen.grew = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &in_force, FL_REASON_PAST_EOF, .seen.grew = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_NO, FL_MODE_EXCL_FLAG_SET, FL_NATURE_PLAIN, &none,
		 FL_REASON_KERNEL_CANNOT, .seen.grew = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, &never,
		 FL_REASON_FLAG_NOT_SET, .seen.grew = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN,
		 &none, FL_REASON_FLAG_NOT_SET_OR_STRIPPED, .seen.grew = true},
		/* a kernel that shares without IS_NOSEC does not look at it */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_UNCHECKED,
		 &none, FL_REASON_PRIVILEGES, .seen.grew = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_UNCHECKED,
		 &none, FL_REASON_PAST_EOF, .seen = {true, true}},
		/* it may look under the shared lock, and still strip under the exclusive one */
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_PRIVILEGES,
		 &none, FL_REASON_PRIVILEGES, .seen.shared_without_nosec = true},
		{FL_ROUTE_PASSTHROUGH, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_PRIVILEGES,
		 &none, FL_REASON_UNKNOWN, .seen.shared_privileges = true},
		{FL_ROUTE_DIRECT, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_UNCHECKED, &none,
		 FL_REASON_PAST_EOF, .seen.grew = true},
		{FL_ROUTE_DIRECT, FL_CAN_YES, FL_MODE_EXCL_FLAG_SET, FL_NATURE_UNCHECKED, &none,
		 FL_REASON_UNKNOWN},
		{FL_ROUTE_SPLICE, FL_CAN_UNKNOWN, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_OTHER, &none,
		 FL_REASON_SPLICE},
		/* on this route no flag of the open file plays a part */
		{FL_ROUTE_IOMAP, FL_CAN_NO, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PAST_EOF, &never,
		 FL_REASON_KERNEL_CANNOT},
		{FL_ROUTE_IOMAP, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PAST_EOF, &never,
		 FL_REASON_PAST_EOF},
		{FL_ROUTE_IOMAP, FL_CAN_YES, FL_MODE_EXCL_FLAG_UNKNOWN, FL_NATURE_PLAIN, &never,
		 FL_REASON_UNKNOWN},
		{FL_ROUTE_CACHED, FL_CAN_NO, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_BUFFERED, &none,
		 FL_REASON_BUFFERED},
		{FL_ROUTE_CACHED, FL_CAN_NO, FL_MODE_EXCL_FLAG_UNSET, FL_NATURE_PLAIN, &none,
		 FL_REASON_KERNEL_CANNOT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum fl_reason got = fl_reason_of(cases[i].route, cases[i].can, cases[i].mode,
						  cases[i].nature, cases[i].flag, &cases[i].seen);

		if (got != cases[i].want)
			fail_msg("case %zu: %s, not %s", i, fl_reason_name(got),
				 fl_reason_name(cases[i].want));
	}
}

/* What the writes of a file show about each other. */
static void a_growing_file_explains_its_writes(void **state)
{
	struct fl_totals t;
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PLAIN] = 7;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_UNCHECKED] = 5;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_UNKNOWN], 12);
	/* another file's growth says nothing about this one */
	w.s.nfiles = 2;
	w.file[1].route = FL_ROUTE_DIRECT;
	w.file[1].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PAST_EOF] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_UNKNOWN], 12);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PAST_EOF] = 3;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_UNKNOWN], 0);
	assert_int_equal(t.reason[FL_REASON_PAST_EOF], 16);

	w.s.nfiles = 1;
	w.file[0].route = FL_ROUTE_PASSTHROUGH;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_PRIVILEGES], 5);
	assert_int_equal(t.reason[FL_REASON_PAST_EOF], 10);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_UNCHECKED] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_PRIVILEGES], 0);
	assert_int_equal(t.reason[FL_REASON_PAST_EOF], 15);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PRIVILEGES] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_PRIVILEGES], 1);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PRIVILEGES] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_PRIVILEGES], 0);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PRIVILEGES] = 0;
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PRIVILEGES] = 0;
	fl_snapshot_totals(&w.s, &t);
	/* only the reason is inferred, not whether the shared path would have accepted the write */
	assert_int_equal(t.eligible, 13);
}

/* The first writes after attributes were fetched look for privileges, where the kernel cares. */
static void looking_for_privileges_is_not_eligible(void **state)
{
	struct fl_totals t;
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.s.can[FL_ROUTE_PASSTHROUGH] = FL_CAN_YES;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_UNCHECKED] = 5;
	fl_snapshot_totals(&w.s, &t);
	/* nothing shows that this kernel shares at all */
	assert_int_equal(t.eligible, 5);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 95;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.eligible, 95);
	assert_int_equal(t.eligible_shared, 95);
	assert_int_equal(t.reason[FL_REASON_PRIVILEGES], 5);
	/* a kernel that shares without looking: there is another reason */
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_UNCHECKED] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.eligible, 101);
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_UNCHECKED] = 0;
	w.file[0].route = FL_ROUTE_DIRECT;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.eligible, 100);
}

static void upgrades_are_a_reason_of_their_own(void **state)
{
	struct fl_site_snapshot site[] = {{.role = FL_SITE_UPGRADE}, {.role = FL_SITE_UPGRADE}};
	struct fl_totals t;
	struct world w;

	world_init(&w, FL_ROUTE_PASSTHROUGH);
	w.s.can[FL_ROUTE_PASSTHROUGH] = FL_CAN_YES;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PAST_EOF] = 10;
	w.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = 90;
	w.file[0].takes[FL_SITE_SHARED] = 94;
	w.file[0].takes[FL_SITE_EXCLUSIVE] = 6;
	w.file[0].takes[FL_SITE_UPGRADE] = 4;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_EOF_RACE], 0);
	w.s.has_takes = true;
	w.s.site = site;
	w.s.nsites = 2;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_EOF_RACE], 4);
	assert_int_equal(t.reason[FL_REASON_PAST_EOF], 6);
	/*
	 * one call makes both kinds: upgrades are the shared takes under which no write ran. A call of another
	 * route, which makes upgrades only, changes nothing about that.
	 */
	site[0].role = FL_SITE_EXCLUSIVE;
	site[0].merged = true;
	w.file[0].takes[FL_SITE_UPGRADE] = 0;
	w.file[0].takes[FL_SITE_EXCLUSIVE] = 10;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_EOF_RACE], 4);
	assert_int_equal(fl_takes_difference(&t), 4);
	fl_totals_tell_upgrades(&w.s, &t);
	assert_int_equal(t.takes[FL_SITE_EXCLUSIVE], 6);
	assert_int_equal(t.takes[FL_SITE_UPGRADE], 4);
	assert_int_equal(t.counter[FL_COUNT_UPGRADES], 4);
	assert_int_equal(fl_takes_difference(&t), 0);
	/* attempts that wrote nothing took it shared too, and so may writes that had not ended */
	w.file[0].counter[FL_COUNT_RETRIED] = 1;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_EOF_RACE], 3);
	w.s.unfinished = 2;
	fl_snapshot_totals(&w.s, &t);
	assert_int_equal(t.reason[FL_REASON_EOF_RACE], 1);
}

static void reasons_are_ordered_by_weight(void **state)
{
	struct world w;

	world_init(&w, FL_ROUTE_DIRECT);
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_APPEND] = 3;
	w.file[0].cell[FL_MODE_EXCL_FLAG_SET][FL_NATURE_PAST_EOF] = 30;
	w.file[0].cell[FL_MODE_EXCL_FLAG_UNSET][FL_NATURE_PLAIN] = 10;
	judge(&w);
	assert_int_equal(w.v.nreasons, 3);
	assert_int_equal(w.v.reason[0].writes, 30);
	assert_int_equal(w.v.reason[1].writes, 10);
	assert_int_equal(w.v.reason[2].writes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_writes_is_inconclusive),
		cmocka_unit_test(writeback_is_not_mistaken_for_silence),
		cmocka_unit_test(all_exclusive),
		cmocka_unit_test(shared_needs_its_share_of_the_eligible),
		cmocka_unit_test(code_that_changed_under_call_sites),
		cmocka_unit_test(shared_needs_evidence_in_proportion),
		cmocka_unit_test(shared_without_any_eligible_is_no_shared),
		cmocka_unit_test(loss_withholds_the_verdict),
		cmocka_unit_test(uncertain_attempts_are_a_loss),
		cmocka_unit_test(unseen_attempts_are_a_loss),
		cmocka_unit_test(a_blind_file_is_told),
		cmocka_unit_test(the_documented_coverage_is_the_code_s),
		cmocka_unit_test(untold_modes_withhold_the_verdict),
		cmocka_unit_test(exclusive_is_said_of_exclusive_writes_only),
		cmocka_unit_test(few_shared_takes_are_no_verdict),
		cmocka_unit_test(one_mount_of_several),
		cmocka_unit_test(reasons_follow_the_order_of_tests),
		cmocka_unit_test(a_growing_file_explains_its_writes),
		cmocka_unit_test(looking_for_privileges_is_not_eligible),
		cmocka_unit_test(upgrades_are_a_reason_of_their_own),
		cmocka_unit_test(reasons_are_ordered_by_weight),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
