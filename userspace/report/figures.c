// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a report. Only numbers and our own words go into a plot's script. */
#include "report/sections.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/gnuplot.h"
#include "util/text.h"

static void number(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, " %.9g", v);
	else
		fputs(" NaN", f);
}

/*
 * Makes ticks from 0 to beyond most, in round steps and with labels like "1.5k". gnuplot's own
 * formats would print "2k" or "1.500000k".
 */
static void rate_axis(FILE *f, double most)
{
	double step = pow(10, floor(log10(most > 0 ? most : 1))), unit;

	if (most / step < 2)
		step /= 5;
	else if (most / step < 5)
		step /= 2;
	unit = most >= 1e6 ? 1e6 : most >= 1e3 ? 1e3 : 1;
	fputs("set ytics (", f);
	for (int i = 0; i == 0 || (i - 1) * step < most; i++)
		fprintf(f, "%s'%g%s' %g", i ? ", " : "", i * step / unit,
			!i || unit == 1 ? ""
			: unit == 1e3	? "k"
					: "M",
			i * step);
	fprintf(f, ")\nset yrange [0:%g]\n", ceil(most / step) * step);
}

static double most_of_levels(const struct fl_analysis *a, bool ceilings)
{
	double most = 0;

	for (size_t i = 0; i < a->nlevels; i++) {
		if (a->level[i].iops.n)
			most = fmax(most, a->level[i].iops.max);
		if (ceilings && a->level[i].ceiling > 0)
			most = fmax(most, a->level[i].ceiling);
	}
	return most;
}

static double most_of_series(const struct fl_series *s)
{
	double most = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct fl_point *p = &s->point[i];

		/* fmax() ignores NAN, which means not known */
		most = fmax(most,
			    fmax(fmax(p->fio_iops, p->fi_lock), fmax(p->exclusive, p->shared)));
	}
	return most;
}

/* Ticks at the numbers of jobs that were run. */
static void jobs_axis(FILE *f, const struct fl_bench *b)
{
	unsigned int most = 1;

	fputs("set xlabel 'jobs' textcolor @MUTED\nset xtics (", f);
	for (size_t i = 0; i < b->njob_counts; i++) {
		fprintf(f, "%s'%u' %u", i ? ", " : "", b->job_count[i], b->job_count[i]);
		if (b->job_count[i] > most)
			most = b->job_count[i];
	}
	fprintf(f, ")\nset xrange [%g:%g]\n", most > 1 ? 0.6 : 0.5, most + 0.04 * most + 0.2);
}

static const struct fl_level *largest(const struct fl_analysis *a, enum fl_system system)
{
	const struct fl_level *most = NULL;

	for (size_t i = 0; i < a->bench->njob_counts; i++) {
		const struct fl_level *l = fl_level_main(a, system, a->bench->job_count[i]);

		if (l && (!most || l->jobs > most->jobs))
			most = l;
	}
	return most;
}

/* A data block "jobs mean min max ceiling"; returns whether there is any row. */
static bool curve_data(FILE *f, const char *name, const struct fl_analysis *a,
		       enum fl_system system)
{
	bool any = false;

	fprintf(f, "$%s << EOD\n", name);
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (l->system != system || l->probes != (system == FL_SYSTEM_MOUNT) || !l->iops.n)
			continue;
		fprintf(f, "%u", l->jobs);
		number(f, l->iops.mean);
		number(f, l->iops.min);
		number(f, l->iops.max);
		number(f, l->ceiling);
		fputc('\n', f);
		any = true;
	}
	fputs("EOD\n", f);
	return any;
}

static void curve(FILE *f, bool *first, const char *data, const char *colour, const char *title,
		  const char *how)
{
	fprintf(f, "%s $%s using 1:2:3:4 with yerrorbars lc %s lw 1.5 pt 7 ps 0 notitle, ",
		*first ? "plot" : ",", data, colour);
	fprintf(f, "$%s using 1:2 with linespoints lc %s %s pt 7 ps 0.55 title '%s'", data, colour,
		how, title);
	*first = false;
}

