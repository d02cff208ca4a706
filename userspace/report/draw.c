// SPDX-License-Identifier: GPL-2.0-only
#include "report/draw.h"

#include <math.h>
#include <string.h>

#include "report/gnuplot.h"

void fl_draw_number(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, " %.9g", v);
	else
		fputs(" NaN", f);
}

/* Steps of 1, 2 or 5 times a power of ten, three to seven of them. */
static double step_of(double most)
{
	double step = pow(10, floor(log10(most > 0 ? most : 1)));

	return most / step < 1.3 ? step / 5
	       : most / step < 3 ? step / 2
	       : most / step < 7 ? step
				 : 2 * step;
}

/* Labels like "1.5k": gnuplot's own formats would print "2k" or "1.500000k". */
static void linear_axis(FILE *f, double most, double unit, const char *name)
{
	double step = step_of(most);

	fputs("set ytics (", f);
	for (int i = 0; i == 0 || (i - 1) * step < most; i++)
		fprintf(f, "%s'%g%s' %.9g", i ? ", " : "", i * step / unit, i ? name : "",
			i * step);
	fprintf(f, ")\nset yrange [0:%.9g]\n", ceil(most / step) * step);
}

void fl_draw_rate_axis(FILE *f, double most)
{
	linear_axis(f, most,
		    most >= 1e6	  ? 1e6
		    : most >= 1e3 ? 1e3
				  : 1,
		    most >= 1e6	  ? "M"
		    : most >= 1e3 ? "k"
				  : "");
}

static const char *const units[] = {"ns", "us", "ms", "s"};

void fl_draw_time_axis(FILE *f, double most)
{
	int u = most >= 2e9 ? 3 : most >= 2e6 ? 2 : most >= 2e3 ? 1 : 0;
	char name[8];

	snprintf(name, sizeof(name), " %s", units[u]);
	linear_axis(f, most, pow(10, 3 * u), name);
}

void fl_draw_log_time_axis(FILE *f, char axis, double low, double high)
{
	static const int steps[] = {1, 2, 5};
	bool fine, first = true;

	low = low > 0 ? low : 1;
	high = high > 1.2 * low ? high : 1.2 * low;
	/* few decades leave room for more ticks */
	fine = high / low < 100;
	fprintf(f, "set logscale %c 10\nset %crange [%.9g:%.9g]\nset %ctics (", axis, axis, low,
		high, axis);
	for (int e = 0; e < 12; e++) {
		for (int s = 0; s < (fine ? 3 : 1); s++) {
			double v = steps[s] * pow(10, e % 3);

			fprintf(f, "%s'%g %s' %de%d", first ? "" : ", ", v, units[e / 3], steps[s],
				e);
			first = false;
		}
	}
	fputs(")\n", f);
}

/* Names from a result could be gnuplot's syntax. */
static void tick(FILE *f, const struct fl_bench *b, bool first, unsigned int at, double where)
{
	char value[FL_SWEEP_VALUE], shown[FL_SWEEP_VALUE];

	fl_axis_value(b, at, value);
	fprintf(f, "%s'%s' %g", first ? "" : ", ", fl_plot_name(value, shown, sizeof(shown)),
		where);
}

static void axis_name(FILE *f, const struct fl_bench *b, const char *more)
{
	char shown[64];

	fprintf(f, "set xlabel '%s' textcolor @MUTED %s\n",
		fl_plot_name(fl_axis_label(b), shown, sizeof(shown)), more);
}

void fl_draw_level_axis(FILE *f, const struct fl_bench *b)
{
	unsigned int low = ~0u, high = 0;

	axis_name(f, b, "");
	fputs("set xtics (", f);
	for (size_t i = 0; i < fl_axis_length(b); i++) {
		unsigned int at = fl_axis_at(b, i);

		low = at < low ? at : low;
		high = at > high ? at : high;
		tick(f, b, !i, at, at);
	}
	if (b->sweep)
		fprintf(f, ")\nset xrange [%g:%g]\n", low - 0.4, high + 0.4);
	else
		fprintf(f, ")\nset logscale x 2\nset xrange [%g:%g]\n", low / 1.2, high * 1.2);
}

