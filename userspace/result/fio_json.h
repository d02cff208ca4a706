/* SPDX-License-Identifier: GPL-2.0-only */
/* What fio measured, read from its JSON output (3.33 and later). Pure: takes text, touches no file. */
#ifndef FL_FIO_JSON_H
#define FL_FIO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"

enum fl_clat_pct {
	FL_CLAT_P50,
	FL_CLAT_P90,
	FL_CLAT_P99,
	FL_CLAT_P999,
	FL_CLAT_PCTS,
};

/* "p50_ns" and so on: the keys of row.json. */
extern const char *const fl_clat_pct_names[FL_CLAT_PCTS];

/* One direction of data, all jobs together. */
struct fl_fio_dir {
	__u64 ios; /* total_ios: requests that fio itself counts */
	__u64 bytes;
	double iops;
	double bytes_per_s;
	__u64 short_ios; /* completed in part; fio sends the rest again, uncounted */
	bool has_clat;
	double clat_mean_ns;
	bool has_lat;
	double lat_mean_ns; /* from submission to completion: with the time that submitting took */
	__u64 clat_min_ns, clat_max_ns;
	/* Percentiles of several groups cannot be merged: known only where there is one group. */
	bool has_pct;
	__u64 clat_pct_ns[FL_CLAT_PCTS];
};

struct fl_fio {
	char version[64]; /* "fio-3.33" */
	unsigned int groups;
	__u64 min_group_ios; /* I/Os of the group that did the fewest */
	int error;	     /* the first job's errno that is not 0 */
	struct fl_fio_dir read, write;
};

/*
 * Parses fio's output, len bytes at text. Lines in front of the document are passed over; of several
 * documents (--status-interval) the last one counts, as fio's figures are cumulative. Returns 0, or -1
 * with err set.
 */
int fl_fio_read_output(struct fl_fio *fio, const char *text, size_t len, struct fl_err *err);

/* "fio-3.33" or "fio-3.39-dirty" as 3033, 3039; 0 for anything else. */
unsigned int fl_fio_version(const char *text);
#define FL_FIO_OLDEST 3033u

#endif
