/* SPDX-License-Identifier: GPL-2.0-only */
/* What the collector's files share. Nobody else includes this. */
#ifndef FL_COLLECTOR_IMPL_H
#define FL_COLLECTOR_IMPL_H

#include "util/clock.h"
#include "util/index.h"
#include "collect/collector.h"
#include "collect/batches.h"
#include "collect/choose.h"
#include "collect/cross_check.h"
#include "collect/family.h"
#include "collect/follow.h"
#include "collect/forgotten.h"
#include "collect/gate.h"
#include "collect/keeper.h"
#include "collect/slot_table.h"
#include "collect/source.h"
#include "collect/waits.h"
#include "collect/writer_table.h"
#include "openfiles/known.h"

/* The requests of one mount that were told so far. */
struct fl_mount_told {
	__u32 dev;
	__u64 counter[FL_MOUNT_COUNTERS];
};

/* What the keeper of hooks and the end of counting leave, in memory that both processes share. */
struct fl_end {
	__u64 deadline_ns; /* for the keeper */
	bool begun;	   /* by whichever process came first */
	__u64 ns;	   /* when counting ended; 0: it has not. Written last */
	__u64 unfinished;  /* writes that were inside the gate then */
	__u64 misses[FL_MAX_SOURCES][FL_MAX_PROBES];
	struct fl_probe probe[FL_MAX_PROBES]; /* of the keeper's source, once attached */
};

struct fl_collector {
	struct fl_kernel *kernel;
	const struct fl_target *target;
	struct fl_choice choice; /* with the sources */
	struct fl_gate_map gate;
	struct fl_slot_table table;
	struct fl_batches batches;
	struct fl_writer_table writers;
	struct fl_wait_table waits;
	struct fl_follow follow;
	struct fl_family family;
	bool family_only; /* writes of other tasks do not count */
	bool tells_outside;
	struct fl_cross_check cross;
	struct fl_snapshot blind; /* only the method, and what blind.h fills in, are used */
	int ncpus;
	__u32 timed_in; /* of the options; 0 where nothing takes times */
	__u32 hist_slots, holder_slots;
	struct fl_percpu_values counts; /* by slot; none where only takes are counted */
	struct fl_percpu_values takes;	/* by slot; none where no takes are counted */
	struct fl_percpu_values hists;	/* of the first hist_slots; the others' are with slot 0's */
	struct fl_percpu_values holders; /* of the first holder_slots, as with hists */
	struct fl_percpu_values losses;	 /* one */
	struct fl_mount_told *told;
	size_t ntold;
	struct fl_index told_by_dev;
	struct fl_sample sum;	  /* of all that was read so far */
	struct fl_sample sampled; /* the last sample */

	__u64 start_ns; /* 0: the gate has not been open */
	__u64 read_ns;	/* end of the last reading */
	struct fl_end *end;
	struct fl_keeper keeper; /* of the global method's hooks */
	__u64 window_ns;	 /* how long they may stay; 0: no such hooks */
	bool window_over;

	/* what is known of files and mounts beside their counts */
	bool other_namespaces; /* the target has mounts that ours lacks */
	struct fl_known_files known;
	bool answers_count;    /* see fl_livepatch_answers_count() */
	int mountinfo;	       /* says when the mounts of this namespace changed */
	struct fl_mounts seen; /* FUSE mounts that were there at some time, the latest last */
	__u32 claims_seen;     /* made when the open files were last listed for them */
	struct fl_open_list own_list, *open_list;
	__u64 merged_ns; /* read_ns of the list that is known */

	/* files that make room for others */
	__u64 forget_after_ns; /* 0: never */
	__u64 forget_looked_ns;
	struct fl_forgotten forgotten; /* since the last reading */
};

/* The source that counts takes; NULL where none does. */
struct fl_source *fl_collector_takes(struct fl_collector *c);
/* Whether only takes are counted, and writes are worked out from them. */
bool fl_collector_takes_only(const struct fl_collector *c);
/* Events that a program did not see, up to now or to the end of counting. */
__u64 fl_collector_misses(const struct fl_collector *c, size_t source, size_t program);
/*
 * What was counted of one claim since it was last read, as a file of a snapshot. The caller frees name,
 * path and hists. Returns 0, or -1 with errno set.
 */
int fl_collector_drain_claim(struct fl_collector *c, struct fl_claim *claim,
			     struct fl_file_counts *f);
/* A map of requests, as a descriptor: the first source has it if it counts writes, else -1. */
int fl_collector_request_map(const struct fl_collector *c, const char *name);
/* Adds all requests of a mount so far to its counters. Returns 0, or -1 when out of memory. */
int fl_collector_requests(struct fl_collector *c, struct fl_mount_snapshot *m);
/* How many files of the snapshot's mounts were opened for writes that the programs may miss. */
__u64 fl_collector_blind_opened(const struct fl_collector *c, const struct fl_snapshot *s);
/*
 * Adds the mounts of the target, those whose files were written, and those that sent requests; each
 * with its requests since the last reading. Returns 0, or -1 with err set when out of memory.
 */
int fl_collector_read_mounts(struct fl_collector *c, struct fl_snapshot *s,
			     const struct fl_mounts *now, struct fl_err *err);
/* Adds what was counted of one slot to a sample. */
void fl_collector_add_to_sample(const struct fl_collector *c, struct fl_sample *sample,
				const struct fl_slot_counts *counts,
				const struct fl_slot_takes *takes);
/* By how much what was counted on a mount and not read yet may have raised its attr_version. */
__u64 fl_collector_explained(struct fl_collector *c, __u32 dev);
/* Which methods count: s->method, writes_method, takes_only, has_takes. */
void fl_collector_describe(struct fl_collector *c, struct fl_snapshot *s);
/* When counting ended; 0: it goes on. */
__u64 fl_collector_end(const struct fl_collector *c);
/* Whether anything was counted of a file. */
bool fl_collector_counted(const struct fl_file_counts *f);
/* All that was counted of a claim and not read yet, as one number. Returns 0, or -1 with errno set. */
int fl_collector_unread(struct fl_collector *c, const struct fl_claim *claim, __u64 *n);
/*
 * When the table is half full, gives back the slots of files that nobody has written since the last
 * look; what was not read of them goes to c->forgotten.
 */
void fl_collector_forget(struct fl_collector *c);

#endif