void fl_draw_block(FILE *f, const char *name)
{
	fprintf(f, "$%s << EOD\n", name);
}

void fl_draw_block_end(FILE *f)
{
	fputs("EOD\n", f);
}

bool fl_draw_curve_data(FILE *f, const char *name, const struct fl_analysis *a,
			enum fl_system system, fl_draw_value *value)
{
	bool any = false;

	fl_draw_block(f, name);
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];
		double low, high, v;

		if (l->system != system || l->probes != (system == FL_SYSTEM_MOUNT) || !l->iops.n)
			continue;
		v = value(l, &low, &high);
		if (!isfinite(v))
			continue;
		fprintf(f, "%u", l->at);
		fl_draw_number(f, v);
		fl_draw_number(f, low);
		fl_draw_number(f, high);
		fputc('\n', f);
		any = true;
	}
	fl_draw_block_end(f);
	return any;
}

static const char *dashes(int how)
{
	return how & FL_DRAW_DASHED ? " dt 2" : how & FL_DRAW_DOTTED ? " dt 3" : "";
}

void fl_draw_curve(FILE *f, bool *first, const char *data, const char *colour, const char *title,
		   int how)
{
	/* disc, square, triangle, diamond, triangle upside down; then circle, square, triangle */
	static const int shapes[FL_MAX_RESULTS] = {7, 5, 9, 13, 11, 6, 4, 8};
	char shown[64];

	fprintf(f, "%s ", *first ? "plot" : ",");
	if (how & FL_DRAW_BARS)
		fprintf(f, "$%s using 1:2:3:4 with yerrorbars lc %s lw 1.5 pt 7 ps 0 notitle, ",
			data, colour);
	fprintf(f, "$%s using 1:2 with linespoints lc %s lw %s%s pt %d ps %s title '%s'", data,
		colour, how & FL_DRAW_THIN ? "1.5" : "2.5", dashes(how),
		shapes[how / FL_DRAW_SHAPES % FL_MAX_RESULTS], how & FL_DRAW_THIN ? "0.35" : "0.55",
		fl_plot_name(title, shown, sizeof(shown)));
	*first = false;
}

void fl_draw_kind(FILE *f, const char *title, int how)
{
	fprintf(f, ", NaN with lines lc @MUTED lw 1.5%s title '%s'", dashes(how), title);
}

const char *fl_draw_colour(size_t k)
{
	static const char *const colours[] = {"@UPGRADE",   "@MOUNT", "@SHARED", "@SPIN",
					      "@EXCLUSIVE", "@OTHER", "@FG",	 "@MUTED"};

	return colours[k % (sizeof(colours) / sizeof(colours[0]))];
}

size_t fl_draw_barred(const struct fl_results *r)
{
	return r->n + (r->ref && r->ref->earlier);
}

const struct fl_analysis *fl_draw_barred_at(const struct fl_results *r, size_t k)
{
	return k < r->n ? r->a[k] : r->ref->earlier;
}

const char *fl_draw_mark(const struct fl_results *r, size_t k, char mark[2])
{
	mark[0] = k >= r->n ? 'R' : r->n > 1 ? 'A' + (int)k : '\0';
	mark[1] = '\0';
	return mark;
}

const char *fl_draw_reference_bars(const struct fl_results *r, fl_draw_parts *parts,
				   char words[FL_DRAW_WORDS])
{
	const struct fl_bench *b = r->a[0]->bench;
	double part[FL_BAR_PARTS];

	*words = '\0';
	for (size_t i = 0; fl_draw_barred(r) > r->n && i < fl_axis_length(b); i++) {
		const struct fl_level *l = fl_level_main(r->ref->earlier, FL_SYSTEM_MOUNT,
							 fl_axis_at(b, i));

		if (l && parts(l, part))
			snprintf(words, FL_DRAW_WORDS, ". R is the reference, %s", r->ref->name);
	}
	return words;
}

