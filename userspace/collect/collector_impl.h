/* SPDX-License-Identifier: GPL-2.0-only */
/* What the collector's files share. Nobody else includes this. */
#ifndef FL_COLLECTOR_IMPL_H
#define FL_COLLECTOR_IMPL_H

#include <bpf/libbpf.h>

#include "util/clock.h"
#include "collect/collector.h"
#include "collect/forms.h"
#include "collect/choose.h"
#include "collect/forgotten.h"
#include "collect/gate.h"
#include "openfiles/known.h"
#include "collect/percpu_values.h"
#include "collect/slot_table.h"
#include "collect/takes.h"

struct fl_collector {
	const struct fl_target *target;
	struct fl_choice choice;
	struct bpf_object *obj;
	struct bpf_link *link[FL_MAX_PROBES];
	__u64 miss_base[FL_MAX_PROBES];
	struct fl_takes *takes; /* callsite and global */
	enum fl_method takes_method;
	__u32 timed_in;	      /* of the options; 0 where the form takes no times */
	struct fl_gate *gate; /* shared with the takes' programs; mapped, NULL without them */
	__u64 unfinished;     /* writes inside the gate when counting stopped */
	__u32 hist_slots;
	struct fl_slot_table table;
	struct fl_percpu_values counts; /* by slot */
	struct fl_percpu_values losses; /* one */
	struct fl_percpu_values
		hists; /* by slot, of the first hist_slots; the others' are with slot 0's */
	int ncpus;
	__u64 start_ns, end_ns;
	__u64 window_ns; /* of the global method; 0: none */
	bool window_over;

	/* what is known of files and mounts beside their counts */
	bool other_namespaces; /* the target has mounts that ours lacks */
	struct fl_known_files known;
	int mountinfo;	       /* says when the mounts of this namespace changed */
	struct fl_mounts seen; /* FUSE mounts that were there at some time, the latest last */
	__u32 claims_seen;     /* made when the open files were last listed */
	__u64 listed_ns, list_took_ns;

	/* files that make room for others */
	__u64 forget_after_ns; /* 0: never */
	__u64 forget_looked_ns;
	struct fl_forgotten forgotten;
};

static inline int fl_collector_map(const struct fl_collector *c, const char *name)
{
	return bpf_object__find_map_fd_by_name(c->obj, name);
}

/* Times that a program of the form was skipped since the start. */
__u64 fl_collector_misses(const struct fl_collector *c, size_t program);
/*
 * One claim's counts as a file of a snapshot; take: its slot starts anew for the next owner. Returns 0,
 * or -1 with errno set. The caller frees name, path and hists.
 */
int fl_collector_read_claim(struct fl_collector *c, const struct fl_claim *claim, bool take,
			    struct fl_file_counts *f);
/*
 * When the table is half full, gives back the slots of files that nobody has written since the last
 * look; their counts go to c->forgotten.
 */
void fl_collector_forget(struct fl_collector *c);

#endif
