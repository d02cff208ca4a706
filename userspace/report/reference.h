/* SPDX-License-Identifier: GPL-2.0-only */
/* What reports show beside the measured figures: a published table of throughput, or an earlier result. Pure. */
#ifndef FL_REFERENCE_H
#define FL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "report/model.h"

struct fl_analysis;

/* One curve: what one system of one series did over jobs, or over the levels of a sweep (fl_axis_at()). */
struct fl_curve {
	char *name;	  /* "series, system" */
	const char *mark; /* in pictures of an earlier result: "R", "R raw"; NULL: its name */
	bool approximate;
	struct fl_scale *point; /* by jobs */
	size_t n;
};

struct fl_reference {
	struct fl_curve *curve;
	size_t n;
	bool elsewhere;			   /* a published table, of other machines */
	const struct fl_analysis *earlier; /* NULL for a table */
	const char *name;		   /* of the earlier result */
};

/*
 * Parses CSV with a header line that names at least series, system, numjobs, iops and approximate, in
 * any order; fields may be quoted. Returns 0, or -1 with err set.
 */
int fl_reference_parse(struct fl_reference *ref, const char *text, struct fl_err *err);
/*
 * Makes an earlier result, called name, the reference. Both must outlive it. Returns 0, or -1 when out of
 * memory.
 */
int fl_reference_of(struct fl_reference *ref, const char *name, const struct fl_analysis *a);
void fl_reference_free(struct fl_reference *ref);

/* IOPS of a curve at a number of jobs; NAN where it has none. */
double fl_curve_at(const struct fl_curve *c, double jobs);
/* The most that a curve reaches, and how many times its value at one job that is (NAN without one). */
double fl_curve_peak(const struct fl_curve *c, double *speedup);

#endif
