// SPDX-License-Identifier: GPL-2.0-only
#include "report/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double shape(double jobs, double sigma, double kappa)
{
	return jobs / (1 + sigma * (jobs - 1) + kappa * jobs * (jobs - 1));
}

/*
 * Finds the best lambda for a given shape, which is a linear problem. Returns the mean squared
 * relative error.
 */
static double error_of(const struct fl_scale *p, size_t n, double sigma, double kappa,
		       double *lambda)
{
	double num = 0, den = 0, error = 0;

	for (size_t i = 0; i < n; i++) {
		double c = shape(p[i].jobs, sigma, kappa) / p[i].iops;

		num += c;
		den += c * c;
	}
	*lambda = num / den;
	for (size_t i = 0; i < n; i++) {
		double e = *lambda * shape(p[i].jobs, sigma, kappa) / p[i].iops - 1;

		error += e * e;
	}
	return error / n;
}

/* Searches two bounded parameters: first a grid, then a pattern search with shrinking steps. */
static void fit(const struct fl_scale *p, size_t n, bool with_kappa, struct fl_usl *u)
{
	double best = INFINITY, lambda, step_s = 0.02, step_k = 0.1;

	for (int i = 0; i <= 50; i++) {
		for (int k = 0; k <= (with_kappa ? 24 : 0); k++) {
			double kappa = k ? pow(10, -6 + k * 0.25) : 0;
			double e = error_of(p, n, i * 0.02, kappa, &lambda);

			if (e < best) {
				best = e;
				u->sigma = i * 0.02;
				u->kappa = kappa;
			}
		}
	}
	if (u->kappa > 0)
		step_k = u->kappa;
	while (step_s > 1e-9 || step_k > 1e-12) {
		bool better = false;

		for (int i = 0; i < 9; i++) {
			double s = fmin(fmax(u->sigma + (i / 3 - 1) * step_s, 0), 1);
			double k = fmin(fmax(u->kappa + (i % 3 - 1) * step_k, 0), 1), e;

			if (!with_kappa)
				k = 0;
			e = error_of(p, n, s, k, &lambda);
			if (e < best) {
				best = e;
				u->sigma = s;
				u->kappa = k;
				better = true;
			}
		}
		if (!better) {
			step_s /= 2;
			step_k /= 2;
		}
	}
	u->residual = sqrt(error_of(p, n, u->sigma, u->kappa, &u->lambda));
}

/* How much the serial share depends on a single point. */
static void leave_one_out(const struct fl_scale *p, size_t n, struct fl_usl *u)
{
	struct fl_scale *rest = calloc(n, sizeof(*rest));

	u->sigma_low = u->sigma_high = u->sigma;
	for (size_t out = 0; rest && out < n; out++) {
		struct fl_usl one = {};
		size_t m = 0;

		for (size_t i = 0; i < n; i++)
			if (i != out)
				rest[m++] = p[i];
		fit(rest, m, u->has_kappa, &one);
		u->sigma_low = fmin(u->sigma_low, one.sigma);
		u->sigma_high = fmax(u->sigma_high, one.sigma);
	}
	free(rest);
}

static size_t distinct_jobs(const struct fl_scale *p, size_t n)
{
	size_t distinct = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < i && p[k].jobs != p[i].jobs)
			k++;
		distinct += k == i;
	}
	return distinct;
}

void fl_usl_fit(const struct fl_scale *point, size_t n, struct fl_usl *u)
{
	size_t distinct = distinct_jobs(point, n);

	memset(u, 0, sizeof(*u));
	for (size_t i = 0; i < n; i++) {
		if (point[i].iops > 0 && point[i].jobs >= 1)
			continue;
		snprintf(u->why_not, sizeof(u->why_not), "a row without throughput");
		return;
	}
	if (distinct < 3) {
		snprintf(u->why_not, sizeof(u->why_not),
			 "%zu job count%s: a fit with a residual takes three", distinct,
			 distinct == 1 ? "" : "s");
		return;
	}
	u->has_kappa = distinct > 3;
	fit(point, n, u->has_kappa, u);
	leave_one_out(point, n, u);
	u->ceiling = u->sigma > 0 ? u->lambda / u->sigma : INFINITY;
	u->ceiling_jobs = INFINITY;
	if (u->kappa > 1e-9) {
		u->ceiling_jobs = fmax(1, sqrt((1 - u->sigma) / u->kappa));
		u->ceiling = fl_usl_at(u, u->ceiling_jobs);
	}
	u->fits = u->residual <= FL_USL_MAX_RESIDUAL;
	if (!u->fits)
		snprintf(u->why_not, sizeof(u->why_not),
			 "the law misses these rows by %.0f %% on average", u->residual * 100);
}

double fl_usl_at(const struct fl_usl *u, double jobs)
{
	return u->lambda * shape(jobs, u->sigma, u->kappa);
}

double fl_bound_at(double iops1, double hold_s, double jobs)
{
	double linear = jobs * iops1;

	return hold_s > 0 ? fmin(linear, 1 / hold_s) : linear;
}

double fl_queue_at(double iops1, double hold_s, unsigned int jobs)
{
	double think = 1 / iops1 - hold_s, queue = 0, iops = iops1;

	/* the lock cannot be held for longer than the whole cycle took */
	if (think < 0)
		think = 0;
	for (unsigned int n = 1; n <= jobs; n++) {
		double response = hold_s * (1 + queue);

		iops = n / (think + response);
		queue = iops * response;
	}
	return iops;
}
