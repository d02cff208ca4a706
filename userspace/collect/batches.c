// SPDX-License-Identifier: GPL-2.0-only
#include "collect/batches.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORDS (FL_SCOPE_PLACES / 64)

/* What a reader needs of a scope, as it was at one moment. */
struct batch {
	__u64 bytes, writer_key;
	__u32 n, slot, writer;
	__u8 cell;
};

/* False if a program is changing the batch, and does not get on with it. */
static bool read_batch(const volatile struct fl_scope *s, struct batch *b)
{
	for (int i = 0; i < 1000; i++) {
		__u32 version = s->version;

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		b->n = s->batch;
		b->bytes = s->batch_bytes;
		b->slot = s->slot;
		b->cell = s->usual;
		b->writer = s->writer;
		b->writer_key = s->writer_key;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(version & 1) && s->version == version)
			return b->n && b->cell < FL_MODES * FL_NATURES;
	}
	return false;
}

int fl_batches_init(struct fl_batches *b, const struct fl_scope *scope, const __u64 *has_batch,
		    __u32 nslots)
{
	b->nslots = nslots;
	b->of_slot = calloc(nslots, sizeof(*b->of_slot));
	b->of_writer = calloc(FL_WRITERS, sizeof(*b->of_writer));
	b->next_of_slot = calloc(FL_SCOPE_PLACES, sizeof(*b->next_of_slot));
	b->next_of_writer = calloc(FL_SCOPE_PLACES, sizeof(*b->next_of_writer));
	if (!b->of_slot || !b->of_writer || !b->next_of_slot || !b->next_of_writer)
		return -1;
	b->scope = scope;
	b->has_batch = has_batch;
	return 0;
}

int fl_batches_open(struct fl_batches *b, struct bpf_object *obj, __u32 nslots)
{
	memset(b, 0, sizeof(*b));
	fl_variable_map(&b->scopes, obj, "scopes", sizeof(struct fl_scope) * FL_SCOPE_PLACES);
	fl_variable_map(&b->used, obj, "scopes_used", sizeof(__u64) * WORDS);
	if (!b->scopes.at || !b->used.at)
		return 0;
	return fl_batches_init(b, b->scopes.at, b->used.at, nslots);
}

static void note(struct fl_batches *b, __u32 i)
{
	const volatile struct fl_scope *s = &b->scope[i];
	__u32 slot = s->slot, writer = s->writer;

	if (slot >= b->nslots || writer >= FL_WRITERS)
		return;
	b->next_of_slot[i] = b->of_slot[slot];
	b->of_slot[slot] = i + 1;
	b->next_of_writer[i] = b->of_writer[writer];
	b->of_writer[writer] = i + 1;
}

void fl_batches_look(struct fl_batches *b)
{
	const volatile __u64 *used = b->has_batch;

	if (!b->scope)
		return;
	memset(b->of_slot, 0, b->nslots * sizeof(*b->of_slot));
	memset(b->of_writer, 0, FL_WRITERS * sizeof(*b->of_writer));
	for (__u32 w = 0; w < WORDS; w++)
		for (__u64 bits = used[w]; bits; bits &= bits - 1)
			note(b, w * 64 + __builtin_ctzll(bits));
}

void fl_batches_add(void *batches, __u32 slot, void *counts)
{
	const struct fl_batches *b = batches;
	struct fl_slot_counts *sum = counts;
	struct batch one;

	if (!b->scope || slot >= b->nslots)
		return;
	/* what was read of the slot was read before */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (__u32 i = b->of_slot[slot]; i; i = b->next_of_slot[i - 1]) {
		if (!read_batch(&b->scope[i - 1], &one) || one.slot != slot)
			continue;
		(&sum->cell[0][0])[one.cell] += one.n;
		sum->counter[FL_COUNT_BYTES] += one.bytes;
	}
}

__u64 fl_batches_of_writer(const struct fl_batches *b, __u32 place, __u64 key)
{
	struct batch one;
	__u64 n = 0;

	if (!b->scope)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (__u32 i = b->of_writer[place]; i; i = b->next_of_writer[i - 1])
		if (read_batch(&b->scope[i - 1], &one) && one.writer == place &&
		    one.writer_key == key)
			n += one.n;
	return n;
}

void fl_batches_close(struct fl_batches *b)
{
	fl_variable_unmap(&b->scopes);
	fl_variable_unmap(&b->used);
	free(b->of_slot);
	free(b->of_writer);
	free(b->next_of_slot);
	free(b->next_of_writer);
	memset(b, 0, sizeof(*b));
}
