/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rows of a bench say together. Pure. A NAN stands for what is not known. */
#ifndef FL_ANALYSIS_H
#define FL_ANALYSIS_H

#include "report/levels.h"
#include "report/model.h"
#include "result/result.h"
#include "snapshot/verdict.h"

/* How many results can be compared. */
#define FL_MAX_RESULTS 8

/* What the tool costs: rows with probes compared with the rows without them that ran next to them. */
struct fl_self_cost {
	unsigned int at;
	unsigned int pairs;
	double relative;     /* IOPS with / IOPS without - 1, mean over the pairs */
	double half_width;   /* 95 %; NAN for a single pair */
	double ns_per_write; /* of one job's time */
};

struct fl_prediction {
	unsigned int jobs;
	double bound;	 /* min(N X(1), 1 / hold) */
	double queue;	 /* closed queue */
	double measured; /* mean */
};

struct fl_analysis {
	const struct fl_bench *bench;
	struct fl_level *level; /* by system, probes first, then jobs */
	size_t nlevels;
	size_t rows, counted_rows, exact_rows, left_out;
	bool has_verdict;
	struct fl_verdict verdict; /* over all counted rows that are ok */
	struct fl_usl usl[FL_SYSTEMS];
	struct fl_self_cost cost[FL_MAX_JOB_COUNTS];
	size_t ncosts;
	struct fl_prediction prediction[FL_MAX_JOB_COUNTS];
	size_t npredictions;
	char no_prediction[160]; /* why there is none */
	/* exclusive hold at one job as a share of that job's whole cycle; NAN where not known */
	double hold_share;
};

/* The bench must outlive the analysis. Returns 0, or -1 when out of memory. */
int fl_analyse(struct fl_analysis *a, const struct fl_bench *bench);
void fl_analysis_free(struct fl_analysis *a);

/*
 * Projects the throughput at level's jobs if all eligible writes ran shared. It takes the mount's throughput
 * at one job and scales it as the raw file system scales. The result is at most N times one job, and at most
 * what the writes that remain exclusive allow. Returns NAN with *why set where the rows do not suffice.
 */
double fl_what_if(const struct fl_analysis *a, const struct fl_level *level, const char **why);

#endif
