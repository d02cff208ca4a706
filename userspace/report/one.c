// SPDX-License-Identifier: GPL-2.0-only
/* The report of one result. */
#include "report/sections.h"

#include <math.h>
#include <string.h>

#include "snapshot/holders.h"
#include "util/text.h"

static enum fl_tone tone_of(const struct fl_analysis *a)
{
	static const enum fl_tone tones[] = {
		[FL_SHARED] = FL_TONE_GOOD,
		[FL_EXCLUSIVE] = FL_TONE_BAD,
		[FL_MIXED] = FL_TONE_MIXED,
		[FL_INCONCLUSIVE] = FL_TONE_NONE,
	};

	return a->has_verdict ? tones[a->verdict.kind] : FL_TONE_NONE;
}

void fl_report_verdict(struct fl_doc *doc, const struct fl_analysis *a, const char *name)
{
	const char *in = name ? name : "", *colon = name ? ": " : "";

	if (!a->has_verdict) {
		fl_doc_verdict(doc, FL_TONE_NONE, "NO VERDICT", "%s%s%s", in, colon,
			       a->counted_rows
				       ? "the counts of every row differ too much from fio's"
				       : "no row was counted");
		return;
	}
	fl_doc_verdict(doc, tone_of(a), fl_verdict_name(a->verdict.kind), "%s%s%s", in, colon,
		       a->verdict.why);
}

static void agreement(struct fl_doc *doc, const struct fl_analysis *a)
{
	if (!a->counted_rows)
		return;
	if (a->counted_rows == 1 && a->exact_rows == 1)
		fl_doc_para(
			doc,
			"In the one counted row the writes counted in the kernel equal those that fio reports: difference 0.");
	else if (a->exact_rows == a->counted_rows)
		fl_doc_para(
			doc,
			"In each of the %zu counted rows the writes counted in the kernel equal those that fio reports: difference 0.",
			a->counted_rows);
	else
		fl_doc_para(
			doc,
			"In %zu of the %zu counted rows the counted writes equal fio's. %zu row%s out of tolerance and left out of everything below.",
			a->exact_rows, a->counted_rows, a->left_out,
			a->left_out == 1 ? " is" : "s are");
}

static void header(struct fl_doc *doc, const char *const *names)
{
	for (; *names; names++)
		fl_doc_cell(doc, "%s", *names);
}

static void throughput(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_bench *b = a->bench;
	bool raw = fl_level_last(a, FL_SYSTEM_RAW), mount = fl_level_last(a, FL_SYSTEM_MOUNT);
	char c[FL_CELL], v[FL_SWEEP_VALUE], align[16];

	fl_doc_heading(doc, "Throughput");
	snprintf(align, sizeof(align), "r%s%s%s", mount ? "rrr" : "", raw ? "rr" : "",
		 mount && raw ? "r" : "");
	fl_doc_table(doc, align, NULL);
	fl_doc_cell(doc, "%s", fl_axis_label(b));
	if (mount)
		header(doc, (const char *const[]){"mount IOPS", "sd", "95 %", NULL});
	if (raw)
		header(doc,
		       (const char *const[]){"raw IOPS", "sd", mount ? "mount/raw" : NULL, NULL});
	for (size_t i = 0; i < fl_axis_length(b); i++) {
		static const struct fl_level none = {.iops = {.mean = NAN, .sd = NAN}};
		unsigned int at = fl_axis_at(b, i);
		const struct fl_level *m = fl_level_main(a, FL_SYSTEM_MOUNT, at);
		const struct fl_level *r = fl_level_main(a, FL_SYSTEM_RAW, at);
		double half;

		if (!m && !r)
			continue;
		m = m ? m : &none;
		r = r ? r : &none;
		half = fl_mean_half_width(&m->iops);
		fl_doc_cell(doc, "%s", fl_axis_value(b, at, v));
		if (mount) {
			fl_doc_cell(doc, "%s", fl_cell_number(m->iops.mean, c));
			fl_doc_cell(doc, "%s", fl_cell_spread(&m->iops, c));
			if (isfinite(half))
				fl_doc_cell(doc, "+/- %.1f %%", 100 * half);
			else
				fl_doc_cell(doc, "-");
		}
		if (raw) {
			fl_doc_cell(doc, "%s", fl_cell_number(r->iops.mean, c));
			fl_doc_cell(doc, "%s", fl_cell_spread(&r->iops, c));
		}
		if (mount && raw)
			fl_doc_cell(doc, "%s", fl_cell_ratio(m->iops.mean / r->iops.mean, c));
	}
	fl_doc_note(
		doc,
		"Means of %s%u run%s of %s s each; sd: standard deviation of the runs; 95 %%: half the confidence interval of the mean.",
		b->nrows < fl_bench_plan(b, NULL, 0) ? "at most " : "", b->repeats,
		b->repeats == 1 ? "" : "s",
		fl_bench_get(b, "RUNTIME") ? fl_bench_get(b, "RUNTIME") : "?");
}

