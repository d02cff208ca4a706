// SPDX-License-Identifier: GPL-2.0-only
#include "verify/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

const char *fl_outcome_name(enum fl_outcome outcome)
{
	static const char *const names[FL_OUTCOMES] = {
		[FL_OUTCOME_PASS] = "pass",
		[FL_OUTCOME_INCONCLUSIVE] = "inconclusive",
		[FL_OUTCOME_FAIL] = "FAIL",
	};

	return outcome < FL_OUTCOMES ? names[outcome] : "?";
}

enum fl_outcome fl_outcome_worse(enum fl_outcome a, enum fl_outcome b)
{
	return a > b ? a : b;
}

const char *fl_expect_name(enum fl_expect expect)
{
	static const char *const names[] = {
		[FL_EXPECT_EXCLUSIVE] = "exclusive",
		[FL_EXPECT_SHARED] = "shared",
		[FL_EXPECT_BY_NATURE] = "by nature",
		[FL_EXPECT_EITHER] = "either",
	};

	return names[expect];
}

enum fl_expect fl_verify_expect(const struct fl_leg *leg, const struct fl_leg_facts *facts,
				const struct fl_lock_rules *rules)
{
	bool direct = facts->route == FL_ROUTE_DIRECT;
	bool varied = facts->path_varied && facts->route == FL_ROUTE_PASSTHROUGH;

	/* no kernel shares the lock of a cached file, or shares it without the flag */
	if ((!direct && facts->route != FL_ROUTE_PASSTHROUGH) ||
	    !(facts->parallel || (varied && facts->answered)))
		return FL_EXPECT_EXCLUSIVE;
	switch (leg->want) {
	case FL_WANT_WITHIN:
		return varied ? FL_EXPECT_EITHER : FL_EXPECT_SHARED;
	case FL_WANT_BUFFERED:
		/* a write to a file opened with FOPEN_DIRECT_IO is always direct */
		if (direct)
			return FL_EXPECT_SHARED;
		return rules->as_dio ? FL_EXPECT_EITHER : FL_EXPECT_EXCLUSIVE;
	case FL_WANT_SPLICE:
		/* on the direct route splice is a loop around fuse_file_write_iter() */
		return direct ? FL_EXPECT_SHARED : FL_EXPECT_EXCLUSIVE;
	case FL_WANT_APPEND:
		return FL_EXPECT_EXCLUSIVE;
	case FL_WANT_GROWING:
		return FL_EXPECT_BY_NATURE;
	case FL_WANT_MAPPED:
		/* a mapping needs the page cache: fuse_file_cached_io_open() */
		if (direct)
			return FL_EXPECT_BY_NATURE;
		return varied ? FL_EXPECT_EITHER : FL_EXPECT_SHARED;
	default:
		return FL_EXPECT_EITHER;
	}
}

/* A leg's counts by mode and nature, all routes together. */
struct tally {
	__u64 excl[FL_NATURES], shared[FL_NATURES];
};

static void gather(const struct fl_snapshot *s, __u32 dev, __u64 ino, struct tally *t,
		   struct fl_totals *sum)
{
	memset(t, 0, sizeof(*t));
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < s->nfiles; i++) {
		const struct fl_file_counts *f = &s->file[i];
		struct fl_totals one;

		if (f->is_other || f->ino != ino || f->dev != dev)
			continue;
		fl_file_totals(s, f, &one);
		fl_totals_add(sum, &one);
		for (int n = 0; n < FL_NATURES; n++) {
			t->shared[n] += f->cell[FL_MODE_SHARED][n];
			t->excl[n] += f->cell[FL_MODE_EXCL_FLAG_UNKNOWN][n] +
				      f->cell[FL_MODE_EXCL_FLAG_UNSET][n] +
				      f->cell[FL_MODE_EXCL_FLAG_SET][n];
		}
	}
}

__attribute__((format(printf, 3, 4))) static void
conclude(struct fl_leg_verdict *v, enum fl_outcome result, const char *fmt, ...)
{
	va_list ap;

	/* of equally grave findings, keep the first */
	if (result <= v->result)
		return;
	v->result = result;
	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
}

static void remark(struct fl_leg_verdict *v, const char *text)
{
	size_t used = strlen(v->note);

	snprintf(v->note + used, sizeof(v->note) - used, "%s%s", used ? "; " : "", text);
}

/*
 * Whether the counts are good enough to judge by: they must have every write that was made, and
 * none twice.
 */
