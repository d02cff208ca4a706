/* SPDX-License-Identifier: GPL-2.0-only */
/* The arithmetic of scaling: ceilings, fits, predictions. Pure, plain numbers. */
#ifndef FL_MODEL_H
#define FL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include "result/spread.h"

/* Throughput at a number of jobs. */
struct fl_scale {
	double jobs, iops;
};

/*
 * The universal scalability law, X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)), fitted by
 * relative least squares with sigma and kappa within 0..1. With three job counts kappa is held at 0
 * (Amdahl's law), as three points cannot carry three parameters and a residual.
 */
struct fl_usl {
	bool fits;
	char why_not[160];
	bool has_kappa;
	double lambda, sigma, kappa;
	double residual;	      /* root mean square of the relative errors */
	double sigma_low, sigma_high; /* leaving one job count out at a time */
	double ceiling;		      /* lambda / sigma, or the maximum where kappa bends it down */
	double ceiling_jobs;	      /* where that maximum lies; INFINITY for an asymptote */
};

#define FL_USL_MAX_RESIDUAL 0.10

void fl_usl_fit(const struct fl_scale *point, size_t n, struct fl_usl *u);
double fl_usl_at(const struct fl_usl *u, double jobs);

/*
 * The most that N jobs can reach when each write holds one lock for hold_s and one job alone reaches iops1:
 * min(N iops1, 1 / hold_s).
 */
double fl_bound_at(double iops1, double hold_s, double jobs);
/*
 * Throughput of the same system as a closed queue, by exact mean value analysis: the lock is one server, and
 * the rest of a job's cycle is a delay. Holds are assumed to be exponential. Where they are more regular, the
 * result is too low near the knee.
 */
double fl_queue_at(double iops1, double hold_s, unsigned int jobs);

#endif
