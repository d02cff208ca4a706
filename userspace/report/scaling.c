// SPDX-License-Identifier: GPL-2.0-only
/* What the rows say about scaling: fits, ceilings, and predictions beside the measurements. */
#include "report/sections.h"

#include <math.h>

#include "util/text.h"

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

static void usl(struct fl_doc *doc, const char *name, const struct fl_usl *u)
{
	char c[FL_CELL], range[96] = "";

	if (!u->fits) {
		fl_doc_item(doc, "%s: no fit. %c%s.", name,
			    u->why_not[0] >= 'a' && u->why_not[0] <= 'z' ? u->why_not[0] - 32
									 : u->why_not[0],
			    u->why_not + 1);
		return;
	}
	if (u->sigma_high - u->sigma_low > 0.001)
		snprintf(range, sizeof(range), " (%.1f to %.1f %%, leaving one job count out)",
			 100 * u->sigma_low, 100 * u->sigma_high);
	if (!isfinite(u->ceiling) || u->sigma < 0.0005)
		fl_doc_item(
			doc,
			"%s: serial share %.1f %%%s; these rows show no ceiling. Residual %.1f %%.",
			name, 100 * u->sigma, range, 100 * u->residual);
	else
		fl_doc_item(
			doc,
			"%s: serial share %.1f %%%s, so no number of jobs passes %s IOPS%s. Residual %.1f %%.",
			name, 100 * u->sigma, range, fl_cell_number(u->ceiling, c),
			u->has_kappa ? "" : " (Amdahl's law: three points allow no more)",
			100 * u->residual);
}

static void ceilings(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_level *most = NULL, *last = NULL;
	const struct fl_level *one = fl_level_one_job(a, FL_SYSTEM_MOUNT);
	char c[4][FL_CELL];

	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].counted)
			last = &a->level[i];

	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (!l->counted)
			continue;
		if (!most || l->jobs > most->jobs)
			most = l;
		/*
		 * print it for the smallest and the largest number of jobs: between them it changes
		 * little
		 */
		if (l->ceiling > 0 && (l->jobs == 1 || l == last))
			fl_doc_item(
				doc,
				"Ceiling from the mean exclusive hold at %u job%s: 1 / %s x %.0f file%s = %s writes/s; measured %s, %.0f %% of it.",
				l->jobs, plural(l->jobs), fl_cell_ns(l->hold_exclusive_ns, c[0]),
				l->files, plural(l->files), fl_cell_number(l->ceiling, c[1]),
				fl_cell_number(l->iops.mean, c[2]),
				100 * l->iops.mean / l->ceiling);
	}
	/*
	 * exclusive holds of one file never overlap, so throughput alone is an upper bound of their
	 * mean
	 */
	if (most && most->exclusive >= 0.999 && !(most->ceiling > 0) && most->files >= 1)
		fl_doc_item(
			doc,
			"Holds were not timed. Exclusive holds of one file never overlap, so with %s writes/s at %u job%s the mean hold is at most %s.",
			fl_cell_number(most->iops.mean, c[0]), most->jobs, plural(most->jobs),
			fl_cell_ns(1e9 * most->files / most->iops.mean, c[1]));
	if (one && most && most->jobs > 1)
		fl_doc_item(doc, "%u jobs do %.2f times what one does.", most->jobs,
			    most->iops.mean / one->iops.mean);
}

static void predictions(struct fl_doc *doc, const struct fl_analysis *a)
{
	char c[4][FL_CELL];

	if (!a->npredictions) {
		fl_doc_item(doc, "No prediction from one job: %s.",
			    a->no_prediction[0] ? a->no_prediction : "there is only one job count");
		return;
	}
	fl_doc_table(
		doc, "rrrrr",
		"Predicted from the rows with one job alone (their IOPS and mean exclusive hold), and compared with what was measured:");
	fl_doc_cell(doc, "jobs");
	fl_doc_cell(doc, "bound");
	fl_doc_cell(doc, "queue");
	fl_doc_cell(doc, "measured");
	fl_doc_cell(doc, "queue off by");
	for (size_t i = 0; i < a->npredictions; i++) {
		const struct fl_prediction *p = &a->prediction[i];

		fl_doc_cell(doc, "%u", p->jobs);
		fl_doc_cell(doc, "%s", fl_cell_number(p->bound, c[0]));
		fl_doc_cell(doc, "%s", fl_cell_number(p->queue, c[1]));
		fl_doc_cell(doc, "%s", fl_cell_number(p->measured, c[2]));
		fl_doc_cell(doc, "%s", fl_cell_signed(p->queue / p->measured - 1, c[3]));
	}
	fl_doc_note(
		doc,
		"bound: min(jobs x one job, 1 / hold). queue: one server and a delay, by mean value analysis. Neither knows the device or the number of CPUs.");
}

