/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector stands between the commands and BPF. It never prints; what it has to say is in
 * the snapshot or in an error.
 */
#ifndef FL_COLLECTOR_H
#define FL_COLLECTOR_H

#include "util/err.h"
#include "openfiles/openfiles.h"
#include "snapshot/snapshot.h"
#include "collect/forms.h"
#include "collect/target.h"

enum fl_evidence {
	FL_EVIDENCE_AUTO,
	FL_EVIDENCE_STATE, /* the best form of the state method */
	FL_EVIDENCE_FORMS, /* from here on one for each enum fl_method, in its order */
	FL_EVIDENCE_STATE_TP = FL_EVIDENCE_FORMS + FL_METHOD_STATE_TP,
	FL_EVIDENCE_STATE_FENTRY = FL_EVIDENCE_FORMS + FL_METHOD_STATE_FENTRY,
	FL_EVIDENCE_CALLSITE = FL_EVIDENCE_FORMS + FL_METHOD_CALLSITE,
	FL_EVIDENCE_GLOBAL = FL_EVIDENCE_FORMS + FL_METHOD_GLOBAL,
	FL_EVIDENCES = FL_EVIDENCE_FORMS + FL_METHODS,
};

/* The names that --evidence takes; and back, -1 for any other name. */
const char *fl_evidence_name(enum fl_evidence e);
int fl_evidence_from_name(const char *name);

struct fl_kernel;

struct fl_collect_opts {
	struct fl_kernel *kernel; /* must outlive the collector */
	enum fl_evidence evidence;
	__u32 max_inodes; /* files told apart; 0: the default, 4,096 or what memory allows */
	/* The global method stops by itself after this time; 0: after 10 s. */
	double window_s;
	/*
	 * If the method has wait and hold times: measure them for one write in this many, on
	 * average; 0: for none. Waits for fi->lock, which only some methods have, are measured for
	 * every take unless this is 0.
	 */
	__u32 timed_in;
	/*
	 * When the table of files is half full, files that nobody wrote for this time (or up to
	 * twice as long) make room for others; their counts go to sums by mount and route. 0:
	 * never.
	 */
	double forget_s;
	/*
	 * Compare what was counted with the mounts' attr_version (cross_check.h). Snapshots then hold for
	 * the whole time since the start, not for differences of two.
	 */
	bool cross_check;
	/* shared with others, and must outlive the collector; NULL: a list of its own */
	struct fl_open_list *open_list;
	bool quiet_start; /* the watched workload starts only after fl_collector_start() */
	/*
	 * A process, by its PID here, that will become a command. Writes by tasks that are not its
	 * own or its descendants' are reported apart. 0: writes are not told apart.
	 */
	pid_t command;
	bool only_command; /* only the command's writes count */
	bool waits;    /* count waits for the locks, too: every queued lock of the system pays */
	bool children; /* --children was given: see fl_collect_target() */
};

#define FL_TIMED_IN 16 /* unless --times says otherwise */

/* For commands that watch without an end. */
#define FL_FORGET_S 60

struct fl_collector;

/*
 * Whether a method works here, found by loading and attaching each of its programs. Fills in probes (room for
 * FL_MAX_PROBES; live is what could be attached) and their number. Returns 0 when the method works, else -1 with
 * err saying which program stands in the way. Not for global, whose hooks the whole system would pay for.
 */
int fl_collector_try(struct fl_kernel *kernel, enum fl_method method, struct fl_probe *probes,
		     size_t *n, struct fl_err *err);

/*
 * Chooses the method, and loads and attaches its programs. Nothing is counted yet. NULL with err set. The
 * target must outlive it.
 */
struct fl_collector *fl_collector_prepare(const struct fl_target *target,
					  const struct fl_collect_opts *opts, struct fl_err *err);
/* Whether it counts at call sites. These belong to the code that ran when it was prepared. */
bool fl_collector_counts_sites(const struct fl_collector *c);
/* Begins to count: from its return on, every write is counted. */
void fl_collector_start(struct fl_collector *c);
/*
 * To be called every 50 to 100 ms while counting: looks up the open flags of files that were written
 * for the first time, while they are still open. Cheap where there is no new file.
 */
void fl_collector_poll(struct fl_collector *c);
/* Whether counting ended by itself, at the end of the global method's window. */
bool fl_collector_stopped_itself(const struct fl_collector *c);
/* Ends counting; counts stand still afterwards. Nothing is detached before fl_collector_finish(). */
void fl_collector_stop(struct fl_collector *c);
/*
 * What was counted since the last reading (or the start), running or stopped: files that counted nothing
 * are left out, mounts and probes never. The caller frees the snapshot. Returns 0, or -1 with err set.
 */
int fl_collector_read(struct fl_collector *c, struct fl_snapshot *s, struct fl_err *err);

/* Totals since the start, with less work than a snapshot. None is less than in the sample before. */
void fl_collector_sample(struct fl_collector *c, struct fl_sample *sample);
/* The writes of such a sample. */
__u64 fl_collector_writes(struct fl_collector *c);
/* Detaches and frees everything. NULL is fine. */
void fl_collector_finish(struct fl_collector *c);

#endif
