/* SPDX-License-Identifier: GPL-2.0-only */
/* Published throughput tables, which reports show beside measured ones. Pure. */
#ifndef FL_REFERENCE_H
#define FL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "report/model.h"

/* One published curve: what one system of one series did over jobs. */
struct fl_curve {
	char *name; /* "series, system" */
	bool approximate;
	struct fl_scale *point; /* by jobs */
	size_t n;
};

struct fl_reference {
	struct fl_curve *curve;
	size_t n;
	bool elsewhere; /* a published table, of other machines */
};

/*
 * Parses CSV with a header line that names at least series, system, numjobs, iops and approximate, in
 * any order; fields may be quoted. Returns 0, or -1 with err set.
 */
int fl_reference_parse(struct fl_reference *ref, const char *text, struct fl_err *err);
/* Adds the curves of an earlier result, called name. Returns 0, or -1 when out of memory. */
struct fl_analysis;
int fl_reference_of(struct fl_reference *ref, const char *name, const struct fl_analysis *a);
void fl_reference_free(struct fl_reference *ref);

/* IOPS of a curve at a number of jobs; NAN where it has none. */
double fl_curve_at(const struct fl_curve *c, double jobs);
/* The most that a curve reaches, and how many times its value at one job that is (NAN without one). */
double fl_curve_peak(const struct fl_curve *c, double *speedup);

#endif
