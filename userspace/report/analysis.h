/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rows of a bench say together. Pure. A NAN stands for what is not known. */
#ifndef FL_ANALYSIS_H
#define FL_ANALYSIS_H

#include "snapshot/hist.h"
#include "report/model.h"
#include "result/result.h"
#include "snapshot/verdict.h"

/* How many results can be compared. */
#define FL_MAX_RESULTS 8

/* The repeats of one system at one number of jobs, or at one value of a sweep. */
struct fl_level {
	enum fl_system system;
	bool probes;	 /* raw rows and bare ones have none */
	unsigned int at; /* see fl_axis_at() */
	unsigned int jobs;
	unsigned int left_out; /* rows that miss fio's count */
	struct fl_spread iops;
	struct fl_spread bytes_per_s; /* written */
	struct fl_spread reads;	      /* a second */
	struct fl_spread whole_ns;    /* mean time of a write, from submission to completion */
	struct fl_spread clat_p50_ns, clat_p99_ns, clat_p999_ns;
	/* counted, all repeats together */
	bool counted;
	struct fl_totals totals;
	long long difference; /* sum of the magnitudes */
	double files;	      /* inodes written to, mean of the repeats */
	struct fl_slot_hists hists;
	bool has_hists;
	bool has_takes; /* the method counts takes themselves */
	bool fi_lock_ns_is_bound;
	/* per write; NAN where the method cannot tell */
	double exclusive, shared, upgrades, fi_lock, fi_lock_ns;
	double wait_ns, hold_ns, hold_exclusive_ns;
	double eligible; /* share of the writes */
	/* 1 / E[exclusive hold], times the files that are written side by side */
	double ceiling;
	const struct fl_bench_row *sample; /* the first ok repeat: its time series is shown */
};

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
 * The level that is compared with others: of the mount the one with probes, of raw the one without; NULL where
 * no row of that kind is ok.
 */
const struct fl_level *fl_level_main(const struct fl_analysis *a, enum fl_system system,
				     unsigned int at);
/* The level with one job; NULL if something other than jobs is swept. */
const struct fl_level *fl_level_one_job(const struct fl_analysis *a, enum fl_system system);
/* The last level on the axis. */
const struct fl_level *fl_level_last(const struct fl_analysis *a, enum fl_system system);
/* Throughput relative to one job, with half of its 95 % interval (NAN where no spread is known). */
double fl_speedup(const struct fl_level *level, const struct fl_level *one, double *half_width);

/*
 * Projects the throughput at level's jobs if all eligible writes ran shared. It takes the mount's throughput
 * at one job and scales it as the raw file system scales. The result is at most N times one job, and at most
 * what the writes that remain exclusive allow. Returns NAN with *why set where the rows do not suffice.
 */
double fl_what_if(const struct fl_analysis *a, const struct fl_level *level, const char **why);

#endif
