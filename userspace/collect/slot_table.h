/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of files that BPF programs count in (bpf/slots.bpf.h), as user space sees it: which slots are
 * claimed, in the order of their claims, found without a look at the free ones.
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
	__u32 id; /* grows with every claim: a slot may change its owner, an id does not */
	__u32 slot;
	__u64 read;    /* for the user: all that was read of it so far, as one number */
	__u64 counted; /* the same, with what was not read yet, at the last look */
	bool looked_at;
};

struct fl_slot_table {
	struct fl_slot *slot; /* mapped */
	__u32 nslots;
	__u64 *order; /* mapped: see slot_order in bpf/slots.bpf.h */
	__u32 *epoch; /* mapped, or NULL: what BPF remembers of open files is no older */
	struct fl_claim *claim;
	size_t nclaims, room;
	__u32 taken; /* claims read so far */
};

/* Maps the table of a loaded object. Returns 0, or -1 with err set. */
int fl_slot_table_open(struct fl_slot_table *t, struct bpf_object *obj, __u32 nslots,
		       struct fl_err *err);
/* From now on BPF sees every open, and may remember an open file from one write to the next. */
void fl_slot_table_opens_are_watched(struct fl_slot_table *t);
/* What BPF remembers of open files is to be looked up anew. */
void fl_slot_table_forget_open_files(struct fl_slot_table *t);
/* Number of claims made since the programs were loaded: one load, for those who ask often. */
__u32 fl_slot_table_claims_made(const struct fl_slot_table *t);
/* Adds new claims to t->claim. Returns 0, or -1 when out of memory; the claims are then read next time. */
int fl_slot_table_update(struct fl_slot_table *t);
/* Gives the slot of a claim back to BPF and forgets the claim. */
void fl_slot_table_release(struct fl_slot_table *t, size_t claim);
void fl_slot_table_close(struct fl_slot_table *t);

#endif