static void fit_curve(FILE *f, const struct fl_usl *u, const char *colour)
{
	if (u->fits)
		fprintf(f,
			", %.9g*x/(1+%.9g*(x-1)+%.9g*x*(x-1)) with lines lc %s lw 1 dt 3 notitle",
			u->lambda, u->sigma, u->kappa, colour);
}

/* A ceiling far above all points would flatten the curves, so it is then only mentioned. */
static bool ceiling_fits(const struct fl_analysis *a)
{
	double most = 0, ceiling = 0;

	for (size_t i = 0; i < a->nlevels; i++) {
		most = fmax(most, a->level[i].iops.n ? a->level[i].iops.mean : 0);
		if (a->level[i].ceiling > 0)
			ceiling = fmax(ceiling, a->level[i].ceiling);
	}
	return ceiling > 0 && ceiling < 2.5 * most;
}

static void plot_scaling(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_level *m = largest(a, FL_SYSTEM_MOUNT), *r = largest(a, FL_SYSTEM_RAW);
	bool mount, raw, first = true;
	char said[256] = "", n[FL_CELL];
	struct fl_plot p;

	if (fl_plot_begin(&p))
		return;
	jobs_axis(p.script, a->bench);
	rate_axis(p.script, most_of_levels(a, ceiling_fits(a)));
	mount = curve_data(p.script, "mount", a, FL_SYSTEM_MOUNT);
	raw = curve_data(p.script, "raw", a, FL_SYSTEM_RAW);
	if (raw)
		curve(p.script, &first, "raw", "@RAW", "raw", "lw 2");
	if (mount)
		curve(p.script, &first, "mount", "@MOUNT", "mount", "lw 2.5");
	if (mount)
		fit_curve(p.script, &a->usl[FL_SYSTEM_MOUNT], "@MOUNT");
	if (raw)
		fit_curve(p.script, &a->usl[FL_SYSTEM_RAW], "@RAW");
	if (ceiling_fits(a))
		fputs(", $mount using 1:5 with lines lc @EXCLUSIVE lw 1.5 dt 2 title '1 / hold'",
		      p.script);
	if (m)
		snprintf(said, sizeof(said), "At %u job%s the mount does %s writes/s", m->jobs,
			 m->jobs == 1 ? "" : "s", fl_cell_number(m->iops.mean, n));
	if (r)
		snprintf(said + strlen(said), sizeof(said) - strlen(said),
			 "%s the raw file system %s", m ? ", " : "At most jobs",
			 fl_cell_number(r->iops.mean, n));
	fl_plot_end(&p, doc, "Writes per second over jobs", "%s. Bars: slowest to fastest run%s%s.",
		    said,
		    (mount && a->usl[FL_SYSTEM_MOUNT].fits) || (raw && a->usl[FL_SYSTEM_RAW].fits)
			    ? ". Dotted: fitted scalability law"
			    : "",
		    ceiling_fits(a) ? "; dashed: the ceiling, 1 / mean exclusive hold" : "");
}

/* Bars side by side: "label" is the number of jobs, or "A 4". */
static void takes_rows(FILE *f, const struct fl_analysis *a, const char *prefix)
{
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (!l->counted)
			continue;
		fprintf(f, "\"%s%u\"", prefix, l->jobs);
		number(f, l->exclusive);
		number(f, l->shared);
		number(f, l->upgrades);
		number(f, l->fi_lock);
		fputc('\n', f);
	}
}

static bool tells_fi_lock(const struct fl_analysis *a)
{
	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].counted && isfinite(a->level[i].fi_lock))
			return true;
	return false;
}