static bool evidence_holds(const struct fl_snapshot *s, const struct fl_leg *leg,
			   const struct tally *t, struct fl_leg_verdict *v)
{
	struct fl_totals all;
	__u64 seen = v->totals.writes;
	char a[32], b[32], text[128];

	fl_snapshot_totals(s, &all);
	if (!leg->done) {
		conclude(v, FL_OUTCOME_INCONCLUSIVE, "the workload made no write");
	} else if (!seen) {
		conclude(
			v, FL_OUTCOME_INCONCLUSIVE,
			"none of %s writes was seen by the %s method: %s",
			fl_grouped(leg->done, a, sizeof(a)), fl_method_name(s->method),
			s->method == FL_METHOD_STATE_TP
				? "it sees buffered passthrough writes on XFS only, direct ones if the backing file system uses iomap, and no write into the writeback cache"
				: "they went where this method does not look");
	} else if (seen > leg->done && seen == v->totals.by_route[FL_ROUTE_CACHED] &&
		   seen == v->totals.exclusive && s->method == FL_METHOD_STATE_TP) {
		/* a cached write is sent in pieces if a page has to be read or a request is full */
		snprintf(text, sizeof(text),
			 "%s requests for %s writes, every one sent under the exclusive lock",
			 fl_grouped(seen, a, sizeof(a)), fl_grouped(leg->done, b, sizeof(b)));
		remark(v, text);
	} else if (seen > leg->done || seen + all.lost < leg->done || all.lost * 1000 > leg->done) {
		conclude(v, FL_OUTCOME_INCONCLUSIVE,
			 "%s writes were counted, and %s were made (%llu known to be lost)",
			 fl_grouped(seen, a, sizeof(a)), fl_grouped(leg->done, b, sizeof(b)),
			 (unsigned long long)all.lost);
	} else if (v->totals.unknown) {
		conclude(
			v, FL_OUTCOME_INCONCLUSIVE,
			"the lock mode of %s writes is not known: a task that need not hold the lock sent them",
			fl_grouped(v->totals.unknown, a, sizeof(a)));
	}
	if (v->result == FL_OUTCOME_PASS && seen < leg->done) {
		snprintf(text, sizeof(text), "%s of %s writes were counted, %llu known to be lost",
			 fl_grouped(seen, a, sizeof(a)), fl_grouped(leg->done, b, sizeof(b)),
			 (unsigned long long)all.lost);
		remark(v, text);
	}
	return v->result == FL_OUTCOME_PASS;
}

static bool nature_fits(const struct fl_leg *leg, const struct fl_leg_facts *facts,
			enum fl_nature nature)
{
	bool plain = nature == FL_NATURE_PLAIN || nature == FL_NATURE_UNCHECKED ||
		     nature == FL_NATURE_PRIVILEGES;

	switch (leg->want) {
	case FL_WANT_WITHIN:
		return plain;
	case FL_WANT_BUFFERED:
		return facts->route == FL_ROUTE_DIRECT ? plain : nature == FL_NATURE_BUFFERED;
	case FL_WANT_APPEND:
		return nature == FL_NATURE_APPEND;
	case FL_WANT_GROWING:
		return plain || nature == FL_NATURE_PAST_EOF;
	case FL_WANT_MAPPED:
		return plain || nature == FL_NATURE_CACHE_MODE || nature == FL_NATURE_BUFFERED;
	default:
		return true;
	}
}

static void judge_natures(const struct fl_leg *leg, const struct fl_leg_facts *facts,
			  const struct tally *t, struct fl_leg_verdict *v)
{
	char a[32];

	if (leg->flags_differ)
		return;
	for (int n = 0; n < FL_NATURES; n++)
		if (t->excl[n] + t->shared[n] && !nature_fits(leg, facts, n))
			conclude(
				v, FL_OUTCOME_FAIL,
				"%s writes reached the lock as '%s', which this workload does not make",
				fl_grouped(t->excl[n] + t->shared[n], a, sizeof(a)),
				fl_nature_name(n));
	if (leg->want == FL_WANT_GROWING && v->past_eof < leg->min_past_eof)
		conclude(v, FL_OUTCOME_FAIL,
			 "only %llu writes were past EOF when they were made, not %llu or more",
			 (unsigned long long)v->past_eof, (unsigned long long)leg->min_past_eof);
}

/*
 * How many writes of a forbidden nature may share the lock after all. A mapping puts the inode in
 * cached I/O mode while writers hold the lock shared, and waits for them
 * (fuse_inode_cached_io_start()). If these writes are seen after that, they count as writes in
 * cached I/O mode.
 */
static __u64 caught_by_mapping(const struct fl_leg *leg, enum fl_nature nature)
{
	return leg->want == FL_WANT_MAPPED && nature == FL_NATURE_CACHE_MODE ? leg->writers : 0;
}

/* Fails natures that must never share the lock, in any case. */
static void judge_shared(const struct fl_leg *leg, const struct fl_leg_facts *facts,
			 const struct fl_lock_rules *rules, const struct tally *t,
			 struct fl_leg_verdict *v)
{
	static const enum fl_nature never[] = {FL_NATURE_APPEND, FL_NATURE_PAST_EOF,
					       FL_NATURE_CACHE_MODE};
	char a[32];

	if (leg->flags_differ)
		return;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (t->shared[never[i]] > caught_by_mapping(leg, never[i]))
			conclude(v, FL_OUTCOME_FAIL, "%s '%s' writes ran under the shared lock",
				 fl_grouped(t->shared[never[i]], a, sizeof(a)),
				 fl_nature_name(never[i]));
	if (!t->shared[FL_NATURE_BUFFERED] || facts->route == FL_ROUTE_DIRECT ||
	    leg->want == FL_WANT_MAPPED)
		return;
	if (!rules->as_dio) {
		conclude(v, FL_OUTCOME_FAIL, "%s buffered writes ran under the shared lock",
			 fl_grouped(t->shared[FL_NATURE_BUFFERED], a, sizeof(a)));
		return;
	}
	remark(v,
	       "buffered writes ran shared: this kernel's passthrough path locks like its direct-io path, and so does not ask whether a write is direct");
}

