/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was counted, as plain data: the only thing that verdicts, reports and renderers see. A snapshot
 * can be recorded as JSON and read back, so that everything above it is tested without root.
 */
#ifndef FL_SNAPSHOT_H
#define FL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"
#include "snapshot/names.h"
#include "snapshot/writers.h"

/* What is known of FOPEN_PARALLEL_DIRECT_WRITES on one file, from its opens and its open descriptors. */
struct fl_flag_knowledge {
	/* replies of the daemon to OPEN and CREATE; if none was seen, those that open files keep */
	__u64 opens_seen;
	__u64 opens_asked;   /* of those, with the flag */
	__u64 effective_set; /* open files seen with the flag in force */
	__u64 effective_unset;
	/* the kernel goes by the daemon's replies on passthrough files, whatever flag is in force: our livepatch */
	bool answer_counts;
};

/* One file by one route. */
struct fl_file_counts {
	__u32 slot; /* number in the collector, never given to another file; 0: "other". Not recorded */
	__u32 dev;
	__u64 ino;
	__u64 nodeid;	  /* 0 where not known */
	__u32 generation; /* of the node. Not recorded */
	enum fl_route route;
	bool is_other; /* this is the sum of files that had no room in the table */
	char *name;    /* last component, or NULL; owned */
	char *path;    /* whole path where an open file showed it, or NULL; owned */
	__u64 cell[FL_MODES][FL_NATURES];
	__u64 counter[FL_COUNTERS];
	struct fl_slot_hists *hists; /* NULL where the method has none; owned */
	struct fl_holders *holders;  /* NULL where nothing was told of them; owned */
	struct fl_waits *waits;	     /* NULL where nobody was seen to wait for its locks; owned */
	struct fl_writer_counts writers; /* the busiest; owned */
	struct fl_flag_knowledge flag;
	bool has_takes;		    /* the method counts takes themselves */
	__u64 takes[FL_SITE_ROLES]; /* of this inode's locks; 0 unless has_takes */
};

/* Waits for a spin lock at one site, measured by two probes. The probes' own time is subtracted. */
struct fl_site_wait {
	bool measured;
	__u64 count;
	__u64 pair_ns;	     /* time of the two probes themselves */
	__u64 resolution_ns; /* shorter waits cannot be told from no wait */
	__u64 p50_ns, p99_ns;
	__u64 mean_ns; /* unlike the median, it shows rare long waits */
};

/* One lock call of the call-site map, with what was counted there. */
struct fl_site_snapshot {
	char function[64];
	__u64 offset;
	char callee[48];
	enum fl_site_role role;
	__u32 routes; /* bit per enum fl_route; 0 off the write path */
	bool merged;  /* exclusive takes and upgrades in one call */
	__u64 takes;
	struct fl_site_wait wait;
};

/* Whether a mount still has a daemon. */
enum fl_served_state {
	FL_SERVED_UNKNOWN,
	FL_SERVED_NO,
	FL_SERVED_YES,
};

/* Whether what was counted on a mount was compared with its attr_version (coverage.h). */
enum fl_cross_check_state {
	FL_CROSS_OFF, /* nobody asked for it */
	FL_CROSS_DONE,
	FL_CROSS_PARTIAL,
	FL_CROSS_NOWAIT,
	FL_CROSS_KERNEL,
	FL_CROSS_UNREADABLE,
	FL_CROSS_SHORT,
	FL_CROSS_REPLIES,
	FL_CROSS_WRITEBACK,
	FL_CROSS_ALL,
	FL_CROSS_STATES,
};

struct fl_mount_snapshot {
	__u32 dev;
	char *path;		     /* mount point, or NULL where it was never known; owned */
	bool present;		     /* mounted when this was read. Not recorded */
	enum fl_served_state served; /* filled in by fl_watch_read() alone. Not recorded */
	char *fstype;		     /* owned */
	char *source;		     /* owned */
	bool uncounted; /* counter is not known: more mounts had requests than the table has places */
	__u64 counter[FL_MOUNT_COUNTERS];
	enum fl_cross_check_state cross_check;
	/* attempts that were not counted: so many at least, and at most; 0 unless the check is done */
	__u64 unseen, unseen_at_most;
};

struct fl_probe {
	char name[64];
	bool live;
	bool counts_writes; /* a miss of it is a lost write, not only a lost detail */
	__u64 misses;	    /* events it did not see between start_ns and end_ns */
	char why_not[128];  /* for a probe that is not live */
};

struct fl_snapshot {
	char kernel[128]; /* uname -r */
	enum fl_method method;
	char method_why[256];	/* why this one was chosen */
	__u64 start_ns, end_ns; /* CLOCK_MONOTONIC */
	enum fl_can can[FL_ROUTES];
	char variant[16]; /* of fs/fuse, as the call-site map shows it; "unknown" where it cannot */
	struct fl_file_counts *file;
	size_t nfiles;
	size_t capacity; /* files that could be told apart */
	size_t ntracked; /* files that are told apart now, written or not. Not recorded */
	__u32 timed_in;	 /* one write in this many has times, on average; 0: none */
	struct fl_mount_snapshot *mount;
	size_t nmounts;
	struct fl_probe *probe;
	size_t nprobes;
	__u64 loss[FL_LOSSES];
	bool has_takes;
	bool has_completions;	       /* the counters of completed writes are counts, not just 0 */
	bool has_waits;		       /* waits for the locks were counted */
	__u64 unfollowed_locks;	       /* for whose waits there was no room */
	bool has_holders;	       /* how many tasks held the lock together was counted */
	bool has_writers;	       /* the busiest writers are known */
	bool tells_outside;	       /* writes by processes outside the command are known */
	struct fl_site_snapshot *site; /* callsite method */
	size_t nsites;
	/* Which form counted the writes beside the takes; with takes_only none did: see below. */
	enum fl_method writes_method;
	/* Writes are the takes of the write path; their nature is not known. */
	bool takes_only;
	/* Files that were open for writes which nothing sees, the most at once, and one of them. */
	__u64 blind_files;
	char blind_example[256];
	/*
	 * Writes that began while takes and writes were counted and had not ended when that stopped (or
	 * when this was read): what they took is counted, they are not.
	 */
	bool has_unfinished;
	__u64 unfinished;
};