static void what_if(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_level *most = NULL;
	const char *why;
	double iops;
	char c[2][FL_CELL], pct[FL_CELL];

	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].counted && (!most || a->level[i].jobs > most->jobs))
			most = &a->level[i];
	if (!most || !(most->exclusive > 0))
		return;
	iops = fl_what_if(a, most, &why);
	if (why) {
		fl_doc_item(doc, "No projection of what the shared lock would bring: %s.", why);
		return;
	}
	if (most->jobs == 1)
		return;
	if (iops <= most->iops.mean) {
		fl_doc_item(
			doc,
			"Projection, not a measurement: at %u jobs the shared lock would bring nothing here, because the raw file system itself scales no further.",
			most->jobs);
		return;
	}
	fl_doc_item(
		doc,
		"Projection, not a measurement: %s of the writes are eligible for the shared lock. If they ran under it at %u jobs and scaled as the raw file system does, the mount would do about %s IOPS instead of %s (%+.0f %%).",
		fl_percent(most->totals.eligible, most->totals.writes, pct, sizeof(pct)),
		most->jobs, fl_cell_number(iops, c[0]), fl_cell_number(most->iops.mean, c[1]),
		100 * (iops / most->iops.mean - 1));
}

void fl_report_scaling(struct fl_doc *doc, const struct fl_analysis *a)
{
	/* a sweep of something else does not show how jobs scale */
	if (a->bench->sweep)
		return;
	fl_doc_heading(doc, "Scaling");
	if (a->bench->use[FL_SYSTEM_MOUNT])
		usl(doc, "Mount", &a->usl[FL_SYSTEM_MOUNT]);
	if (a->bench->use[FL_SYSTEM_RAW])
		usl(doc, "Raw", &a->usl[FL_SYSTEM_RAW]);
	ceilings(doc, a);
	what_if(doc, a);
	if (a->bench->use[FL_SYSTEM_MOUNT])
		predictions(doc, a);
}

static void curve_row(struct fl_doc *doc, const struct fl_curve *c, const double *jobs,
		      size_t njobs, bool scales)
{
	struct fl_usl u;
	double speedup;
	char n[FL_CELL];

	fl_usl_fit(c->point, c->n, &u);
	fl_curve_peak(c, &speedup);
	fl_doc_cell(doc, "%s%s", c->name, c->approximate ? " ~" : "");
	for (size_t i = 0; i < njobs; i++)
		fl_doc_cell(doc, "%s", fl_cell_short(fl_curve_at(c, jobs[i]), n));
	if (!scales)
		return;
	if (isfinite(speedup) && c->n > 1)
		fl_doc_cell(doc, "%.2f", speedup);
	else
		fl_doc_cell(doc, "-");
	if (u.fits)
		fl_doc_cell(doc, "%.1f %%", 100 * u.sigma);
	else
		fl_doc_cell(doc, "-");
}

static void measured_row(struct fl_doc *doc, const struct fl_analysis *a, const char *name,
			 enum fl_system system, const double *jobs, size_t njobs)
{
	const struct fl_level *one = fl_level_one_job(a, system);
	const struct fl_usl *u = &a->usl[system];
	double peak = 0;
	char n[FL_CELL];

	if (!a->bench->use[system])
		return;
	fl_doc_cell(doc, "%s, %s", name, fl_system_name(system));
	for (size_t i = 0; i < njobs; i++) {
		const struct fl_level *l = fl_level_main(a, system, jobs[i]);

		fl_doc_cell(doc, "%s", fl_cell_short(l ? l->iops.mean : NAN, n));
		if (l)
			peak = fmax(peak, l->iops.mean);
	}
	if (a->bench->sweep)
		return;
	if (one)
		fl_doc_cell(doc, "%.2f", peak / one->iops.mean);
	else
		fl_doc_cell(doc, "-");
	if (u->fits)
		fl_doc_cell(doc, "%.1f %%", 100 * u->sigma);
	else
		fl_doc_cell(doc, "-");
}