static void takes_plot(FILE *f, bool spin)
{
	fputs("set style data histograms\nset style histogram rowstacked\nset boxwidth 0.62\n"
	      "set format y '%g'\nset yrange [0:*<1.2]\nset xlabel 'jobs' textcolor @MUTED\n"
	      "plot $takes using 2:xtic(1) lc @EXCLUSIVE title 'exclusive', '' using 3 lc @SHARED title 'shared'",
	      f);
	if (spin)
		fputs(", '' using 5 lc @SPIN title 'fi->lock'", f);
	fputc('\n', f);
}

static void plot_takes(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_level *m = largest(a, FL_SYSTEM_MOUNT);
	bool spin = tells_fi_lock(a);
	struct fl_plot p;

	if (!m || !m->counted || fl_plot_begin(&p))
		return;
	fputs("$takes << EOD\n", p.script);
	takes_rows(p.script, a, "");
	fputs("EOD\n", p.script);
	takes_plot(p.script, spin);
	fl_plot_end(
		&p, doc, "Lock takes per write",
		"At %u job%s each write takes the inode lock %.3f times exclusively and %.3f times shared%s.",
		m->jobs, m->jobs == 1 ? "" : "s", m->exclusive, m->shared,
		spin ? "" : "; this method does not count fi->lock");
}

static void time_axis(FILE *f, const struct fl_slot_hists *h, const int *kinds)
{
	int low = FL_HIST_BUCKETS, high = 0;
	static const char *const units[] = {"ns", "us", "ms", "s"};

	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < FL_HIST_BUCKETS; i++) {
			if (!h->hist[kinds[k]].bucket[i])
				continue;
			low = i < low ? i : low;
			high = i > high ? i : high;
		}
	}
	if (low < 1)
		low = 1;
	fprintf(f, "set logscale x 10\nset xrange [%g:%g]\nset xtics (", ldexp(1, low - 1) * 0.9,
		ldexp(1, high < low ? low : high) * 1.1);
	for (int e = 0; e < 12; e++)
		fprintf(f, "%s'%d %s' 1e%d", e ? ", " : "",
			e % 3 == 0   ? 1
			: e % 3 == 1 ? 10
				     : 100,
			units[e / 3], e);
	fputs(")\nset format y '%g %%'\n", f);
}

static void hist_data(FILE *f, const char *name, const struct fl_hist *h, double all)
{
	fprintf(f, "$%s << EOD\n", name);
	for (int i = 0; i < FL_HIST_BUCKETS; i++) {
		double low = i ? ldexp(1, i - 1) : 0.9, high = i ? ldexp(1, i) : 1;

		if (h->bucket[i])
			fprintf(f, "%g %g %g %g 0 %g\n", sqrt(low * high),
				100.0 * h->bucket[i] / all, low * 1.02, high * 0.98,
				100.0 * h->bucket[i] / all);
	}
	fputs("EOD\n", f);
}

static void plot_hist(struct fl_doc *doc, const struct fl_level *l, const int *kinds,
		      const char *title, const char *what)
{
	static const char *const names[] = {"exclusive", "shared"};
	static const char *const colour[] = {"@EXCLUSIVE", "@SHARED"};
	const struct fl_hist *h = l->hists.hist;
	double all = fl_hist_count(&h[kinds[0]]) + fl_hist_count(&h[kinds[1]]);
	char p50[FL_CELL], p99[FL_CELL];
	struct fl_hist sum = h[kinds[0]];
	bool first = true;
	struct fl_plot p;

	if (!all || fl_plot_begin(&p))
		return;
	fl_hist_add(&sum, &h[kinds[1]]);
	time_axis(p.script, &l->hists, kinds);
	for (int k = 0; k < 2; k++)
		hist_data(p.script, names[k], &h[kinds[k]], all);
	for (int k = 0; k < 2; k++) {
		if (!fl_hist_count(&h[kinds[k]]))
			continue;
		fprintf(p.script,
			"%s $%s using 1:2:3:4:5:6 with boxxyerror lc %s fs solid 0.8 noborder title '%s'",
			first ? "plot" : ",", names[k], colour[k], names[k]);
		first = false;
	}
	fl_plot_end(
		&p, doc, title,
		"Share of the writes at %u job%s by %s; buckets double in width. Half take less than %s, 99 %% less than %s.",
		l->jobs, l->jobs == 1 ? "" : "s", what,
		fl_duration(fl_hist_quantile(&sum, 0.5), p50, sizeof(p50)),
		fl_duration(fl_hist_quantile(&sum, 0.99), p99, sizeof(p99)));
}

