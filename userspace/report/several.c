// SPDX-License-Identifier: GPL-2.0-only
/* Compares results with the first one: differences, and whether they are more than noise. */
#include "report/sections.h"

#include <math.h>
#include <string.h>

static void differs(struct fl_doc *doc, const struct fl_spread *x, const struct fl_spread *y)
{
	struct fl_difference d = fl_difference_of(x, y);
	char c[FL_CELL];

	fl_doc_cell(doc, "%s", fl_cell_signed(d.relative, c));
	if (isfinite(d.half_width))
		fl_doc_cell(doc, "+/- %.1f %%", 100 * d.half_width);
	else
		fl_doc_cell(doc, "-");
	fl_doc_cell(doc, "%s",
		    d.differs == FL_DIFFERS_YES	    ? "differs"
		    : d.differs == FL_DIFFERS_NOISE ? "within the noise"
						    : "spread not known");
}

static void columns(struct fl_doc *doc, const char *align, const char *const *names)
{
	fl_doc_table(doc, align, NULL);
	for (; *names; names++)
		fl_doc_cell(doc, "%s", *names);
}

/* With two results each level has one line. */
static void throughput_of_two(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_analysis *a = r->a[0], *b = r->a[1];
	char c[FL_CELL], v[FL_SWEEP_VALUE];

	columns(doc, "lrrrrrl",
		(const char *const[]){"system", fl_axis_label(a->bench), "A IOPS", "B IOPS",
				      "B to A", "95 %", "", NULL});
	for (int s = 0; s < FL_SYSTEMS; s++) {
		for (size_t i = 0; i < fl_axis_length(a->bench); i++) {
			unsigned int at = fl_axis_at(a->bench, i);
			const struct fl_level *x = fl_level_main(a, s, at);
			const struct fl_level *y = fl_level_main(b, s, at);

			if (!x || !y)
				continue;
			fl_doc_cell(doc, "%s", fl_system_name(s));
			fl_doc_cell(doc, "%s", fl_axis_value(a->bench, at, v));
			fl_doc_cell(doc, "%s", fl_cell_number(x->iops.mean, c));
			fl_doc_cell(doc, "%s", fl_cell_number(y->iops.mean, c));
			differs(doc, &x->iops, &y->iops);
		}
	}
}

static void throughput_row(struct fl_doc *doc, const struct fl_results *r, enum fl_system s,
			   unsigned int at, size_t k)
{
	const struct fl_level *x = fl_level_main(r->a[0], s, at);
	const struct fl_level *y = fl_level_main(r->a[k], s, at);
	char c[FL_CELL], v[FL_SWEEP_VALUE];

	if (!y)
		return;
	fl_doc_cell(doc, "%s", fl_system_name(s));
	fl_doc_cell(doc, "%s", fl_axis_value(r->a[k]->bench, at, v));
	fl_doc_cell(doc, "%c", 'A' + (int)k);
	fl_doc_cell(doc, "%s", fl_cell_number(y->iops.mean, c));
	if (k && x) {
		differs(doc, &x->iops, &y->iops);
		return;
	}
	for (int i = 0; i < 3; i++)
		fl_doc_cell(doc, "%s", i < 2 ? "-" : k ? "A has none" : "");
}

static void throughput_of_more(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench *b = r->a[0]->bench;

	columns(doc, "lrlrrrl",
		(const char *const[]){"system", fl_axis_label(b), "result", "IOPS", "to A", "95 %",
				      "", NULL});
	for (int s = 0; s < FL_SYSTEMS; s++)
		for (size_t i = 0; i < fl_axis_length(b); i++)
			for (size_t k = 0; k < r->n; k++)
				throughput_row(doc, r, s, fl_axis_at(b, i), k);
}

/* The tables go by the axis of A; what others have beyond it is said. */
static void beyond_a(struct fl_doc *doc, const struct fl_results *r)
{
	for (size_t k = 1; k < r->n; k++) {
		const struct fl_bench *a = r->a[0]->bench, *b = r->a[k]->bench;
		char list[256] = "", at[FL_CELL];

		for (size_t i = 0; i < fl_axis_length(b); i++) {
			bool shared = false;
			size_t used = strlen(list);

			for (size_t n = 0; n < fl_axis_length(a); n++)
				shared |= fl_axis_at(a, n) == fl_axis_at(b, i);
			if (!shared && (fl_level_main(r->a[k], FL_SYSTEM_MOUNT, fl_axis_at(b, i)) ||
					fl_level_main(r->a[k], FL_SYSTEM_RAW, fl_axis_at(b, i))))
				snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
					 fl_cell_at(b, fl_axis_at(b, i), at));
		}
		if (*list)
			fl_doc_note(
				doc,
				"%c has rows at %s, too; A has none to compare them with, so tables and pictures leave them out.",
				'A' + (int)k, list);
	}
}

static void throughput(struct fl_doc *doc, const struct fl_results *r)
{
	fl_doc_heading(doc, "Throughput");
	if (r->n == 2)
		throughput_of_two(doc, r);
	else
		throughput_of_more(doc, r);
	fl_doc_note(
		doc,
		"95 %%: half the confidence interval of the difference (Welch's t test over the runs). Raw rows show how far the machines themselves differed.");
	beyond_a(doc, r);
}

