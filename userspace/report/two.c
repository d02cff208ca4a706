// SPDX-License-Identifier: GPL-2.0-only
/* Two results side by side: differences, and whether they are more than noise. */
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

static void throughput(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b)
{
	static const char *const names[] = {"system", "jobs", "A IOPS", "B IOPS",
					    "B to A", "95 %", ""};
	char c[2][FL_CELL];

	fl_doc_heading(doc, "Throughput");
	fl_doc_table(doc, "lrrrrrl", NULL);
	for (int i = 0; i < 7; i++)
		fl_doc_cell(doc, "%s", names[i]);
	for (int s = 0; s < FL_SYSTEMS; s++) {
		for (size_t i = 0; i < a->bench->njob_counts; i++) {
			unsigned int jobs = a->bench->job_count[i];
			const struct fl_level *x = fl_level_main(a, s, jobs);
			const struct fl_level *y = fl_level_main(b, s, jobs);

			if (!x || !y)
				continue;
			fl_doc_cell(doc, "%s", fl_system_name(s));
			fl_doc_cell(doc, "%u", jobs);
			fl_doc_cell(doc, "%s", fl_cell_number(x->iops.mean, c[0]));
			fl_doc_cell(doc, "%s", fl_cell_number(y->iops.mean, c[1]));
			differs(doc, &x->iops, &y->iops);
		}
	}
	fl_doc_note(
		doc,
		"95 %%: half the confidence interval of the difference (Welch's t test over the runs). Raw rows show how far the two machines themselves differed.");
}

static void locks(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b)
{
	char c[6][FL_CELL];

	fl_doc_heading(doc, "Locks per write");
	fl_doc_table(doc, "rrrrrrr", NULL);
	for (int i = 0; i < 7; i++)
		fl_doc_cell(doc, "%s",
			    (const char *const[]){"jobs", "A exclusive", "B exclusive", "A shared",
						  "B shared", "A fi->lock", "B fi->lock"}[i]);
	for (size_t i = 0; i < a->bench->njob_counts; i++) {
		unsigned int jobs = a->bench->job_count[i];
		const struct fl_level *x = fl_level_main(a, FL_SYSTEM_MOUNT, jobs);
		const struct fl_level *y = fl_level_main(b, FL_SYSTEM_MOUNT, jobs);

		if (!x || !y || !x->counted || !y->counted)
			continue;
		fl_doc_cell(doc, "%u", jobs);
		fl_doc_cell(doc, "%s", fl_cell_ratio(x->exclusive, c[0]));
		fl_doc_cell(doc, "%s", fl_cell_ratio(y->exclusive, c[1]));
		fl_doc_cell(doc, "%s", fl_cell_ratio(x->shared, c[2]));
		fl_doc_cell(doc, "%s", fl_cell_ratio(y->shared, c[3]));
		fl_doc_cell(doc, "%s", fl_cell_ratio(x->fi_lock, c[4]));
		fl_doc_cell(doc, "%s", fl_cell_ratio(y->fi_lock, c[5]));
	}
}

static const char *text(const char *s)
{
	return s && *s ? s : "-";
}

static bool compare_text(struct fl_doc *doc, const char *key, const char *x, const char *y)
{
	if (!strcmp(text(x), text(y)))
		return false;
	fl_doc_cell(doc, "%s", key);
	fl_doc_cell(doc, "%s", text(x));
	fl_doc_cell(doc, "%s", text(y));
	return true;
}

/* Lists what else differs, so that a reader does not believe that only one thing changed. */
static void settings(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b)
{
	const struct fl_bench *x = a->bench, *y = b->bench;
	bool any = false;

	fl_doc_heading(doc, "What differs between the two set-ups");
	fl_doc_table(doc, "lll", NULL);
	fl_doc_cell(doc, "what");
	fl_doc_cell(doc, "A");
	fl_doc_cell(doc, "B");
	any |= compare_text(doc, "profile", x->profile, y->profile);
	for (size_t i = 0; i < x->nvariables; i++)
		any |= compare_text(doc, x->variable[i].name, x->variable[i].value,
				    fl_bench_get(y, x->variable[i].name));
	any |= compare_text(doc, "kernel", x->env.kernel, y->env.kernel);
	any |= compare_text(doc, "kernel build", x->env.kernel_version, y->env.kernel_version);
	any |= compare_text(doc, "fs/fuse", fl_report_variant(a), fl_report_variant(b));
	any |= compare_text(doc, "cpu", x->env.cpu, y->env.cpu);
	any |= compare_text(doc, "fio", x->env.fio, y->env.fio);
	any |= compare_text(doc, "daemon", x->env.daemon, y->env.daemon);
	for (int s = 0; s < FL_SYSTEMS; s++) {
		const struct fl_place *p = &x->env.place[s], *q = &y->env.place[s];

		any |= compare_text(doc, s ? "raw fs" : "mount fs", p->fstype, q->fstype);
		any |= compare_text(doc, s ? "raw options" : "mount options", p->options,
				    q->options);
	}
	if (!any) {
		fl_doc_cell(doc, "nothing recorded");
		fl_doc_cell(doc, "-");
		fl_doc_cell(doc, "-");
	}
	if (strcmp(text(x->profile_text), text(y->profile_text)))
		fl_doc_para(doc, "The two ran different job files: this comparison proves little.");
}

static void scaling(struct fl_doc *doc, const struct fl_analysis *a, const char *letter)
{
	const struct fl_level *one = fl_level_main(a, FL_SYSTEM_MOUNT, 1), *most = NULL;

	for (size_t i = 0; i < a->bench->njob_counts; i++) {
		const struct fl_level *l = fl_level_main(a, FL_SYSTEM_MOUNT,
							 a->bench->job_count[i]);

		if (l && (!most || l->jobs > most->jobs))
			most = l;
	}
	if (one && most && most->jobs > 1)
		fl_doc_item(doc, "%s: %u jobs do %.2f times what one does%s.", letter, most->jobs,
			    most->iops.mean / one->iops.mean,
			    most->iops.mean < 1.5 * one->iops.mean ? ": flat" : "");
}

void fl_report_two(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b,
		   const char *name_a, const char *name_b, const struct fl_figures *figures)
{
	fl_doc_title(doc, "%s: %s (A) against %s (B)", a->bench->profile, name_a, name_b);
	fl_report_verdict(doc, a, "A");
	fl_report_verdict(doc, b, "B");
	scaling(doc, a, "A");
	scaling(doc, b, "B");
	fl_doc_para(
		doc,
		"Counted writes equal fio's in %zu of %zu counted rows of A, and in %zu of %zu of B.",
		a->exact_rows, a->counted_rows, b->exact_rows, b->counted_rows);
	if (figures)
		figures->two(doc, a, b, name_a, name_b);
	throughput(doc, a, b);
	locks(doc, a, b);
	settings(doc, a, b);
	fl_doc_heading(doc, "A: %s", name_a);
	fl_report_scaling(doc, a);
	fl_report_losses(doc, a);
	fl_report_environment(doc, a);
	fl_doc_heading(doc, "B: %s", name_b);
	fl_report_scaling(doc, b);
	fl_report_losses(doc, b);
	fl_report_environment(doc, b);
}