static void series_data(FILE *f, const char *name, const struct fl_series *s)
{
	fprintf(f, "$%s << EOD\n", name);
	for (size_t i = 0; i < s->n; i++) {
		const struct fl_point *pt = &s->point[i];
		__u64 begin = i ? s->point[i - 1].t_ns : s->start_ns;

		number(f, (begin + (pt->t_ns - begin) / 2 - s->start_ns) * 1e-9);
		number(f, pt->fio_iops);
		number(f, pt->writes);
		number(f, pt->exclusive);
		number(f, pt->shared);
		number(f, pt->fi_lock);
		fputc('\n', f);
	}
	fputs("EOD\n", f);
}

static bool has_fi_lock(const struct fl_series *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (isfinite(s->point[i].fi_lock))
			return true;
	return false;
}

static void plot_series(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_level *m = largest(a, FL_SYSTEM_MOUNT);
	const struct fl_series *s = m && m->sample ? &m->sample->series : NULL;
	struct fl_plot p;

	if (!s || s->n < 2 || !m->counted || fl_plot_begin(&p))
		return;
	series_data(p.script, "s", s);
	rate_axis(p.script, most_of_series(s));
	fputs("set xlabel 'seconds' textcolor @MUTED\nset xrange [0:*]\n"
	      "plot $s using 1:2 with filledcurves y1=0 lc @RAW fs solid 0.3 noborder "
	      "title 'fio', $s using 1:4 with lines lc @EXCLUSIVE lw 1.6 title 'exclusive/s', $s using 1:5 with lines lc @SHARED lw 1.6 title 'shared/s'",
	      p.script);
	if (has_fi_lock(s))
		fputs(", $s using 1:6 with lines lc @SPIN lw 1.6 title 'fi->lock/s'", p.script);
	fl_plot_end(
		&p, doc, "IOPS and lock takes over time",
		"The first run at %u job%s, in steps of 100 ms on one clock: what fio did, and what was counted. fio itself makes the quiet start.",
		m->jobs, m->jobs == 1 ? "" : "s");
}

static void one(struct fl_doc *doc, const struct fl_analysis *a)
{
	static const int wait[] = {FL_HIST_WAIT_EXCL, FL_HIST_WAIT_SHARED};
	static const int hold[] = {FL_HIST_HOLD_EXCL, FL_HIST_HOLD_SHARED};
	const struct fl_level *m = largest(a, FL_SYSTEM_MOUNT);

	plot_scaling(doc, a);
	plot_takes(doc, a);
	plot_series(doc, a);
	if (m && m->has_hists) {
		plot_hist(doc, m, wait, "Waiting for the inode lock", "time from entry to locked");
		plot_hist(doc, m, hold, "Holding the inode lock", "time from locked to return");
	}
}

static void speedup_data(FILE *f, const char *name, const struct fl_analysis *a,
			 enum fl_system system)
{
	const struct fl_level *first = fl_level_main(a, system, 1);

	fprintf(f, "$%s << EOD\n", name);
	for (size_t i = 0; first && i < a->bench->njob_counts; i++) {
		const struct fl_level *l = fl_level_main(a, system, a->bench->job_count[i]);

		if (l)
			fprintf(f, "%u %.9g\n", l->jobs, l->iops.mean / first->iops.mean);
	}
	fputs("EOD\n", f);
}