static bool knows_latency(const struct fl_results *r)
{
	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < r->a[k]->nlevels; i++)
			if (r->a[k]->level[i].clat_p50_ns.n)
				return true;
	return false;
}

static void latency(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench *b = r->a[0]->bench;
	char c[FL_CELL], v[FL_SWEEP_VALUE];

	if (!knows_latency(r))
		return;
	fl_doc_heading(doc, "Latency of writes");
	columns(doc, "lrlrrrr",
		(const char *const[]){"system", fl_axis_label(b), "result", "p50", "p99", "p99.9",
				      "p99 to A", NULL});
	for (int s = 0; s < FL_SYSTEMS; s++) {
		for (size_t n = 0; n < fl_axis_length(b) * r->n; n++) {
			unsigned int at = fl_axis_at(b, n / r->n);
			const struct fl_level *x = fl_level_main(r->a[0], s, at);
			const struct fl_level *y = fl_level_main(r->a[n % r->n], s, at);

			if (!y || !y->clat_p50_ns.n)
				continue;
			fl_doc_cell(doc, "%s", fl_system_name(s));
			fl_doc_cell(doc, "%s", fl_axis_value(b, at, v));
			fl_doc_cell(doc, "%c", 'A' + (int)(n % r->n));
			fl_doc_cell(doc, "%s", fl_cell_ns(y->clat_p50_ns.mean, c));
			fl_doc_cell(doc, "%s", fl_cell_ns(y->clat_p99_ns.mean, c));
			fl_doc_cell(doc, "%s", fl_cell_ns(y->clat_p999_ns.mean, c));
			if (n % r->n && x && x->clat_p99_ns.mean > 0)
				fl_doc_cell(
					doc, "%s",
					fl_cell_signed(
						y->clat_p99_ns.mean / x->clat_p99_ns.mean - 1, c));
			else
				fl_doc_cell(doc, "-");
		}
	}
	fl_doc_note(doc, "fio's completion latency of writes, means over the runs.");
}

static bool counts_takes(const struct fl_results *r)
{
	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < r->a[k]->nlevels; i++)
			if (r->a[k]->level[i].counted && isfinite(r->a[k]->level[i].fi_lock))
				return true;
	return false;
}

static void locks(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench *b = r->a[0]->bench;
	bool takes = counts_takes(r), any = false;
	char c[FL_CELL], v[FL_SWEEP_VALUE];

	for (size_t n = 0; n < fl_axis_length(b) * r->n; n++) {
		unsigned int at = fl_axis_at(b, n / r->n);
		const struct fl_level *l = fl_level_main(r->a[n % r->n], FL_SYSTEM_MOUNT, at);

		if (!l || !l->counted)
			continue;
		if (!any) {
			fl_doc_heading(doc, takes ? "Locks per write" : "How writes held the lock");
			columns(doc, takes ? "rlrrrr" : "rlrr",
				(const char *const[]){fl_axis_label(b), "result", "exclusive",
						      "shared", takes ? "upgrades" : NULL,
						      "fi->lock", NULL});
		}
		any = true;
		fl_doc_cell(doc, "%s", fl_axis_value(b, at, v));
		fl_doc_cell(doc, "%c", 'A' + (int)(n % r->n));
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->exclusive, c));
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->shared, c));
		if (!takes)
			continue;
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->upgrades, c));
		fl_doc_cell(doc, "%s", fl_cell_ratio(l->fi_lock, c));
	}
}

static const char *text(const char *s)
{
	return s && *s ? s : "-";
}

/* Adds one setting of every result, unless all are the same. */
static bool compare(struct fl_doc *doc, size_t n, const char *key, const char *const *value)
{
	bool differ = false;

	for (size_t k = 1; k < n; k++)
		differ |= strcmp(text(value[0]), text(value[k])) != 0;
	if (!differ)
		return false;
	/* more than two columns would be too narrow, so then each result has a line */
	if (n == 2) {
		fl_doc_cell(doc, "%s", key);
		fl_doc_cell(doc, "%s", text(value[0]));
		fl_doc_cell(doc, "%s", text(value[1]));
		return true;
	}
	for (size_t k = 0; k < n; k++) {
		fl_doc_cell(doc, "%s", k ? "" : key);
		fl_doc_cell(doc, "%c", 'A' + (int)k);
		fl_doc_cell(doc, "%s", text(value[k]));
	}
	return true;
}

enum setting {
	PROFILE,
	KERNEL,
	KERNEL_BUILD,
	VARIANT,
	CPU,
	FIO,
	DAEMON,
	MOUNT_FS,
	MOUNT_OPTIONS,
	RAW_FS,
	RAW_OPTIONS,
	SETTINGS,
};

