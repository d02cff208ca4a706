/* SPDX-License-Identifier: GPL-2.0-only */
/* fio as a workload of a case: one run of a job file. */
#ifndef FL_VERIFY_FIO_H
#define FL_VERIFY_FIO_H

#include "result/fio_json.h"
#include "verify/cases/case.h"

/*
 * Runs fio in the working directory with [global] lines that every run of ours needs, then the jobs of fmt. It
 * fails the case when fio does, with fio's own words. fio takes what it did, each job a group; it may be NULL.
 */
int fl_fio_run(struct fl_case_env *e, struct fl_fio *fio, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes size bytes of file in 4K verify blocks, sequentially and directly, by one job. */
int fl_fio_seed(struct fl_case_env *e, const char *file, __u64 size);
/* Reads [0, size) back and checks each 4K block's CRC32C and place. */
int fl_fio_verify(struct fl_case_env *e, const char *file, __u64 size);

#endif