static void plot_two_scaling(struct fl_doc *doc, const struct fl_analysis *a,
			     const struct fl_analysis *b)
{
	const struct fl_level *x = largest(a, FL_SYSTEM_MOUNT), *y = largest(b, FL_SYSTEM_MOUNT);
	char n[2][FL_CELL];
	bool first = true, raw_a, raw_b;
	struct fl_plot p;

	if (!x || !y || fl_plot_begin(&p))
		return;
	jobs_axis(p.script, a->bench);
	rate_axis(p.script, fmax(most_of_levels(a, false), most_of_levels(b, false)));
	raw_a = curve_data(p.script, "rawa", a, FL_SYSTEM_RAW);
	raw_b = curve_data(p.script, "rawb", b, FL_SYSTEM_RAW);
	curve_data(p.script, "a", a, FL_SYSTEM_MOUNT);
	curve_data(p.script, "b", b, FL_SYSTEM_MOUNT);
	if (raw_a)
		curve(p.script, &first, "rawa", "@RAW", "A raw", "lw 1.5 dt 2");
	if (raw_b)
		curve(p.script, &first, "rawb", "@RAW", "B raw", "lw 1.5 dt 4");
	curve(p.script, &first, "a", "@UPGRADE", "A mount", "lw 2.5");
	curve(p.script, &first, "b", "@MOUNT", "B mount", "lw 2.5");
	fl_plot_end(
		&p, doc, "Writes per second over jobs",
		"At %u job%s A does %s writes/s on the mount, and B %s at %u. Bars: slowest to fastest run.",
		x->jobs, x->jobs == 1 ? "" : "s", fl_cell_number(x->iops.mean, n[0]),
		fl_cell_number(y->iops.mean, n[1]), y->jobs);
}

static void plot_two_speedup(struct fl_doc *doc, const struct fl_analysis *a,
			     const struct fl_analysis *b)
{
	struct fl_plot p;

	if (!fl_level_main(a, FL_SYSTEM_MOUNT, 1) || !fl_level_main(b, FL_SYSTEM_MOUNT, 1) ||
	    a->bench->njob_counts < 2 || fl_plot_begin(&p))
		return;
	jobs_axis(p.script, a->bench);
	speedup_data(p.script, "a", a, FL_SYSTEM_MOUNT);
	speedup_data(p.script, "b", b, FL_SYSTEM_MOUNT);
	fputs("set format y '%gx'\n"
	      "plot x with lines lc @LINE lw 2 title 'ideal', $a using 1:2 with linespoints lc "
	      "@UPGRADE lw 2.5 pt 7 ps 0.55 title 'A', $b using 1:2 with linespoints lc @MOUNT lw 2.5 pt 7 ps 0.55 title 'B'\n",
	      p.script);
	fl_plot_end(
		&p, doc, "Speed-up over one job",
		"The mount's throughput in multiples of that of one job: flat if writers wait for one another, rising if they do not.");
}

static void plot_two_takes(struct fl_doc *doc, const struct fl_analysis *a,
			   const struct fl_analysis *b)
{
	const struct fl_level *x = largest(a, FL_SYSTEM_MOUNT), *y = largest(b, FL_SYSTEM_MOUNT);
	struct fl_plot p;

	if (!x || !y || !x->counted || !y->counted || fl_plot_begin(&p))
		return;
	fputs("$takes << EOD\n", p.script);
	takes_rows(p.script, a, "A ");
	takes_rows(p.script, b, "B ");
	fputs("EOD\n", p.script);
	takes_plot(p.script, tells_fi_lock(a) && tells_fi_lock(b));
	fl_plot_end(&p, doc, "Lock takes per write",
		    "Exclusive takes per write: A %.3f, B %.3f. Shared: A %.3f, B %.3f.",
		    x->exclusive, y->exclusive, x->shared, y->shared);
}