/*
 * A kernel that shares only if the inode is IS_NOSEC locks the first write exclusively. Writes that
 * were already queueing at that time had made the same choice.
 */
static void judge_exclusive_in_shared_leg(const struct fl_leg *leg, const struct tally *t,
					  struct fl_leg_verdict *v)
{
	__u64 checked = t->excl[FL_NATURE_UNCHECKED] + t->excl[FL_NATURE_PRIVILEGES];
	__u64 rest = v->totals.exclusive - checked;
	char a[32], b[32], text[128];

	if (checked) {
		snprintf(text, sizeof(text),
			 "%s %s took the lock exclusively to look for privileges to strip",
			 fl_grouped(checked, a, sizeof(a)), checked == 1 ? "write" : "writes");
		remark(v, text);
	}
	if (rest > (checked ? leg->writers : 0))
		conclude(
			v, FL_OUTCOME_FAIL,
			"%s of %s writes took the lock exclusively, though FOPEN_PARALLEL_DIRECT_WRITES is in force and nothing ruled out sharing",
			fl_grouped(rest, a, sizeof(a)), fl_grouped(v->totals.writes, b, sizeof(b)));
}

/* Says where buffered writes went: some believe that they bypass the passthrough write path. */
static void say_which_function(const struct fl_snapshot *s, const struct tally *t,
			       struct fl_leg_verdict *v)
{
	__u64 n = t->excl[FL_NATURE_BUFFERED] + t->shared[FL_NATURE_BUFFERED];
	char a[32], b[32], text[224];

	snprintf(
		text, sizeof(text),
		"%s of %s buffered writes went through fuse_passthrough_write_iter(): %s",
		fl_grouped(n, a, sizeof(a)), fl_grouped(v->totals.writes, b, sizeof(b)),
		s->method == FL_METHOD_STATE_TP
			? "they came to xfs_file_buffered_write() with the backing file that only this function hands down"
			: "they came to backing_file_write_iter() under the lock that this function takes");
	remark(v, text);
}

void fl_verify_judge_leg(const struct fl_snapshot *s, __u32 dev, const struct fl_leg *leg,
			 const struct fl_leg_facts *facts, const struct fl_lock_rules *rules,
			 struct fl_leg_verdict *v)
{
	struct tally t;
	char a[32], b[32];

	memset(v, 0, sizeof(*v));
	gather(s, dev, leg->ino, &t, &v->totals);
	v->expect = fl_verify_expect(leg, facts, rules);
	v->past_eof = t.excl[FL_NATURE_PAST_EOF] + t.shared[FL_NATURE_PAST_EOF];
	if (!evidence_holds(s, leg, &t, v))
		return;
	if (!facts->known) {
		conclude(
			v, FL_OUTCOME_INCONCLUSIVE,
			"the open flags in force could not be read, so the expected lock mode is not known");
		return;
	}
	if (facts->path_varied && facts->route == FL_ROUTE_PASSTHROUGH)
		remark(v, "a livepatch came or went while it wrote");
	fl_grouped(v->totals.writes, b, sizeof(b));
	switch (v->expect) {
	case FL_EXPECT_EXCLUSIVE:
		if (v->totals.shared)
			conclude(
				v, FL_OUTCOME_FAIL,
				"%s of %s writes ran under the shared lock, and all have to be exclusive",
				fl_grouped(v->totals.shared, a, sizeof(a)), b);
		break;
	case FL_EXPECT_SHARED:
		judge_exclusive_in_shared_leg(leg, &t, v);
		break;
	case FL_EXPECT_BY_NATURE:
	case FL_EXPECT_EITHER:
		break;
	}
	judge_shared(leg, facts, rules, &t, v);
	judge_natures(leg, facts, &t, v);
	if (v->totals.shared && leg->lax_if_shared[0] && facts->route == FL_ROUTE_PASSTHROUGH) {
		remark(v, leg->lax_if_shared);
		v->lax = true;
	}
	if (leg->want == FL_WANT_BUFFERED && !leg->flags_differ &&
	    facts->route == FL_ROUTE_PASSTHROUGH)
		say_which_function(s, &t, v);
}

enum fl_outcome fl_verify_judge_upgrades(bool sharing, bool known, __u64 upgrades, char *why,
					 size_t len)
{
	why[0] = '\0';
	if (!sharing || (known && upgrades))
		return FL_OUTCOME_PASS;
	if (known)
		snprintf(
			why, len,
			"no write had to upgrade its lock, so the second check of EOF was not tested; a longer or full run may reach it");
	else
		snprintf(
			why, len,
			"this evidence does not count upgrades, so nothing shows whether the second check of EOF was tested; the callsite and global methods count them");
	return FL_OUTCOME_INCONCLUSIVE;
}
