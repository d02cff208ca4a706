// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a report. Only numbers and our own words go into a plot's script. */
#include <math.h>
#include <string.h>

#include "report/draw.h"
#include "report/figures_counts.h"
#include "report/figures_latency.h"
#include "report/figures_volume.h"
#include "report/gnuplot.h"
#include "util/text.h"

static double iops_of(const struct fl_level *l, double *low, double *high)
{
	*low = l->iops.min;
	*high = l->iops.max;
	return l->iops.mean;
}

static double ceiling_of(const struct fl_level *l, double *low, double *high)
{
	*low = *high = NAN;
	return l->ceiling > 0 ? l->ceiling : NAN;
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

static double most_iops(const struct fl_results *r)
{
	double most = 0;

	for (size_t k = 0; k < r->n; k++) {
		for (size_t i = 0; i < r->a[k]->nlevels; i++) {
			const struct fl_level *l = &r->a[k]->level[i];

			if (l->iops.n)
				most = fmax(most, l->iops.max);
			if (r->n == 1 && l->ceiling > 0 && ceiling_fits(r->a[0]))
				most = fmax(most, l->ceiling);
		}
	}
	return most;
}

static void fit_curve(FILE *f, const struct fl_usl *u, const char *colour)
{
	if (u->fits)
		fprintf(f,
			", %.9g*x/(1+%.9g*(x-1)+%.9g*x*(x-1)) with lines lc %s lw 1 dt 3 notitle",
			u->lambda, u->sigma, u->kappa, colour);
}

/* Names of data blocks: "a", "b", ... for mounts, "rawa", "rawb", ... for the raw file systems. */
static const char *block_name(char name[8], const char *prefix, size_t k)
{
	snprintf(name, 8, "%s%c", prefix, 'a' + (int)k);
	return name;
}

static void letter_title(char title[16], size_t k, const char *system)
{
	snprintf(title, 16, "%c%s%s", 'A' + (int)k, *system ? " " : "", system);
}

#define MAX_REFERENCES 5
static const char *const reference_colours[MAX_REFERENCES] = {"@EXCLUSIVE", "@SHARED", "@SPIN",
							      "@OTHER", "@UPGRADE"};

/* Curves of the reference, relative to one job or as they are. Returns how many blocks were written. */
static size_t reference_data(FILE *f, const struct fl_reference *ref, bool relative)
{
	size_t n = 0;

	for (size_t i = 0; ref && i < ref->n && n < MAX_REFERENCES; i++) {
		const struct fl_curve *c = &ref->curve[i];
		double base = relative ? fl_curve_at(c, 1) : 1;
		char name[16];

		if (c->n < 2 || !(base > 0))
			continue;
		snprintf(name, sizeof(name), "ref%zu", n++);
		fl_draw_block(f, name);
		for (size_t k = 0; k < c->n; k++)
			fprintf(f, "%g %.9g\n", c->point[k].jobs, c->point[k].iops / base);
		fl_draw_block_end(f);
	}
	return n;
}

/* As much of a table's name as fits into the picture. */
#define SHORT_NAME 48
static const char *short_name(const char *name, char buf[SHORT_NAME])
{
	snprintf(buf, SHORT_NAME, strlen(name) < SHORT_NAME ? "%s" : "%.44s...", name);
	return buf;
}

static void reference_curves(FILE *f, bool *first, const struct fl_reference *ref, bool relative)
{
	size_t n = 0;

	for (size_t i = 0; ref && i < ref->n && n < MAX_REFERENCES; i++) {
		const struct fl_curve *c = &ref->curve[i];
		char name[16], title[SHORT_NAME];

		if (c->n < 2 || (relative && !(fl_curve_at(c, 1) > 0)))
			continue;
		snprintf(name, sizeof(name), "ref%zu", n);
		if (c->mark)
			fl_draw_curve(f, first, name, n++ ? "@MUTED" : "@FG", c->mark,
				      FL_DRAW_DASHED | FL_DRAW_THIN);
		else
			fl_draw_curve(f, first, name, reference_colours[n++],
				      short_name(c->name, title), FL_DRAW_DASHED | FL_DRAW_THIN);
	}
}

/* Curves of another machine are drawn only if they do not flatten ours; words says what became of them. */
static const struct fl_reference *reference_in_scale(const struct fl_results *r, double *most,
						     char words[FL_DRAW_WORDS])
{
	double peak = 0, speedup;
	char n[FL_CELL];

	*words = '\0';
	for (size_t i = 0; r->ref && i < r->ref->n; i++)
		peak = fmax(peak, fl_curve_peak(&r->ref->curve[i], &speedup));
	if (!(peak > 0))
		return NULL;
	if (peak > 3 * *most || peak < *most / 20) {
		snprintf(
			words, FL_DRAW_WORDS,
			". The reference, with at most %s writes/s, does not fit this scale and is left out",
			fl_cell_short(peak, n));
		return NULL;
	}
	*most = fmax(*most, peak);
	if (r->ref->earlier)
		snprintf(words, FL_DRAW_WORDS, ". R is the reference, %s", r->ref->name);
	else
		snprintf(words, FL_DRAW_WORDS, ". Thin and dashed: the reference");
	return r->ref;
}

/* Names of a table's n curves are long: they stand below one another, above the picture, after the others. */
static void reference_key(struct fl_plot *p, const struct fl_results *r, size_t n)
{
	if (!n || r->ref->earlier)
		return;
	p->height += 17 * (n + (r->n > 1 ? r->n : 2));
	fputs("set key tmargin left vertical maxrows 12 font ',12'\n", p->script);
}

static void scaling_words(const struct fl_results *r, char *said, size_t len)
{
	size_t used = 0;

	*said = '\0';
	for (size_t k = 0; k < r->n && used < len; k++) {
		const struct fl_level *m = fl_level_last(r->a[k], FL_SYSTEM_MOUNT);
		const struct fl_level *raw = fl_level_last(r->a[k], FL_SYSTEM_RAW);
		const struct fl_level *l = m ? m : raw;
		char n[FL_CELL], at[FL_CELL];

		if (!l)
			continue;
		used += snprintf(said + used, len - used, "%s%c%s%s writes/s at %s", k ? "; " : "",
				 r->n > 1 ? 'A' + (int)k
				 : m	  ? 'T'
					  : 'R',
				 r->n > 1 ? " does "
				 : m	  ? "he mount does "
					  : "aw: ",
				 fl_cell_number(l->iops.mean, n),
				 fl_cell_at(r->a[k]->bench, l->at, at));
		if (r->n == 1 && m && raw && used < len)
			used += snprintf(said + used, len - used, ", the raw file system %s",
					 fl_cell_number(raw->iops.mean, n));
	}
}

static void curves_of_one(struct fl_plot *p, bool *first, const struct fl_analysis *a, bool mount,
			  bool raw, bool ceiling)
{
	if (raw)
		fl_draw_curve(p->script, first, "rawa", "@RAW", "raw", FL_DRAW_BARS);
	if (mount)
		fl_draw_curve(p->script, first, "a", "@MOUNT", "mount", FL_DRAW_BARS);
	if (mount)
		fit_curve(p->script, &a->usl[FL_SYSTEM_MOUNT], "@MOUNT");
	if (raw)
		fit_curve(p->script, &a->usl[FL_SYSTEM_RAW], "@RAW");
	if (ceiling)
		fputs(", $ceiling using 1:2 with lines lc @EXCLUSIVE lw 1.5 dt 2 title '1 / hold'",
		      p->script);
}

static void plot_scaling(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_analysis *a = r->a[0];
	bool mount[FL_MAX_RESULTS], raw[FL_MAX_RESULTS], first = true, fits = false;
	bool ceiling = r->n == 1 && ceiling_fits(a);
	const struct fl_reference *ref;
	double most = most_iops(r);
	char said[512], words[FL_DRAW_WORDS], name[8], title[16];
	struct fl_plot p;

	if (fl_plot_begin(&p))
		return;
	ref = reference_in_scale(r, &most, words);
	fl_draw_level_axis(p.script, a->bench);
	fl_draw_rate_axis(p.script, most);
	for (size_t k = 0; k < r->n; k++) {
		mount[k] = fl_draw_curve_data(p.script, block_name(name, "", k), r->a[k],
					      FL_SYSTEM_MOUNT, iops_of);
		raw[k] = fl_draw_curve_data(p.script, block_name(name, "raw", k), r->a[k],
					    FL_SYSTEM_RAW, iops_of);
	}
	if (ceiling)
		fl_draw_curve_data(p.script, "ceiling", a, FL_SYSTEM_MOUNT, ceiling_of);
	reference_key(&p, r, reference_data(p.script, ref, false));
	fl_draw_key_room(&p, r, 4);
	if (r->n == 1)
		curves_of_one(&p, &first, a, mount[0], raw[0], ceiling);
	for (size_t k = 0; r->n > 1 && k < r->n; k++) {
		letter_title(title, k, "raw");
		if (raw[k] && r->n == 2)
			fl_draw_curve(p.script, &first, block_name(name, "raw", k),
				      fl_draw_colour(k), title,
				      FL_DRAW_DASHED | FL_DRAW_THIN | FL_DRAW_SHAPES * k);
		letter_title(title, k, "");
		if (mount[k])
			fl_draw_curve(p.script, &first, block_name(name, "", k), fl_draw_colour(k),
				      title, FL_DRAW_BARS | FL_DRAW_SHAPES * k);
	}
	reference_curves(p.script, &first, ref, false);
	if (first)
		fputs("plot NaN notitle", p.script);
	for (int s = 0; r->n == 1 && s < FL_SYSTEMS; s++)
		fits |= a->usl[s].fits;
	scaling_words(r, said, sizeof(said));
	fl_plot_end(&p, doc, "Writes per second", "%s. Bars: slowest to fastest run%s%s%s.", said,
		    fits ? ". Dotted: fitted scalability law" : "",
		    ceiling ? "; dashed: the ceiling, 1 / mean exclusive hold" : "", words);
}

/* A block "jobs speed-up low high" of one system. */
static bool speedup_data(FILE *f, const char *name, const struct fl_analysis *a,
			 enum fl_system system, double *most)
{
	const struct fl_level *one = fl_level_one_job(a, system);

	fl_draw_block(f, name);
	for (size_t i = 0; one && i < a->bench->njob_counts; i++) {
		const struct fl_level *l = fl_level_main(a, system, a->bench->job_count[i]);
		double half, ratio;

		if (!l)
			continue;
		ratio = fl_speedup(l, one, &half);
		fprintf(f, "%u %.9g", l->jobs, ratio);
		fl_draw_number(f, ratio - half);
		fl_draw_number(f, ratio + half);
		fputc('\n', f);
		*most = fmax(*most, ratio + (half < ratio ? half : 0));
	}
	fl_draw_block_end(f);
	return one != NULL;
}

static void speedup_curves(FILE *f, bool *first, const struct fl_results *r, const bool *has,
			   bool raw)
{
	char name[8], title[16];

	if (raw)
		fl_draw_curve(f, first, "raws", "@RAW", "raw", FL_DRAW_BARS);
	for (size_t k = 0; k < r->n; k++) {
		letter_title(title, k, "");
		if (has[k])
			fl_draw_curve(f, first, block_name(name, "s", k),
				      r->n > 1 ? fl_draw_colour(k) : "@MOUNT",
				      r->n > 1 ? title : "mount",
				      FL_DRAW_BARS | FL_DRAW_SHAPES * k);
	}
}

static void plot_speedup(struct fl_doc *doc, const struct fl_results *r)
{
	bool has[FL_MAX_RESULTS], any = false, raw = false, first = false;
	double most = 1;
	char name[8];
	struct fl_plot p;

	if (r->a[0]->bench->sweep || r->a[0]->bench->njob_counts < 2 || fl_plot_begin(&p))
		return;
	for (size_t k = 0; k < r->n; k++)
		any |= has[k] = speedup_data(p.script, block_name(name, "s", k), r->a[k],
					     FL_SYSTEM_MOUNT, &most);
	if (r->n == 1)
		any |= raw = speedup_data(p.script, "raws", r->a[0], FL_SYSTEM_RAW, &most);
	fl_draw_level_axis(p.script, r->a[0]->bench);
	reference_key(&p, r, reference_data(p.script, r->ref, true));
	fl_draw_key_room(&p, r, 4);
	fprintf(p.script,
		"set format y '%%gx'\nset yrange [0:%g]\nplot x with lines lc @MUTED lw 1.2 dt 3 title 'ideal'",
		most * 1.15);
	speedup_curves(p.script, &first, r, has, raw);
	reference_curves(p.script, &first, r->ref, true);
	if (!any) {
		fl_plot_drop(&p);
		return;
	}
	fl_plot_end(
		&p, doc, "Speed-up over one job",
		"Throughput in multiples of that of one job: flat if writers wait for one another, rising if they do not. Bars: 95 %% intervals.%s%s%s",
		!r->ref		   ? ""
		: !r->ref->earlier ? " Thin and dashed: the reference"
				   : " R is the reference, ",
		r->ref && r->ref->earlier ? r->ref->name : "",
		r->ref ? ", relative to its own throughput at one job." : "");
}

static bool time_parts(const struct fl_level *l, double part[FL_BAR_PARTS])
{
	return fl_time_parts(l, part);
}

/* "A waits for the lock for 88 % of it, B 0 %" */
static void times_words(const struct fl_results *r, char *said, size_t len)
{
	*said = '\0';
	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		const struct fl_analysis *a = fl_draw_barred_at(r, k);
		const struct fl_level *last = fl_level_last(a, FL_SYSTEM_MOUNT);
		double part[FL_TIME_PARTS];
		size_t used = strlen(said);
		char at[FL_CELL], mark[2];

		if (!fl_time_parts(last, part))
			continue;
		fl_draw_mark(r, k, mark);
		if (!used)
			used = snprintf(said, len, "at %s ", fl_cell_at(a->bench, last->at, at));
		snprintf(said + used, len - used, "%s%s waits %.0f %% of it",
			 said[used - 1] == ' ' ? "" : ", ", *mark ? mark : "it",
			 100 * part[FL_TIME_WAIT] / (part[0] + part[1] + part[2]));
	}
}