void fl_draw_key_room(struct fl_plot *p, const struct fl_results *r, size_t few)
{
	if (fl_draw_barred(r) > few)
		p->height += 14 * (fl_draw_barred(r) - few);
}

/* Where bar k of n stands in group g, and half its width. */
static double bar_at(size_t g, size_t k, size_t n, double *half)
{
	double each = 0.84 / n;

	*half = n > 1 ? 0.42 * each : 0.31;
	return g + (k - (n - 1) / 2.0) * each;
}

static bool parts_of_bar(const struct fl_results *r, size_t i, fl_draw_parts *parts,
			 double part[FL_BAR_PARTS])
{
	size_t n = fl_draw_barred(r);
	const struct fl_level *l = fl_level_main(fl_draw_barred_at(r, i % n), FL_SYSTEM_MOUNT,
						 fl_axis_at(r->a[0]->bench, i / n));

	return l && parts(l, part);
}

static void bar_data(FILE *f, const struct fl_results *r, fl_draw_parts *parts, int which)
{
	size_t n = fl_draw_barred(r), bars = fl_axis_length(r->a[0]->bench) * n;
	char name[16];

	snprintf(name, sizeof(name), "part%d", which);
	fl_draw_block(f, name);
	for (size_t i = 0; i < bars; i++) {
		double part[FL_BAR_PARTS], half, x = bar_at(i / n, i % n, n, &half), low = 0;

		if (!parts_of_bar(r, i, parts, part))
			continue;
		for (int k = 0; k < which; k++)
			low += part[k];
		fprintf(f, "%g %.9g %g %g %.9g %.9g\n", x, low + part[which], x - half, x + half,
			low, low + part[which]);
	}
	fl_draw_block_end(f);
}

/* Letters stand between the bars and the axis's own labels. */
static void letters(FILE *f, const struct fl_results *r, fl_draw_parts *parts)
{
	size_t n = fl_draw_barred(r), bars = fl_axis_length(r->a[0]->bench) * n;

	for (size_t i = 0; i < bars; i++) {
		double half, x = bar_at(i / n, i % n, n, &half), part[FL_BAR_PARTS];
		char mark[2];

		if (!parts_of_bar(r, i, parts, part))
			continue;
		fprintf(f,
			"set label '%s' at first %g, graph 0 center offset 0,-0.6 font ',%d' textcolor @FG\n",
			fl_draw_mark(r, i % n, mark), x,
			bars > 32   ? 9
			: bars > 20 ? 11
				    : 13);
	}
}

void fl_draw_bars(FILE *f, const struct fl_results *r, fl_draw_parts *parts, int nparts,
		  const char *const *colours, const char *const *titles)
{
	const struct fl_bench *b = r->a[0]->bench;
	bool several = fl_draw_barred(r) > 1;

	for (int i = 0; i < nparts; i++)
		bar_data(f, r, parts, i);
	axis_name(f, b, several ? "offset 0,-0.7" : "");
	fputs("set xtics (", f);
	for (size_t i = 0; i < fl_axis_length(b); i++)
		tick(f, b, !i, fl_axis_at(b, i), i);
	fprintf(f, ")%s\nset xrange [-0.6:%g]\n", several ? " offset 0,-0.8" : "",
		fl_axis_length(b) - 0.4);
	if (several) {
		fputs("set bmargin 4.4\n", f);
		letters(f, r, parts);
	}
	for (int i = 0; i < nparts; i++)
		fprintf(f,
			"%s $part%d using 1:2:3:4:5:6 with boxxyerror lc %s fs solid 0.85 noborder title '%s'",
			i ? "," : "plot", i, colours[i], titles[i]);
	fputc('\n', f);
}
