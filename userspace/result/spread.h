/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of repeated measurements: means, intervals, differences. Pure, plain numbers. */
#ifndef FL_SPREAD_H
#define FL_SPREAD_H

/* Repeats of one measurement. */
struct fl_spread {
	unsigned int n;
	double mean, min, max;
	double sd; /* of the sample; NAN for fewer than two */
};

struct fl_spread fl_spread_of(const double *value, unsigned int n);

enum fl_differs {
	FL_DIFFERS_UNTOLD, /* a single run has no spread to compare with */
	FL_DIFFERS_NOISE,
	FL_DIFFERS_YES,
};

/* b compared with a by Welch's t test at 95 %, which does not assume equal variances. */
struct fl_difference {
	double relative;   /* b / a - 1 */
	double half_width; /* of the 95 % interval of relative; NAN where untold */
	enum fl_differs differs;
};

struct fl_difference fl_difference_of(const struct fl_spread *a, const struct fl_spread *b);
/* Half of the 95 % interval of b.mean / a.mean; NAN if either is a single run. */
double fl_ratio_half_width(const struct fl_spread *b, const struct fl_spread *a);
/* Half of the 95 % interval of a mean, relative to it; NAN for a single run. */
double fl_mean_half_width(const struct fl_spread *s);
/* Two-sided 95 % quantile of Student's t. */
double fl_t95(double degrees);

#endif
