/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes that tasks have ended and that the programs have not added to their slots yet (struct fl_scope). Programs add
 * them in the end, so that a reading has to add them itself, after the slots: what a program is just adding is then
 * found by the next reading, and none is found twice.
 */
#ifndef FL_BATCHES_H
#define FL_BATCHES_H

#include <linux/types.h>
#include "bpf/abi.h"
#include "collect/variables.h"

struct fl_batches {
	struct fl_variable scopes, used;
	/* NULL if the form has none */
	const struct fl_scope *scope;
	const __u64 *has_batch; /* a bit for each */
	__u32 nslots;
	/* which scopes have batches of a slot and of a writer: lists of their numbers plus 1 */
	__u32 *of_slot, *next_of_slot, *of_writer, *next_of_writer;
};

/* For a loaded object. Returns 0, or -1 when out of memory. */
int fl_batches_open(struct fl_batches *b, struct bpf_object *obj, __u32 nslots);
/* For scopes in memory, which is not owned; else the same. */
int fl_batches_init(struct fl_batches *b, const struct fl_scope *scope, const __u64 *has_batch,
		    __u32 nslots);
/* Looks which scopes have batches now. Those that begin one later are found by the next look. */
void fl_batches_look(struct fl_batches *b);
/* Adds a slot's batches to what was read of the slot; an fl_percpu_values' add_more. */
void fl_batches_add(void *batches, __u32 slot, void *counts);
/* The writes that belong to the writer at a place, if it has the key. */
__u64 fl_batches_of_writer(const struct fl_batches *b, __u32 place, __u64 key);
void fl_batches_close(struct fl_batches *b);

#endif
