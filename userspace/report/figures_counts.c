// SPDX-License-Identifier: GPL-2.0-only
/* The figures of what was counted: takes, series over time, histograms. */
#include "report/figures_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/draw.h"
#include "report/gnuplot.h"
#include "util/text.h"

static bool tells_fi_lock(const struct fl_analysis *a)
{
	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].counted && isfinite(a->level[i].fi_lock))
			return true;
	return false;
}

static bool held_parts(const struct fl_level *l, double part[FL_BAR_PARTS])
{
	part[0] = l->exclusive;
	part[1] = l->shared;
	part[2] = isfinite(l->fi_lock) ? l->fi_lock : 0;
	return l->counted && isfinite(l->exclusive);
}

void fl_figure_takes(struct fl_doc *doc, const struct fl_results *r)
{
	static const char *const colours[] = {"@EXCLUSIVE", "@SHARED", "@SPIN"};
	static const char *const titles[] = {"exclusive", "shared", "fi->lock"};
	bool spin = true;
	char said[768] = "", words[FL_DRAW_WORDS];
	struct fl_plot p;

	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		const struct fl_analysis *a = fl_draw_barred_at(r, k);
		const struct fl_level *l = fl_level_last(a, FL_SYSTEM_MOUNT);
		size_t used = strlen(said);
		char mark[2], at[FL_CELL];

		if (!l || !l->counted || !isfinite(l->exclusive))
			continue;
		spin &= tells_fi_lock(a);
		fl_draw_mark(r, k, mark);
		snprintf(said + used, sizeof(said) - used,
			 "%s%s%s %s %.1f %% exclusive, %.1f %% shared", used ? "; " : "", mark,
			 *mark ? ": at" : "At", fl_cell_at(a->bench, l->at, at), 100 * l->exclusive,
			 100 * l->shared);
	}
	if (!*said || fl_plot_begin(&p))
		return;
	fputs("set format y '%g'\nset yrange [0:*<1.2]\n", p.script);
	fl_draw_bars(p.script, r, held_parts, spin ? 3 : 2, colours, titles);
	fl_plot_end(&p, doc, spin ? "Lock takes per write" : "How writes held the inode lock",
		    "%s%s.", said, fl_draw_reference_bars(r, held_parts, words));
}

/* One figure of a series, by its place in struct fl_point, averaged over several points. */
static double mean_over(const struct fl_series *s, size_t from, size_t to, size_t offset)
{
	double sum = 0, time = 0;

	for (size_t i = from; i < to; i++) {
		__u64 begin = i ? s->point[i - 1].t_ns : s->start_ns;
		double v;

		memcpy(&v, (const char *)&s->point[i] + offset, sizeof(v));
		if (!isfinite(v))
			return NAN;
		sum += v * (s->point[i].t_ns - begin);
		time += s->point[i].t_ns - begin;
	}
	return time > 0 ? sum / time : NAN;
}

/*
 * fio's samples are rates over steps whose length it does not report exactly; it does report the
 * sums.
 */
static double fio_scale(const struct fl_bench_row *row)
{
	const struct fl_series *s = &row->series;
	double sum = 0, scale;

	for (size_t i = 0; i < s->n; i++) {
		__u64 begin = i ? s->point[i - 1].t_ns : s->start_ns;

		if (isfinite(s->point[i].fio_iops))
			sum += s->point[i].fio_iops * (s->point[i].t_ns - begin) * 1e-9;
	}
	scale = sum > 0 ? row->fio.write.ios / sum : 1;
	return scale > 0.8 && scale < 1.25 ? scale : 1;
}

/* Points in a bin: half a second of them, more in long runs, fewer in short ones. */
static size_t bin_points(const struct fl_series *s)
{
	size_t most = s->n / 60 + 1, half_second = s->n >= 25 ? 5 : s->n >= 10 ? 2 : 1;

	return most > half_second ? most : half_second;
}

/* A block "seconds fio exclusive shared fi->lock". *most rises to the highest of the first n figures. */
static void series_data(FILE *f, const char *name, const struct fl_bench_row *row, size_t n,
			double *most)
{
	const struct fl_series *s = &row->series;
	size_t each = bin_points(s);
	double scale = fio_scale(row);

	fl_draw_block(f, name);
	for (size_t i = 0; i < s->n; i += each) {
		size_t to = i + each < s->n ? i + each : s->n;
		__u64 begin = i ? s->point[i - 1].t_ns : s->start_ns, end = s->point[to - 1].t_ns;
		double v[] = {
			scale * mean_over(s, i, to, offsetof(struct fl_point, fio_iops)),
			mean_over(s, i, to, offsetof(struct fl_point, exclusive)),
			mean_over(s, i, to, offsetof(struct fl_point, shared)),
			mean_over(s, i, to, offsetof(struct fl_point, fi_lock)),
		};

		fl_draw_number(f, (begin + (end - begin) / 2.0 - s->start_ns) * 1e-9);
		for (size_t k = 0; k < sizeof(v) / sizeof(v[0]); k++) {
			fl_draw_number(f, v[k]);
			if (k < n)
				*most = fmax(*most, v[k]);
		}
		fputc('\n', f);
	}
	fl_draw_block_end(f);
}

