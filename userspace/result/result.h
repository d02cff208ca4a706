/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bench and its rows as plain data: what 'bench' writes into a result directory and 'report' reads.
 * Pure. Strings are owned by their struct; NULL stands for "not known".
 */
#ifndef FL_RESULT_H
#define FL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>
#include "util/err.h"
#include "result/fio_json.h"
#include "result/fio_log.h"
#include "snapshot/snapshot.h"

#define FL_BENCH_SCHEMA	    "fuselens.bench/1"
#define FL_BENCH_ROW_SCHEMA "fuselens.bench.row/1"
#define FL_SERIES_SCHEMA    "fuselens.bench.series/1"

#define FL_MAX_JOB_COUNTS 32
#define FL_SWEEP_VALUE	  16

enum fl_system {
	FL_SYSTEM_MOUNT,
	FL_SYSTEM_RAW,
	FL_SYSTEMS,
};

enum fl_bench_row_status {
	FL_BENCH_ROW_OK,
	FL_BENCH_ROW_MISSED, /* counts and fio differ by more than --max-loss: left out of conclusions */
	FL_BENCH_ROW_STATUSES,
};

const char *fl_system_name(enum fl_system system);
const char *fl_bench_row_status_name(enum fl_bench_row_status status);
/* Their places in the tables, or -1. */
int fl_system_from_name(const char *name);
int fl_bench_row_status_from_name(const char *name);

/* A directory that was written to. */
struct fl_place {
	char *path;
	char *fstype;
	char *source;
	char *options; /* mount options, comma separated */
};

struct fl_environment {
	char *kernel;	      /* uname -r */
	char *kernel_version; /* uname -v */
	char *machine;
	char *variant; /* of fs/fuse, where the call-site map tells */
	char *cpu;
	__u64 cpus;
	__u64 memory_bytes;
	char *fuselens;
	char *fio;
	char *daemon; /* its command line */
	struct fl_place place[FL_SYSTEMS];
};

struct fl_variable {
	char *name, *value;
};

struct fl_bench_row {
	char id[64]; /* "mount-j4-r2", "mount-16k-j4-r2" in a sweep; "-bare" at the end: no probes */
	enum fl_system system;
	bool probes;
	unsigned int jobs;
	char sweep
		[FL_SWEEP_VALUE]; /* the value of the swept variable; empty where jobs are swept */
	unsigned int repeat;	  /* from 1 */
	enum fl_bench_row_status status;
	char why[256];		/* for a row that is not ok */
	__u64 started_s;	/* CLOCK_REALTIME */
	__u64 start_ns, end_ns; /* CLOCK_MONOTONIC, around fio */
	struct fl_fio fio;
	bool counted; /* snapshot is there */
	struct fl_snapshot snapshot;
	struct fl_series series;
};

struct fl_bench {
	char *profile;	    /* its name */
	char *profile_text; /* the job file, as it was run */
	struct fl_variable *variable;
	size_t nvariables;
	unsigned int job_count[FL_MAX_JOB_COUNTS];
	size_t njob_counts;
	/* What is varied instead of the number of jobs, one value after another; NULL: nothing else. */
	char *sweep;
	char sweep_value[FL_MAX_JOB_COUNTS][FL_SWEEP_VALUE];
	size_t nsweep_values;
	double until; /* --until: half of the relative 95 % interval; 0: none */
	unsigned int repeats;
	bool use[FL_SYSTEMS];
	bool self_cost;
	char *evidence;	 /* as asked for */
	double max_loss; /* 0..1 */
	__u64 started_s;
	struct fl_environment env;
	struct fl_bench_row *row; /* those that are finished */
	size_t nrows;
};

void fl_bench_row_free(struct fl_bench_row *row);
void fl_bench_free(struct fl_bench *bench);

/* Sets bench's variable, replacing an earlier value. -1 when out of memory. */
int fl_bench_set(struct fl_bench *bench, const char *name, const char *value);
/* The variable's value, owned by bench; NULL where it was not set. */
const char *fl_bench_get(const struct fl_bench *bench, const char *name);

/*
 * Lists the rows of a bench in the order in which they run. For each repeat and job count the systems run
 * one right after the other, so that a drift of the machine affects all of them alike. Writes id, system,
 * probes, jobs and repeat of at most max rows. Returns the number of all rows.
 */
size_t fl_bench_plan(const struct fl_bench *bench, struct fl_bench_row *row, size_t max);

/*
 * The levels of a bench: numbers of jobs, or the values of a sweep. fl_axis_at() is the key of
 * level i, i from 0: its number of jobs, or i + 1 in a sweep.
 */
size_t fl_axis_length(const struct fl_bench *bench);
unsigned int fl_axis_at(const struct fl_bench *bench, size_t i);
unsigned int fl_axis_of_row(const struct fl_bench *bench, const struct fl_bench_row *row);
/* "jobs", "iodepth". */
const char *fl_axis_name(const struct fl_bench *bench);
/* The same as a table's header: "percent read" for "read". */
const char *fl_axis_label(const struct fl_bench *bench);
/* "8", "64k". */
const char *fl_axis_value(const struct fl_bench *bench, unsigned int at, char buf[FL_SWEEP_VALUE]);
/* The variable that --sweep NAME varies, as "IODEPTH" for "iodepth"; NULL: none of that name. */
const char *fl_sweep_variable(const char *name);
/* Prints the names, each with a '=' after it, separated by blanks. */
void fl_sweep_words(FILE *out);
/* Whether the job file uses a variable. */
bool fl_bench_uses(const struct fl_bench *bench, const char *variable);

/* Counted writes minus fio's. *known becomes false where nothing was counted. */
long long fl_bench_row_difference(const struct fl_bench_row *row, bool *known);
/* Sets status and why from the difference, fio's error and the tolerance. */
void fl_bench_row_judge(struct fl_bench_row *row, double max_loss);

/* To JSON that the caller puts; and back: 0, and the caller frees what was read, or -1 with err set. */
struct json_object;
struct json_object *fl_bench_to_json(const struct fl_bench *bench);
int fl_bench_from_json(struct fl_bench *bench, struct json_object *o, struct fl_err *err);
struct json_object *fl_bench_row_to_json(const struct fl_bench_row *row);
int fl_bench_row_from_json(struct fl_bench_row *row, struct json_object *o, struct fl_err *err);
struct json_object *fl_series_to_json(const struct fl_series *series);
int fl_series_from_json(struct fl_series *series, struct json_object *o, struct fl_err *err);

#endif
