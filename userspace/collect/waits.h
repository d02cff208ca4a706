/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits for the locks of files that are written, by the contention tracepoints (bpf/waits.bpf.c). */
#ifndef FL_WAITS_H
#define FL_WAITS_H

#include "collect/source.h"

struct waits_bpf;

#define FL_WAIT_PROGS 4

struct fl_wait_table {
	struct waits_bpf *skel; /* NULL where nobody asked */
	struct bpf_link *link[FL_WAIT_PROGS];
	__u64 missed[FL_WAIT_PROGS];
	struct fl_waits *drained; /* by place: what was given out; owned */
};

/*
 * Loads and attaches what sees waits; counts: the source that finds the locks. From here on every queued lock of the
 * system costs a look. Returns 0, or -1 with err set; fl_wait_table_close() is due either way.
 */
int fl_wait_table_open(struct fl_wait_table *t, const struct fl_source *counts, struct fl_err *err);
/*
 * What was waited at a place since it was last drained. *waits is NULL where there was nothing, and the caller's to
 * free. Returns 0, or -1 with errno set.
 */
int fl_wait_table_drain(struct fl_wait_table *t, __u32 place, struct fl_waits **waits);
/* Locks that found no room in the table of those that are followed. */
__u64 fl_wait_table_unfollowed(const struct fl_wait_table *t, const struct fl_source *counts);
/* The programs, with their misses since the last call. */
void fl_wait_table_probes(struct fl_wait_table *t, struct fl_probe probe[FL_WAIT_PROGS]);
void fl_wait_table_close(struct fl_wait_table *t);

#endif