/*
 * What a published row with one job says about its own plateau. A table of IOPS has no hold times.
 * If the share of a cycle in which the lock is held was measured here, it carries over to other
 * machines better than any absolute time.
 */
static void published_prediction(struct fl_doc *doc, const struct fl_analysis *a,
				 const struct fl_curve *c)
{
	double one = fl_curve_at(c, 1), speedup, peak = fl_curve_peak(c, &speedup), predicted;
	char n[4][FL_CELL], then[192];

	if (!(one > 0) || c->n < 2)
		return;
	if (!(a->hold_share > 0)) {
		if (speedup < 2)
			fl_doc_item(
				doc,
				"%s: the table has no hold times, so its row with one job cannot predict the plateau. If one lock makes the plateau of %s, each write holds it for %s, %.0f %% of one job's cycle.",
				c->name, fl_cell_number(peak, n[0]), fl_cell_ns(1e9 / peak, n[1]),
				100 * one / peak);
		return;
	}
	predicted = one / a->hold_share;
	if (peak <= 1.25 * predicted)
		*then = '\0';
	else if (speedup < 2)
		snprintf(
			then, sizeof(then),
			": its workload must hold the lock for less of a cycle, %.0f %% if the lock makes that plateau; its row with one job cannot tell",
			100 * one / peak);
	else
		snprintf(then, sizeof(then), ": this curve does not wait for that lock");
	fl_doc_item(
		doc,
		"%s: if its workload holds the lock for %.0f %% of one job's cycle, as the workload here does, %s IOPS at one job predict a plateau of %s under the exclusive lock; %s were published (%+.0f %%)%s.",
		c->name, 100 * a->hold_share, fl_cell_number(one, n[0]),
		fl_cell_number(predicted, n[1]), fl_cell_number(peak, n[2]),
		100 * (peak / predicted - 1), then);
}

void fl_report_reference(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_reference *ref = r->ref;
	const struct fl_bench *b = r->a[0]->bench;
	double jobs[8];
	size_t njobs = 0;
	char align[16] = "l", name[8], v[FL_SWEEP_VALUE];

	for (size_t i = 0; i < ref->n; i++) {
		for (size_t k = 0; k < ref->curve[i].n && njobs < 6; k++) {
			size_t at = 0;

			while (at < njobs && jobs[at] != ref->curve[i].point[k].jobs)
				at++;
			if (at == njobs)
				jobs[njobs++] = ref->curve[i].point[k].jobs;
		}
	}
	for (size_t i = 0; i < njobs + (b->sweep ? 0 : 2); i++)
		align[i + 1] = 'r';
	fl_doc_heading(doc, "Beside the reference");
	fl_doc_table(doc, align, NULL);
	fl_doc_cell(doc, "IOPS at %s", fl_axis_label(b));
	for (size_t i = 0; i < njobs; i++)
		fl_doc_cell(doc, "%s", fl_axis_value(b, jobs[i], v));
	if (!b->sweep) {
		fl_doc_cell(doc, "peak/1");
		fl_doc_cell(doc, "serial");
	}
	for (size_t k = 0; k < r->n; k++) {
		snprintf(name, sizeof(name), "%c", 'A' + (int)k);
		for (int s = 0; s < FL_SYSTEMS; s++)
			measured_row(doc, r->a[k], r->n > 1 ? name : "measured here", s, jobs,
				     njobs);
	}
	for (size_t i = 0; i < ref->n; i++)
		curve_row(doc, &ref->curve[i], jobs, njobs, !b->sweep);
	if (b->sweep)
		return;
	fl_doc_note(
		doc,
		"%speak/1: the highest figure, relative to one job. serial: fitted serial share.%s",
		ref->elsewhere ? "Other machines: compare shapes, not heights. " : "",
		ref->elsewhere ? " ~: approximate figures." : "");
	for (size_t i = 0; ref->elsewhere && i < ref->n; i++)
		published_prediction(doc, r->a[0], &ref->curve[i]);
}
