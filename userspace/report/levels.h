/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of a bench, put together by what they measured: a level has the repeats. Pure. */
#ifndef FL_LEVELS_H
#define FL_LEVELS_H

#include "result/result.h"
#include "result/spread.h"
#include "snapshot/hist.h"
#include "snapshot/snapshot.h"

struct fl_analysis;

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
	struct fl_holders holders;
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

/* Makes the levels of the analysis' bench. Returns 0, or -1 when out of memory. */
int fl_levels_make(struct fl_analysis *a);
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

#endif
