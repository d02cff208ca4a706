/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums since the exporter's start, which never fall. The counts of each reading are added to their mount and file,
 * and to the reasons that were known at that time. Bounded: past the limits, mounts and files are added up as
 * "other". The files with series of their own are the busiest of the last minutes. Pure.
 */
#ifndef FL_METRICS_H
#define FL_METRICS_H

#include "util/index.h"
#include "export/busiest.h"
#include "snapshot/snapshot.h"

enum fl_lock_mode {
	FL_LOCK_EXCLUSIVE,
	FL_LOCK_SHARED,
	FL_LOCK_UNTOLD,
	FL_LOCK_MODES,
};

struct fl_metric_mount {
	__u32 dev;
	char *path;   /* NULL: mounts past the limit and files past the table's room, together */
	char *fstype; /* may be NULL */
	char *source;
	bool present;
	enum fl_served_state served;
	__u64 gone_ns; /* when it was first seen gone */
	__u64 writes[FL_ROUTES][FL_LOCK_MODES];
	__u64 bytes[FL_ROUTES];
	struct fl_totals totals; /* whatever the route */
	bool uncounted; /* counter is not known: the programs have no place for the mount */
	__u64 counter[FL_MOUNT_COUNTERS];
	__u64 other_files[FL_LOCK_MODES]; /* writes to files without a series of their own */
	struct fl_slot_hists *hists;	  /* NULL until the method gave some */
};

struct fl_metric_file {
	__u32 dev;
	__u64 ino;
	struct fl_file_key key;
	char *mount; /* path */
	char *name;
	__u64 writes[FL_LOCK_MODES];
	__u64 active_ns; /* last interval in which it was written */
};

struct fl_metrics_limits {
	size_t mounts, files;
	__u64 keep_ns; /* how long what is gone or idle keeps its series */
};

#define FL_METRIC_PROGRAMS 64

struct fl_metrics {
	struct fl_metrics_limits limits;
	struct fl_metric_mount *mount; /* [0] is "other" */
	size_t nmounts;
	struct fl_index by_dev;
	struct fl_metric_file *file;
	size_t nfiles;
	struct fl_index by_file;
	struct fl_busiest busiest;
	/*
	 * Series that busier files may still take over: at most --files, and as many again in
	 * keep_ns.
	 */
	double changes;
	__u64 last_ns;
	__u64 loss[FL_LOSSES];
	__u64 misses[FL_METRIC_PROGRAMS]; /* in the order of a reading's probes */
	bool knows_takes;		  /* upgrades and fi->lock */
	bool knows_nature;		  /* which writes were eligible */
};

/* Returns 0, or -1 when out of memory; fl_metrics_free() is due either way. */
int fl_metrics_init(struct fl_metrics *m, const struct fl_metrics_limits *limits);
/* Adds one interval. Returns 0, or -1 when out of memory: some of it may then be missing. */
int fl_metrics_add(struct fl_metrics *m, const struct fl_snapshot *interval);
void fl_metrics_free(struct fl_metrics *m);

#endif