static const char *const setting_names[SETTINGS] = {
	[PROFILE] = "profile",
	[KERNEL] = "kernel",
	[KERNEL_BUILD] = "kernel build",
	[VARIANT] = "fs/fuse",
	[CPU] = "cpu",
	[FIO] = "fio",
	[DAEMON] = "daemon",
	[MOUNT_FS] = "mount fs",
	[MOUNT_OPTIONS] = "mount options",
	[RAW_FS] = "raw fs",
	[RAW_OPTIONS] = "raw options",
};

static const char *setting(const struct fl_analysis *a, int n)
{
	const struct fl_environment *e = &a->bench->env;
	const struct fl_place *mount = &e->place[FL_SYSTEM_MOUNT], *raw = &e->place[FL_SYSTEM_RAW];
	const char *const value[SETTINGS] = {
		[PROFILE] = a->bench->profile,
		[KERNEL] = e->kernel,
		[KERNEL_BUILD] = e->kernel_version,
		[VARIANT] = fl_report_variant(a),
		[CPU] = e->cpu,
		[FIO] = e->fio,
		[DAEMON] = e->daemon,
		[MOUNT_FS] = mount->fstype,
		[MOUNT_OPTIONS] = mount->options,
		[RAW_FS] = raw->fstype,
		[RAW_OPTIONS] = raw->options,
	};

	return value[n];
}

/* Lists what else differs, so that a reader does not believe that only one thing changed. */
static void settings(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench *x = r->a[0]->bench;
	const char *value[FL_MAX_RESULTS];
	bool any = false, other = false;

	fl_doc_heading(doc, "What differs between the set-ups");
	if (r->n == 2)
		columns(doc, "lll", (const char *const[]){"what", "A", "B", NULL});
	else
		columns(doc, "lll", (const char *const[]){"what", "result", "value", NULL});
	for (size_t i = 0; i < x->nvariables; i++) {
		const char *name = x->variable[i].name;

		for (size_t k = 0; k < r->n; k++)
			value[k] = fl_bench_get(r->a[k]->bench, name);
		if (fl_bench_uses(x, name))
			any |= compare(doc, r->n, name, value);
	}
	for (int n = 0; n < SETTINGS; n++) {
		for (size_t k = 0; k < r->n; k++)
			value[k] = setting(r->a[k], n);
		any |= compare(doc, r->n, setting_names[n], value);
	}
	if (!any)
		for (int i = 0; i < 3; i++)
			fl_doc_cell(doc, "%s", i ? "-" : "nothing recorded");
	for (size_t k = 1; k < r->n; k++)
		other |= strcmp(text(x->profile_text), text(r->a[k]->bench->profile_text)) != 0;
	if (other)
		fl_doc_para(
			doc,
			"They did not all run the same job file: this comparison proves little.");
}

static void scaling(struct fl_doc *doc, const struct fl_analysis *a, char letter)
{
	const struct fl_level *one = fl_level_one_job(a, FL_SYSTEM_MOUNT);
	const struct fl_level *most = fl_level_last(a, FL_SYSTEM_MOUNT);
	double ratio, half;

	if (!one || !most || most->jobs == 1)
		return;
	ratio = fl_speedup(most, one, &half);
	fl_doc_item(doc, "%c: %u jobs do %.2f times what one does%s.", letter, most->jobs, ratio,
		    half > ratio / 2 ? ", but the runs spread too far for that to mean much"
		    : ratio < 1.5    ? ": flat"
				     : "");
}

static void title(struct fl_doc *doc, const struct fl_results *r)
{
	char list[512] = "";

	for (size_t k = 1; k < r->n; k++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%.100s (%c)",
			 k == 1		 ? ""
			 : k + 1 == r->n ? " and "
					 : ", ",
			 r->name[k], 'A' + (int)k);
	}
	fl_doc_title(doc, "%s: %s (A) against %s", r->a[0]->bench->profile, r->name[0], list);
}

void fl_report_several(struct fl_doc *doc, const struct fl_results *r, fl_draw *draw)
{
	char letter[2] = "A";

	title(doc, r);
	for (size_t k = 0; k < r->n; k++) {
		*letter = 'A' + k;
		fl_report_verdict(doc, r->a[k], letter);
	}
	for (size_t k = 0; k < r->n; k++)
		scaling(doc, r->a[k], 'A' + k);
	for (size_t k = 0; k < r->n; k++)
		if (r->a[k]->counted_rows)
			fl_doc_item(doc,
				    "%c: counted writes equal fio's in %zu of %zu counted rows.",
				    'A' + (int)k, r->a[k]->exact_rows, r->a[k]->counted_rows);
	if (draw)
		draw(doc, r);
	throughput(doc, r);
	fl_report_volume(doc, r);
	latency(doc, r);
	locks(doc, r);
	fl_report_times(doc, r);
	if (r->ref)
		fl_report_reference(doc, r);
	settings(doc, r);
	for (size_t k = 0; k < r->n; k++) {
		fl_doc_heading(doc, "%c: %s", 'A' + (int)k, r->name[k]);
		doc->deeper = true;
		fl_report_scaling(doc, r->a[k]);
		fl_report_losses(doc, r->a[k]);
		fl_report_environment(doc, r->a[k]);
		doc->deeper = false;
	}
}
