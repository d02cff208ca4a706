/* SPDX-License-Identifier: GPL-2.0-only */
/* fio as a workload of a case: one run of a job file, and what it did. */
#ifndef FL_VERIFY_FIO_H
#define FL_VERIFY_FIO_H

#include "verify/case.h"

struct fl_fio_sums {
	__u64 writes, reads;
	__u64 min_job;	   /* I/Os of the job that did the fewest */
	__u64 max_clat_ns; /* the longest completion of all */
};

/*
 * Runs fio in the working directory with [global] lines that every run of ours needs, then job. It
 * fails the case when fio does, with fio's own words. sums may be NULL.
 */
int fl_fio_run(struct fl_case_env *e, const char *job, struct fl_fio_sums *sums);

/* Writes size bytes of file in 4K verify blocks, sequentially and directly, by one job. */
int fl_fio_seed(struct fl_case_env *e, const char *file, __u64 size);
/* Reads [0, size) back and checks each 4K block's CRC32C and place. */
int fl_fio_verify(struct fl_case_env *e, const char *file, __u64 size);

/* What fio wrote as JSON, summed up. Pure. Returns 0, or -1 when it is not fio's output. */
int fl_fio_parse(const char *text, struct fl_fio_sums *sums);

#endif