static void plot_times(struct fl_doc *doc, const struct fl_results *r)
{
	static const char *const colours[] = {"@EXCLUSIVE", "@MOUNT", "@RAW"};
	static const char *const titles[] = {"wait", "hold", "rest"};
	char said[256], words[FL_DRAW_WORDS];
	double most = 0, part[FL_TIME_PARTS];
	struct fl_plot p;

	for (size_t k = 0; k < fl_draw_barred(r); k++) {
		const struct fl_analysis *a = fl_draw_barred_at(r, k);

		for (size_t i = 0; i < a->nlevels; i++)
			if (fl_time_parts(&a->level[i], part))
				most = fmax(most, part[0] + part[1] + part[2]);
	}
	if (!(most > 0) || fl_plot_begin(&p))
		return;
	fl_draw_time_axis(p.script, most);
	fl_draw_bars(p.script, r, time_parts, FL_TIME_PARTS, colours, titles);
	times_words(r, said, sizeof(said));
	fl_plot_end(
		&p, doc, "Where a write's time goes",
		"Mean time of a write on the mount, and within it the wait for the inode lock and the time under it: %s%s.",
		said, fl_draw_reference_bars(r, time_parts, words));
}

void fl_draw_several(struct fl_doc *doc, const struct fl_results *r)
{
	plot_scaling(doc, r);
	fl_figure_volume(doc, r);
	fl_figure_latency(doc, r);
	plot_times(doc, r);
	plot_speedup(doc, r);
	fl_figure_takes(doc, r);
	fl_figure_series(doc, r);
}

void fl_draw_one(struct fl_doc *doc, const struct fl_results *r)
{
	fl_draw_several(doc, r);
	fl_figure_hists(doc, r);
}