static bool any(const struct fl_analysis *a, double (*figure)(const struct fl_level *))
{
	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].counted && isfinite(figure(&a->level[i])))
			return true;
	return false;
}

static double figure_fi_lock(const struct fl_level *l)
{
	return l->fi_lock;
}

static double figure_upgrades(const struct fl_level *l)
{
	return l->upgrades;
}

static double figure_exclusive(const struct fl_level *l)
{
	return l->exclusive;
}

static double figure_hold(const struct fl_level *l)
{
	return l->wait_ns;
}

static void cannot_tell(struct fl_doc *doc, const struct fl_analysis *a)
{
	bool fi = any(a, figure_fi_lock), up = any(a, figure_upgrades), hold = any(a, figure_hold);

	if (fi && up && hold)
		return;
	fl_doc_note(
		doc,
		"This method (%s) cannot tell%s%s%s; the call-site method counts takes, function hooks measure their times.",
		fl_method_name(a->level[0].sample && a->level[0].sample->counted
				       ? a->level[0].sample->snapshot.method
				       : FL_METHOD_STATE_TP),
		up ? "" : " upgrades",
		fi   ? ""
		: up ? " fi->lock"
		     : ", fi->lock",
		hold	   ? ""
		: fi && up ? " wait and hold"
			   : ", wait and hold");
}

/*
 * Columns that cannot be filled are left out; a note below the table says which method fills them.
 */
static void spin_waits(struct fl_doc *doc, const struct fl_analysis *a)
{
	char at[FL_CELL], ns[FL_CELL], c[FL_CELL];
	bool timed = false;

	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (!l->counted || !(l->fi_lock > 0))
			continue;
		fl_cell_at(a->bench, l->at, at);
		if (!(l->fi_lock_ns > 0)) {
			fl_doc_item(
				doc,
				"fi->lock at %s: %s takes a second; their waits were not timed.",
				at, fl_cell_number(l->fi_lock * l->iops.mean, c));
			continue;
		}
		fl_doc_item(
			doc,
			"fi->lock at %s: %s takes a second, %s%s of waiting per write, %s%.3f cores.",
			at, fl_cell_number(l->fi_lock * l->iops.mean, c),
			l->fi_lock_ns_is_bound ? "< " : "", fl_cell_ns(l->fi_lock_ns, ns),
			l->fi_lock_ns_is_bound ? "< " : "", l->fi_lock_ns * l->iops.mean * 1e-9);
		timed = true;
	}
	if (timed)
		fl_doc_note(
			doc,
			"Waits for fi->lock are means; the time of the probe pair itself is subtracted. \"<\": too short to be told from no wait.");
}

/* How many the shared lock let in together, and behind how many somebody was queued for the other. */
static void holders(struct fl_doc *doc, const struct fl_analysis *a)
{
	char at[FL_CELL], c[FL_CELL];
	bool any = false;

	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];
		__u64 behind = l->totals.counter[FL_COUNT_QUEUED_BEHIND];

		fl_cell_at(a->bench, l->at, at);
		if (fl_holders_looks(&l->holders))
			fl_doc_item(
				doc,
				"Writers at once at %s: %.1f held the lock together on average, %s at most.",
				at, fl_holders_mean(&l->holders),
				fl_holders_text(fl_holders_most(&l->holders), c));
		if (behind)
			fl_doc_item(
				doc,
				"Waited for at %s: somebody was queued behind %s of the exclusive writes.",
				at, fl_percent(behind, l->totals.exclusive, c, sizeof(c)));
		any |= behind || fl_holders_looks(&l->holders);
	}
	if (any)
		fl_doc_note(
			doc,
			"Each write tells what it found when it had just got the lock. Writers that only spin for the lock do not count as queued.");
}

