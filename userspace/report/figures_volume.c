// SPDX-License-Identifier: GPL-2.0-only
/* Figures of bytes, where block sizes differ, and of the reads that run beside writes. */
#include <math.h>
#include <string.h>

#include "report/draw.h"
#include "report/figures_volume.h"
#include "report/gnuplot.h"

static double megabytes_of(const struct fl_level *l, double *low, double *high)
{
	*low = l->bytes_per_s.min / 1e6;
	*high = l->bytes_per_s.max / 1e6;
	return l->bytes_per_s.mean / 1e6;
}

static double reads_of(const struct fl_level *l, double *low, double *high)
{
	*low = l->reads.min;
	*high = l->reads.max;
	return l->reads.mean;
}

static double most_of(const struct fl_results *r, fl_draw_value *value)
{
	double most = 0, low, high;

	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		const struct fl_analysis *a = fl_draw_barred_at(r, k);

		for (size_t i = 0; i < a->nlevels; i++) {
			value(&a->level[i], &low, &high);
			most = fmax(most, high);
		}
	}
	return most;
}

static bool data(FILE *f, size_t k, const struct fl_analysis *a, enum fl_system s,
		 fl_draw_value *value, char name[16])
{
	snprintf(name, 16, "%s%zu", s == FL_SYSTEM_RAW ? "raw" : "v", k);
	return fl_draw_curve_data(f, name, a, s, value);
}

/* One curve a result, beside the raw file system where there is one result only. */
static void plot(struct fl_doc *doc, const struct fl_results *r, fl_draw_value *value,
		 const char *title, const char *what)
{
	bool has[FL_MAX_RESULTS + 1], raw = false, first = true;
	char name[16], mark[2], words[FL_DRAW_WORDS] = "";
	struct fl_plot p;

	if (fl_plot_begin(&p))
		return;
	fl_draw_level_axis(p.script, r->a[0]->bench);
	fl_draw_rate_axis(p.script, most_of(r, value));
	if (r->n == 1)
		raw = data(p.script, 0, r->a[0], FL_SYSTEM_RAW, value, name);
	for (size_t k = 0; k < fl_draw_barred(r); k++)
		has[k] = data(p.script, k, fl_draw_barred_at(r, k), FL_SYSTEM_MOUNT, value, name);
	if (raw)
		fl_draw_curve(p.script, &first, "raw0", "@RAW", "raw", FL_DRAW_BARS);
	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		bool ref = k == r->n;

		if (!has[k])
			continue;
		snprintf(name, sizeof(name), "v%zu", k);
		fl_draw_mark(r, k, mark);
		fl_draw_curve(p.script, &first, name,
			      ref	 ? "@FG"
			      : r->n > 1 ? fl_draw_colour(k)
					 : "@MOUNT",
			      *mark ? mark : "mount",
			      ref ? FL_DRAW_DASHED | FL_DRAW_THIN
				  : FL_DRAW_BARS | (int)(FL_DRAW_SHAPES * k));
		if (ref)
			snprintf(words, sizeof(words), " R is the reference, %s.", r->ref->name);
	}
	if (first)
		fl_plot_drop(&p);
	else
		fl_plot_end(&p, doc, title, "%s Bars: slowest to fastest run.%s", what, words);
}

void fl_figure_volume(struct fl_doc *doc, const struct fl_results *r)
{
	if (fl_report_wants_bytes(r->a[0]))
		plot(doc, r, megabytes_of, "Megabytes written per second",
		     "The same writes by their bytes, in millions.");
	if (fl_report_wants_reads(r))
		plot(doc, r, reads_of, "Reads per second", "The reads that ran beside the writes.");
}