static bool has_fi_lock(const struct fl_series *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (isfinite(s->point[i].fi_lock))
			return true;
	return false;
}

static const struct fl_bench_row *series_of(const struct fl_analysis *a)
{
	const struct fl_level *l = fl_level_last(a, FL_SYSTEM_MOUNT);

	return l && l->sample && l->sample->series.n >= 2 ? l->sample : NULL;
}

/* Writes the reference's block; false: it has no series, or none that fits the scale. */
static bool reference_series(FILE *f, const struct fl_results *r, double *most)
{
	const struct fl_bench_row *row = r->ref && r->ref->earlier ? series_of(r->ref->earlier)
								   : NULL;

	double peak = 0;

	if (row)
		series_data(f, "ref", row, 1, &peak);
	/* one of another order would flatten the others */
	if (!row || peak > 3 * *most)
		return false;
	*most = fmax(*most, peak);
	return true;
}

static const char reference_line[] = ", $ref using 1:2 with lines lc @FG lw 1.4 dt 2 title 'R'";

static void series_of_one(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_analysis *a = r->a[0];
	const struct fl_bench_row *row = series_of(a);
	char at[FL_CELL];
	double most = 0;
	struct fl_plot p;
	bool ref;

	if (!row || !row->counted || fl_plot_begin(&p))
		return;
	series_data(p.script, "s", row, 4, &most);
	ref = reference_series(p.script, r, &most);
	fl_draw_rate_axis(p.script, most);
	fputs("set xlabel 'seconds' textcolor @MUTED\nset xrange [0:*]\n"
	      "plot $s using 1:2 with filledcurves y1=0 lc @RAW fs solid 0.3 noborder "
	      "title 'fio', $s using 1:3 with lines lc @EXCLUSIVE lw 1.6 title 'exclusive/s', $s using 1:4 with lines lc @SHARED lw 1.6 title 'shared/s'",
	      p.script);
	if (has_fi_lock(&row->series))
		fputs(", $s using 1:5 with lines lc @SPIN lw 1.6 title 'fi->lock/s'", p.script);
	if (ref)
		fputs(reference_line, p.script);
	fl_plot_end(
		&p, doc, "IOPS and counts over time",
		"The first run at %s on one clock, in steps of %.1f s: what fio did, and what was counted. fio takes its own samples, so a step may differ by one sample; the sums do not.%s%s%s",
		fl_cell_at(a->bench, fl_axis_of_row(a->bench, row), at),
		bin_points(&row->series) * 0.1, ref ? " R is the reference, " : "",
		ref ? r->ref->name : "", ref ? "." : "");
}

static void series_of_several(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench_row *row[FL_MAX_RESULTS];
	double most = 0;
	char name[8];
	size_t n = 0;
	bool first = true, ref;
	struct fl_plot p;

	for (size_t k = 0; k < r->n; k++)
		n += (row[k] = series_of(r->a[k])) != NULL;
	if (n < 2 || fl_plot_begin(&p))
		return;
	for (size_t k = 0; k < r->n; k++) {
		snprintf(name, sizeof(name), "s%c", 'a' + (int)k);
		if (row[k])
			series_data(p.script, name, row[k], 1, &most);
	}
	ref = reference_series(p.script, r, &most);
	fl_draw_rate_axis(p.script, most);
	fputs("set xlabel 'seconds' textcolor @MUTED\nset xrange [0:*]\n", p.script);
	for (size_t k = 0; k < r->n; k++) {
		if (!row[k])
			continue;
		fprintf(p.script, "%s $s%c using 1:2 with lines lc %s lw 2 title '%c'",
			first ? "plot" : ",", 'a' + (int)k, fl_draw_colour(k), 'A' + (int)k);
		first = false;
	}
	if (ref)
		fputs(reference_line, p.script);
	fl_plot_end(
		&p, doc, "Writes per second over time",
		"fio's own figures on the mount: for each result, the first run at the end of the axis%s%s.",
		ref ? ". R is the reference, " : "", ref ? r->ref->name : "");
}

void fl_figure_series(struct fl_doc *doc, const struct fl_results *r)
{
	if (r->n == 1)
		series_of_one(doc, r);
	else
		series_of_several(doc, r);
}

/* All writes of a level, however they held the lock. */
static struct fl_hist both(const struct fl_level *l, const int *kinds)
{
	struct fl_hist sum = l->hists.hist[kinds[0]];

	fl_hist_add(&sum, &l->hists.hist[kinds[1]]);
	return sum;
}