static void plot_two_series(struct fl_doc *doc, const struct fl_analysis *a,
			    const struct fl_analysis *b)
{
	const struct fl_level *x = largest(a, FL_SYSTEM_MOUNT), *y = largest(b, FL_SYSTEM_MOUNT);
	struct fl_plot p;

	if (!x || !y || x->sample->series.n < 2 || y->sample->series.n < 2 || fl_plot_begin(&p))
		return;
	series_data(p.script, "a", &x->sample->series);
	series_data(p.script, "b", &y->sample->series);
	rate_axis(p.script,
		  fmax(most_of_series(&x->sample->series), most_of_series(&y->sample->series)));
	fputs("set xlabel 'seconds' textcolor @MUTED\nset xrange [0:*]\n"
	      "plot $a using 1:2 with lines lc @UPGRADE lw 2 title 'A', $b using 1:2 with lines lc "
	      "@MOUNT lw 2 title 'B'\n",
	      p.script);
	fl_plot_end(
		&p, doc, "Writes per second over time",
		"fio's own figures on the mount in steps of 100 ms: the first run of A at %u job%s and of B at %u.",
		x->jobs, x->jobs == 1 ? "" : "s", y->jobs);
}

static void two(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b,
		const char *name_a, const char *name_b)
{
	plot_two_scaling(doc, a, b);
	plot_two_speedup(doc, a, b);
	plot_two_takes(doc, a, b);
	plot_two_series(doc, a, b);
}

static void reference(struct fl_doc *doc, const struct fl_analysis *a,
		      const struct fl_reference *ref)
{
	static const char *const colour[] = {"@EXCLUSIVE", "@SHARED", "@UPGRADE", "@SPIN",
					     "@OTHER"};
	const int ncolours = sizeof(colour) / sizeof(colour[0]);
	bool drawn = false;
	int shown = 0;
	struct fl_plot p;

	if (fl_plot_begin(&p))
		return;
	p.height = 400;
	fputs("set xlabel 'jobs' textcolor @MUTED\nset xrange [0.6:*]\nset format y '%gx'\n"
	      "set xtics 1\nset key bmargin center vertical maxrows 4 font ',12'\n",
	      p.script);
	for (size_t i = 0; i < ref->n; i++) {
		const struct fl_curve *c = &ref->curve[i];
		double base = fl_curve_at(c, 1);

		fprintf(p.script, "$c%zu << EOD\n", i);
		for (size_t k = 0; base > 0 && k < c->n; k++)
			fprintf(p.script, "%g %.9g\n", c->point[k].jobs, c->point[k].iops / base);
		fputs("EOD\n", p.script);
	}
	speedup_data(p.script, "mount", a, FL_SYSTEM_MOUNT);
	speedup_data(p.script, "raw", a, FL_SYSTEM_RAW);
	for (size_t i = 0; i < ref->n && shown < ncolours; i++) {
		char name[64];

		if (!(fl_curve_at(&ref->curve[i], 1) > 0) || ref->curve[i].n < 2)
			continue;
		fprintf(p.script,
			"%s $c%zu using 1:2 with linespoints lc %s lw 1.5 dt 2 pt 7 ps 0.35 title '%s'",
			drawn ? "," : "plot", i, colour[shown++],
			fl_plot_name(ref->curve[i].name, name, sizeof(name)));
		drawn = true;
	}
	for (int s = 0; s < FL_SYSTEMS; s++) {
		if (!fl_level_main(a, s, 1))
			continue;
		fprintf(p.script,
			"%s $%s using 1:2 with linespoints lc %s lw 2.5 pt 7 ps 0.55 title 'here, %s'",
			drawn ? "," : "plot", fl_system_name(s), s ? "@RAW" : "@MOUNT",
			fl_system_name(s));
		drawn = true;
	}
	if (!drawn)
		fputs("plot NaN notitle", p.script);
	fl_plot_end(
		&p, doc, "Speed-up over one job, beside the published curves",
		"Relative to each system's own throughput at one job: machines differ in height, but a lock bends every curve in the same way. Dashed: published.");
}

const struct fl_figures fl_plots = {one, two, reference};
