/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of files that BPF programs count in (bpf/slots.bpf.h), seen from user space: the claimed slots,
 * in the order in which they were claimed. Free slots are never looked at.
 */
#ifndef FL_SLOT_TABLE_H
#define FL_SLOT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "util/err.h"
#include "bpf/abi.h"

struct bpf_object;

struct fl_claim {
	__u32 id; /* unlike a slot, never given to another file */
	__u32 slot;
	/* The collector's own. Sums of all counts of the file, whatever they count: */
	__u64 read;	/* those that were read */
	__u64 counted;	/* all, when fl_collector_forget() last looked */
	bool looked_at; /* it has looked once */
};

struct fl_slot_table {
	struct fl_slot *slot; /* mapped */
	__u32 nslots;
	__u64 *order; /* mapped: see slot_order in bpf/slots.bpf.h */
	__u32 *epoch; /* mapped, see open_epoch in bpf/epoch.bpf.h; NULL where nothing is remembered */
	struct fl_claim *claim;
	size_t nclaims;
	__u32 taken; /* claims read so far */
};

/* Maps the table of a loaded object. Returns 0, or -1 with err set. */
int fl_slot_table_open(struct fl_slot_table *t, struct bpf_object *obj, __u32 nslots,
		       struct fl_err *err);
/* Tells BPF that it sees every open from now on, so it may remember an open file between writes. */
void fl_slot_table_opens_are_watched(struct fl_slot_table *t);
/* Has BPF look up anew what it remembers of open files. */
void fl_slot_table_forget_open_files(struct fl_slot_table *t);
/* Number of claims made since the programs were loaded. Cheap: one load. */
__u32 fl_slot_table_claims_made(const struct fl_slot_table *t);
/* Adds new claims to t->claim. Returns 0, or -1 when out of memory; the next call then adds them. */
int fl_slot_table_update(struct fl_slot_table *t);
/* Gives the slot of t->claim[claim] back to BPF, and removes the claim from the list. */
void fl_slot_table_release(struct fl_slot_table *t, size_t claim);
void fl_slot_table_close(struct fl_slot_table *t);

#endif
