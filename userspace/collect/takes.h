/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes of the inode lock and of fi->lock, counted where they are made (callsite) or at the locks
 * themselves (global), beside the state method's count of writes.
 */
#ifndef FL_TAKES_H
#define FL_TAKES_H

#include "util/err.h"
#include "snapshot/snapshot.h"
#include "collect/target.h"

struct fl_takes;

struct fl_takes_opts {
	enum fl_method method; /* FL_METHOD_CALLSITE or FL_METHOD_GLOBAL */
	__u32 nslots;	       /* a power of two */
	bool time_waits;       /* callsite: two more probes a take of fi->lock */
	int gate_fd;	       /* of the object that counts the writes; -1: there is none */
	/* That object sees each write begin, and brings it to the gate. */
	bool writes_come_marked;
};

/* Loads the programs. NULL with err set. */
struct fl_takes *fl_takes_prepare(const struct fl_target *target, const struct fl_takes_opts *opts,
				  struct fl_err *err);
/* Attaches. Nothing is counted before the gate is open. */
int fl_takes_start(struct fl_takes *t, struct fl_err *err);
/* To be called just before the gate opens: what was missed until then is no loss. */
void fl_takes_begin(struct fl_takes *t);
void fl_takes_stop(struct fl_takes *t);
/*
 * Adds takes, sites, probes and losses to a snapshot whose files were read already. Files that only
 * takes know of are added. Returns 0 or -1 with err set.
 */
int fl_takes_read(struct fl_takes *t, struct fl_snapshot *s, struct fl_err *err);
/* The writes that the takes of the write paths stand for so far: an upgraded one ran exclusively. */
void fl_takes_sample(struct fl_takes *t, __u64 *writes, __u64 *exclusive, __u64 *shared);
/* Takes of one role so far, of all files. */
__u64 fl_takes_of(struct fl_takes *t, enum fl_site_role role);
/* The programs and which are live; returns how many were written, at most room. */
size_t fl_takes_probes(const struct fl_takes *t, struct fl_probe *probe, size_t room);
void fl_takes_finish(struct fl_takes *t);

#endif