static void locks(struct fl_doc *doc, const struct fl_analysis *a)
{
	bool takes = any(a, figure_fi_lock) || any(a, figure_upgrades), held = any(a, figure_hold);
	char c[FL_CELL], v[FL_SWEEP_VALUE], align[16];

	if (!any(a, figure_exclusive))
		return;
	fl_doc_heading(doc, takes ? "Locks per write" : "How writes held the lock");
	snprintf(align, sizeof(align), "rrrr%s%sr", takes ? "rr" : "", held ? "rr" : "");
	fl_doc_table(doc, align, NULL);
	fl_doc_cell(doc, "%s", fl_axis_label(a->bench));
	header(doc, (const char *const[]){"writes", "exclusive", "shared", NULL});
	if (takes)
		header(doc, (const char *const[]){"upgrades", "fi->lock", NULL});
	if (held)
		header(doc, (const char *const[]){"wait", "hold excl.", NULL});
	fl_doc_cell(doc, "diff.");
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (!l->counted)
			continue;
		fl_doc_cell(doc, "%s", fl_axis_value(a->bench, l->at, v));
		fl_doc_cell(doc, "%s", fl_grouped(l->totals.writes, c, FL_CELL));
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->exclusive, c));
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->shared, c));
		if (takes) {
			fl_doc_cell(doc, "%s", fl_cell_ratio(l->upgrades, c));
			fl_doc_cell(doc, "%s", fl_cell_ratio(l->fi_lock, c));
		}
		if (held) {
			fl_doc_cell(doc, "%s", fl_cell_ns(l->wait_ns, c));
			fl_doc_cell(doc, "%s", fl_cell_ns(l->hold_exclusive_ns, c));
		}
		fl_doc_cell(doc, "%lld", l->difference);
	}
	fl_doc_note(doc, "%s; diff. is the counted writes minus fio's, all runs together.",
		    takes ? "Takes of the FUSE inode's lock per counted write"
			  : "Shares of the counted writes, by how they held the FUSE inode's lock");
	cannot_tell(doc, a);
	holders(doc, a);
	spin_waits(doc, a);
}

static void reasons(struct fl_doc *doc, const struct fl_analysis *a)
{
	char n[FL_CELL], pct[FL_CELL];

	if (!a->has_verdict)
		return;
	for (int i = 0; i < a->verdict.nreasons; i++) {
		const struct fl_reason_count *r = &a->verdict.reason[i];

		fl_doc_item(doc, "%s, %s writes (%s): %s.", fl_reason_name(r->reason),
			    fl_grouped(r->writes, n, sizeof(n)),
			    fl_percent(r->writes, a->verdict.totals.writes, pct, sizeof(pct)),
			    fl_reason_meaning(r->reason));
	}
	fl_doc_item(doc, "Next: %s.", a->verdict.next);
}

static void self_cost(struct fl_doc *doc, const struct fl_analysis *a)
{
	char c[3][FL_CELL], v[FL_SWEEP_VALUE];

	if (!a->ncosts)
		return;
	fl_doc_heading(doc, "What counting costs");
	fl_doc_table(doc, "rrrrl", NULL);
	fl_doc_cell(doc, "%s", fl_axis_label(a->bench));
	fl_doc_cell(doc, "IOPS");
	fl_doc_cell(doc, "95 %%");
	fl_doc_cell(doc, "per write");
	fl_doc_cell(doc, "verdict");
	for (size_t i = 0; i < a->ncosts; i++) {
		const struct fl_self_cost *s = &a->cost[i];
		bool noise = fabs(s->relative) <= s->half_width;

		fl_doc_cell(doc, "%s", fl_axis_value(a->bench, s->at, v));
		fl_doc_cell(doc, "%s", fl_cell_signed(s->relative, c[0]));
		if (isfinite(s->half_width))
			fl_doc_cell(doc, "+/- %.1f %%", s->half_width * 100);
		else
			fl_doc_cell(doc, "-");
		/* do not print the size of a difference that is noise */
		if (isfinite(s->half_width) && !noise)
			fl_doc_cell(doc, "%+.0f ns", s->ns_per_write);
		else
			fl_doc_cell(doc, "-");
		fl_doc_cell(doc, "%s",
			    !isfinite(s->half_width) ? "one pair of runs has no spread"
			    : noise		     ? "within the noise"
						     : "outside the noise");
	}
	fl_doc_note(
		doc,
		"Each row with probes is compared with the row without probes that ran right after it. \"per write\" is the time of one job.");
}

void fl_report_one(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_reference *ref,
		   fl_draw *draw)
{
	const struct fl_place *mount = &a->bench->env.place[FL_SYSTEM_MOUNT];
	struct fl_results r = {.a = {a}, .name = {"here"}, .n = 1, .ref = ref};

	fl_doc_title(doc, "%s on %s", a->bench->profile,
		     mount->path ? mount->path
		     : a->bench->env.place[FL_SYSTEM_RAW].path
			     ? a->bench->env.place[FL_SYSTEM_RAW].path
			     : "?");
	fl_report_verdict(doc, a, NULL);
	agreement(doc, a);
	reasons(doc, a);
	if (draw)
		draw(doc, &r);
	throughput(doc, a);
	fl_report_volume(doc, &r);
	fl_report_latency(doc, a);
	locks(doc, a);
	fl_report_times(doc, &r);
	fl_report_scaling(doc, a);
	if (ref)
		fl_report_reference(doc, &r);
	self_cost(doc, a);
	fl_report_losses(doc, a);
	fl_report_environment(doc, a);
}