static void time_axis(FILE *f, const struct fl_octaves *here, const struct fl_octaves *reference)
{
	int low = FL_HIST_OCTAVES, high = 0;

	for (int i = 0; i < FL_HIST_OCTAVES; i++) {
		if (!here->bucket[i] && !reference->bucket[i])
			continue;
		low = i < low ? i : low;
		high = i > high ? i : high;
	}
	if (low < 1)
		low = 1;
	fl_draw_log_time_axis(f, 'x', ldexp(1, low - 1) * 0.9,
			      ldexp(1, high < low ? low : high) * 1.1);
	fputs("set format y '%g %%'\n", f);
}

static void hist_data(FILE *f, const char *name, const struct fl_octaves *h, double all)
{
	fprintf(f, "$%s << EOD\n", name);
	for (int i = 0; i < FL_HIST_OCTAVES; i++) {
		double low = i ? ldexp(1, i - 1) : 0.9, high = i ? ldexp(1, i) : 1;

		if (h->bucket[i])
			fprintf(f, "%g %g %g %g 0 %g\n", sqrt(low * high),
				100.0 * h->bucket[i] / all, low * 1.02, high * 0.98,
				100.0 * h->bucket[i] / all);
	}
	fputs("EOD\n", f);
}

/* The outline of the reference's bars. */
static void outline_data(FILE *f, const struct fl_octaves *h, double all)
{
	fl_draw_block(f, "ref");
	for (int i = 0; i < FL_HIST_OCTAVES; i++) {
		double share = 100.0 * h->bucket[i] / all;

		fprintf(f, "%g %g\n%g %g\n", i ? ldexp(1, i - 1) : 0.9, share,
			i ? ldexp(1, i) : 1.0, share);
	}
	fl_draw_block_end(f);
}

/* ref: the reference's level; NULL: none. */
static void plot_hist(struct fl_doc *doc, const struct fl_results *r, const struct fl_level *l,
		      const struct fl_level *ref, const int *kinds, const char *title,
		      const char *what)
{
	static const char *const names[] = {"exclusive", "shared"};
	static const char *const colour[] = {"@EXCLUSIVE", "@SHARED"};
	const struct fl_hist *h = l->hists.hist;
	double all = fl_hist_count(&h[kinds[0]]) + fl_hist_count(&h[kinds[1]]);
	char p50[FL_CELL], p99[FL_CELL], at[FL_CELL];
	struct fl_hist sum = both(l, kinds), reference = {};
	struct fl_octaves octaves = fl_hist_octaves(&sum), others = {};
	bool first = true;
	struct fl_plot p;

	if (!all || fl_plot_begin(&p))
		return;
	if (ref)
		reference = both(ref, kinds);
	ref = fl_hist_count(&reference) ? ref : NULL;
	others = fl_hist_octaves(&reference);
	time_axis(p.script, &octaves, &others);
	if (ref)
		outline_data(p.script, &others, fl_hist_count(&reference));
	for (int k = 0; k < 2; k++) {
		octaves = fl_hist_octaves(&h[kinds[k]]);
		hist_data(p.script, names[k], &octaves, all);
	}
	for (int k = 0; k < 2; k++) {
		if (!fl_hist_count(&h[kinds[k]]))
			continue;
		fprintf(p.script,
			"%s $%s using 1:2:3:4:5:6 with boxxyerror lc %s fs solid 0.8 noborder title '%s'",
			first ? "plot" : ",", names[k], colour[k], names[k]);
		first = false;
	}
	if (ref)
		fputs(reference_line, p.script);
	fl_plot_end(
		&p, doc, title,
		"Share of the writes at %s by %s; buckets double in width. Half take less than %s, 99 %% less than %s.%s%s%s",
		fl_cell_at(r->a[0]->bench, l->at, at), what,
		fl_duration(fl_hist_quantile(&sum, 0.5), p50, sizeof(p50)),
		fl_duration(fl_hist_quantile(&sum, 0.99), p99, sizeof(p99)),
		ref ? " R is the reference, " : "", ref ? r->ref->name : "", ref ? "." : "");
}

void fl_figure_hists(struct fl_doc *doc, const struct fl_results *r)
{
	static const int wait[] = {FL_HIST_WAIT_EXCL, FL_HIST_WAIT_SHARED};
	static const int hold[] = {FL_HIST_HOLD_EXCL, FL_HIST_HOLD_SHARED};
	const struct fl_level *m = fl_level_last(r->a[0], FL_SYSTEM_MOUNT), *ref = NULL;

	if (!m || !m->has_hists)
		return;
	if (r->ref && r->ref->earlier)
		ref = fl_level_main(r->ref->earlier, FL_SYSTEM_MOUNT, m->at);
	plot_hist(doc, r, m, ref, wait, "Waiting for the inode lock", "time from entry to locked");
	plot_hist(doc, r, m, ref, hold, "Holding the inode lock", "time from locked to return");
}
