// SPDX-License-Identifier: GPL-2.0-only
#include "result/spread.h"

#include <math.h>

struct fl_spread fl_spread_of(const double *value, unsigned int n)
{
	struct fl_spread s = {.n = n, .mean = NAN, .min = NAN, .max = NAN, .sd = NAN};
	double sum = 0, squares = 0;

	if (!n)
		return s;
	s.min = s.max = value[0];
	for (unsigned int i = 0; i < n; i++) {
		sum += value[i];
		s.min = fmin(s.min, value[i]);
		s.max = fmax(s.max, value[i]);
	}
	s.mean = sum / n;
	for (unsigned int i = 0; i < n; i++)
		squares += (value[i] - s.mean) * (value[i] - s.mean);
	if (n > 1)
		s.sd = sqrt(squares / (n - 1));
	return s;
}

double fl_t95(double degrees)
{
	static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
				       2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
				       2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
				       2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
	const int n = sizeof(table) / sizeof(table[0]);

	/* round down: a wider interval is better than a wrong claim */
	if (!(degrees >= 1))
		return table[0];
	return degrees >= 2 * n ? 2.0 : degrees >= n ? table[n - 1] : table[(int)degrees - 1];
}

struct fl_difference fl_difference_of(const struct fl_spread *a, const struct fl_spread *b)
{
	struct fl_difference d = {.relative = b->mean / a->mean - 1, .half_width = NAN};
	double va, vb, degrees;

	if (a->n < 2 || b->n < 2 || !(a->mean > 0))
		return d;
	va = a->sd * a->sd / a->n;
	vb = b->sd * b->sd / b->n;
	degrees = va + vb > 0
			  ? (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1))
			  : a->n + b->n - 2;
	d.half_width = fl_t95(degrees) * sqrt(va + vb) / a->mean;
	d.differs = fabs(d.relative) > d.half_width ? FL_DIFFERS_YES : FL_DIFFERS_NOISE;
	return d;
}

double fl_mean_half_width(const struct fl_spread *s)
{
	if (s->n < 2 || !(s->mean > 0))
		return NAN;
	return fl_t95(s->n - 1) * s->sd / sqrt(s->n) / s->mean;
}

double fl_ratio_half_width(const struct fl_spread *b, const struct fl_spread *a)
{
	double va, vb, degrees;

	if (a->n < 2 || b->n < 2 || !(a->mean > 0) || !(b->mean > 0))
		return NAN;
	/* relative variances of the two means; their sum is the ratio's, to first order */
	va = a->sd * a->sd / a->n / (a->mean * a->mean);
	vb = b->sd * b->sd / b->n / (b->mean * b->mean);
	if (!(va + vb > 0))
		return 0;
	degrees = (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1));
	return fl_t95(degrees) * sqrt(va + vb) * b->mean / a->mean;
}