/*
 * What tells a file from all others, as fs/fuse does: device, node and its generation. An inode number may
 * be that of several files, or of one after the other; it stands in where the node is not known.
 */
struct fl_file_key {
	__u64 mount, node;
};

static inline struct fl_file_key fl_file_key(__u32 dev, __u32 generation, __u64 nodeid, __u64 ino)
{
	return (struct fl_file_key){(__u64)generation << 32 | dev, nodeid ? nodeid : ino};
}

static inline struct fl_file_key fl_key_of(const struct fl_file_counts *f)
{
	return fl_file_key(f->dev, f->generation, f->nodeid, f->ino);
}

/* Frees all that one file owns. */
void fl_file_counts_free(struct fl_file_counts *f);
/* Frees all that the snapshot owns, and sets it to zero. */
void fl_snapshot_free(struct fl_snapshot *s);
/* Leaves the snapshot without files, for who needs only the rest of it. */
void fl_snapshot_free_files(struct fl_snapshot *s);
/* Whether the evidence counts this. If it does not, the counter is 0, and that means nothing. */
bool fl_snapshot_knows(const struct fl_snapshot *s, enum fl_counter counter);
/*
 * Fills in the writes from the takes where nothing else counted writes. A write that was upgraded took the
 * lock twice and ran exclusively. The nature of the writes stays unknown.
 */
void fl_writes_from_takes(struct fl_snapshot *s);

/* The sums that verdicts, rows and reports are made of. */
struct fl_totals {
	__u64 writes; /* with any mode */
	__u64 exclusive, shared, unknown;
	__u64 eligible, eligible_shared;
	__u64 by_route[FL_ROUTES];
	__u64 reason[FL_REASONS]; /* exclusive writes */
	__u64 counter[FL_COUNTERS];
	__u64 takes[FL_SITE_ROLES];
	__u64 lost;   /* writes that probes missed, scopes that never paired */
	__u64 unseen; /* by the mounts' cross-check; in no file's totals */
};

/* The totals since the start at one moment: for time series. */
struct fl_sample {
	__u64 t_ns; /* CLOCK_MONOTONIC */
	__u64 writes, exclusive, shared;
	bool has_fi_lock; /* the method counts takes */
	__u64 fi_lock;	  /* takes by writes */
};

/* By how much the number of writes may be wrong: lost, uncertain and unseen ones. */
__u64 fl_totals_unsure(const struct fl_totals *t);

/* All writes of one file, however they took the lock. */
__u64 fl_file_writes(const struct fl_file_counts *f);
/*
 * The totals of one file, of one mount, and of a whole snapshot. Losses belong to no file and no mount: lost is
 * 0 for a file, and all of the snapshot's for a mount.
 */
void fl_file_totals(const struct fl_snapshot *s, const struct fl_file_counts *f,
		    struct fl_totals *t);
void fl_mount_totals(const struct fl_snapshot *s, __u32 dev, struct fl_totals *t);
void fl_snapshot_totals(const struct fl_snapshot *s, struct fl_totals *t);
/* Adds a struct of nothing but __u64 to another one of its kind. */
void fl_add_words(void *to, const void *from, size_t size);
/* Adds what was counted; where f has times or holders, to must have room for them. */
void fl_file_counts_add(struct fl_file_counts *to, const struct fl_file_counts *f);
/* Adds up totals; adds a snapshot's losses, which no file's totals hold. */
void fl_totals_add(struct fl_totals *sum, const struct fl_totals *t);
void fl_totals_add_losses(const struct fl_snapshot *s, struct fl_totals *t);

/* Sets *upgrades to the upgrades among the writes of t. False where the evidence does not count them. */
bool fl_totals_upgrades(const struct fl_snapshot *s, const struct fl_totals *t, __u64 *upgrades);

/*
 * Moves upgrades that were counted as exclusive takes, where one call of the kernel makes both, to the upgrades. For
 * totals of writes that have ended: a write that is under way would look like an upgrade.
 */
void fl_totals_tell_upgrades(const struct fl_snapshot *s, struct fl_totals *t);

/*
 * Checks the count of writes against the count of takes. Returns the takes of the inode lock on write paths,
 * an upgraded write counted once, minus the writes and the attempts that wrote nothing. 0 is agreement.
 */
long long fl_takes_difference(const struct fl_totals *t);

/* JSON, schema in docs/schema.md. Returns a json-c object that the caller puts. */
#define FL_SNAPSHOT_SCHEMA "fuselens.snapshot/1"

struct json_object;
struct json_object *fl_snapshot_to_json(const struct fl_snapshot *s);
/* Reads what fl_snapshot_to_json() wrote. Unknown keys are ignored, missing ones are errors. */
int fl_snapshot_from_json(struct fl_snapshot *s, struct json_object *o, struct fl_err *err);

/* Takes by role as an object, or null where the method cannot tell. The caller owns it. */
struct json_object *fl_takes_to_json(bool has_takes, const __u64 takes[FL_SITE_ROLES]);

#endif
