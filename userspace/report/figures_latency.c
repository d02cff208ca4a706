// SPDX-License-Identifier: GPL-2.0-only
/* The figure of latencies: of one result beside the raw file system, or of several. */
#include "report/figures_latency.h"

#include <math.h>
#include <stdio.h>

#include "report/draw.h"
#include "report/gnuplot.h"

static double p50_of(const struct fl_level *l, double *low, double *high)
{
	*low = *high = NAN;
	return l->clat_p50_ns.mean;
}

static double p99_of(const struct fl_level *l, double *low, double *high)
{
	*low = l->clat_p99_ns.min;
	*high = l->clat_p99_ns.max;
	return l->clat_p99_ns.mean;
}

static double p999_of(const struct fl_level *l, double *low, double *high)
{
	*low = *high = NAN;
	return l->clat_p999_ns.mean;
}

/* Names of data blocks: "m0", "m1", ... */
static const char *block_name(char name[8], const char *prefix, size_t k)
{
	snprintf(name, 8, "%s%u", prefix, (unsigned int)k);
	return name;
}

/* The lowest and highest latency that is drawn. */
static void latency_range(const struct fl_results *r, double *low, double *high)
{
	*low = INFINITY;
	*high = 0;
	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		const struct fl_analysis *a = fl_draw_barred_at(r, k);

		for (size_t i = 0; i < a->nlevels; i++) {
			const struct fl_level *l = &a->level[i];

			if (!l->clat_p50_ns.n ||
			    ((r->n > 1 || k >= r->n) && l->system == FL_SYSTEM_RAW))
				continue;
			*low = fmin(*low, l->clat_p50_ns.mean);
			*high = fmax(*high, fmax(l->clat_p999_ns.mean, l->clat_p99_ns.max));
		}
	}
}

static void latency_of_one(struct fl_plot *p, bool *first, const struct fl_analysis *a)
{
	bool m = fl_draw_curve_data(p->script, "p50", a, FL_SYSTEM_MOUNT, p50_of);
	bool raw = fl_draw_curve_data(p->script, "rawp99", a, FL_SYSTEM_RAW, p99_of);

	fl_draw_curve_data(p->script, "p99", a, FL_SYSTEM_MOUNT, p99_of);
	fl_draw_curve_data(p->script, "p999", a, FL_SYSTEM_MOUNT, p999_of);
	if (m) {
		fl_draw_curve(p->script, first, "p999", "@EXCLUSIVE", "p99.9", 2 * FL_DRAW_SHAPES);
		fl_draw_curve(p->script, first, "p99", "@UPGRADE", "p99",
			      FL_DRAW_BARS | FL_DRAW_SHAPES);
		fl_draw_curve(p->script, first, "p50", "@MOUNT", "p50", 0);
	}
	if (raw)
		fl_draw_curve(p->script, first, "rawp99", "@RAW", "raw p99", FL_DRAW_DASHED);
}

/*
 * The three quantiles of several results: colours tell the results apart, kinds of lines the quantiles.
 */
static const struct {
	const char *block; /* "m": blocks "m0", "m1", ... */
	const char *title;
	fl_draw_value *value;
	int how;
} quantiles[] = {
	{"u", "p99.9", p999_of, FL_DRAW_DOTTED | FL_DRAW_THIN},
	{"t", "p99", p99_of, FL_DRAW_BARS},
	{"m", "p50", p50_of, FL_DRAW_DASHED | FL_DRAW_THIN},
};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

/* Only the solid line of a result is in the key by its letter. */
static void quantile_curve(struct fl_plot *p, bool *first, const struct fl_results *r, size_t q,
			   size_t k)
{
	char name[8], title[2] = "";

	if (quantiles[q].how & FL_DRAW_BARS)
		fl_draw_mark(r, k, title);
	fl_draw_curve(p->script, first, block_name(name, quantiles[q].block, k), fl_draw_colour(k),
		      title, quantiles[q].how | FL_DRAW_SHAPES * k);
}

static void latency_of_several(struct fl_plot *p, bool *first, const struct fl_results *r)
{
	char name[8];
	bool has[FL_MAX_RESULTS] = {};

	for (size_t k = 0; k < r->n; k++)
		for (size_t q = 0; q < QUANTILES; q++)
			has[k] |= fl_draw_curve_data(p->script,
						     block_name(name, quantiles[q].block, k),
						     r->a[k], FL_SYSTEM_MOUNT, quantiles[q].value);
	for (size_t k = 0; k < r->n; k++)
		for (size_t q = 0; has[k] && q < QUANTILES; q++)
			quantile_curve(p, first, r, q, k);
	for (size_t q = 0; !*first && q < QUANTILES; q++)
		fl_draw_kind(p->script, quantiles[q].title, quantiles[q].how);
}

/* Writes the reference's blocks; false: it has none. */
static bool latency_of_reference(struct fl_plot *p, const struct fl_results *r)
{
	const struct fl_analysis *a = r->ref ? r->ref->earlier : NULL;

	return a && fl_draw_curve_data(p->script, "refp50", a, FL_SYSTEM_MOUNT, p50_of) &&
	       fl_draw_curve_data(p->script, "refp99", a, FL_SYSTEM_MOUNT, p99_of) &&
	       fl_draw_curve_data(p->script, "refp999", a, FL_SYSTEM_MOUNT, p999_of);
}

/*
 * Beside one result the reference has names of its own, beside several it has the kinds of lines that
 * they have.
 */
static void latency_curves_of_reference(struct fl_plot *p, bool *first, bool several)
{
	int dashed = FL_DRAW_DASHED | FL_DRAW_THIN, dotted = FL_DRAW_DOTTED | FL_DRAW_THIN;

	fl_draw_curve(p->script, first, "refp999", "@FG", several ? "" : "R p99.9", dotted);
	fl_draw_curve(p->script, first, "refp99", "@FG", several ? "R" : "R p99",
		      several ? FL_DRAW_THIN : dashed);
	fl_draw_curve(p->script, first, "refp50", several ? "@FG" : "@MUTED",
		      several ? "" : "R p50", dashed);
}

void fl_figure_latency(struct fl_doc *doc, const struct fl_results *r)
{
	double low, high;
	bool first = true, ref;
	struct fl_plot p;

	latency_range(r, &low, &high);
	if (!(high > 0) || fl_plot_begin(&p))
		return;
	fl_draw_level_axis(p.script, r->a[0]->bench);
	fl_draw_log_time_axis(p.script, 'y', low / 1.3, high * 1.3);
	fl_draw_key_room(&p, r, 3);
	ref = latency_of_reference(&p, r);
	if (r->n == 1)
		latency_of_one(&p, &first, r->a[0]);
	else
		latency_of_several(&p, &first, r);
	if (ref)
		latency_curves_of_reference(&p, &first, r->n > 1);
	if (first)
		fl_plot_drop(&p);
	else
		fl_plot_end(
			&p, doc, "Latency of writes",
			"fio's completion latency, on a logarithmic scale%s. Bars: lowest to highest run%s%s.",
			r->n == 1
				? ". Half of the writes take less than p50, one in a thousand longer than p99.9"
				: "; dotted: p99.9, solid: p99, dashed: p50",
			ref ? ". R is the reference, " : "", ref ? r->ref->name : "");
}
