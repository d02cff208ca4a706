// SPDX-License-Identifier: GPL-2.0-only
#include "collect/slot_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "util/array.h"

#define EPOCH ".data.epoch" /* open_epoch in bpf/epoch.bpf.h */

static size_t order_len(const struct fl_slot_table *t)
{
	return (t->nslots + FL_ORDER_FIRST) * sizeof(*t->order);
}

static void *map_values(struct bpf_object *obj, const char *name, size_t len, struct fl_err *err)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_object__find_map_fd_by_name(obj, name), 0);

	if (p != MAP_FAILED)
		return p;
	fl_errno(err, errno, "cannot map the table of files");
	return NULL;
}

int fl_slot_table_open(struct fl_slot_table *t, struct bpf_object *obj, __u32 nslots,
		       struct fl_err *err)
{
	struct fl_err ignored;

	memset(t, 0, sizeof(*t));
	t->nslots = nslots;
	t->slot = map_values(obj, "slots", nslots * sizeof(*t->slot), err);
	if (t->slot)
		t->order = map_values(obj, "slot_order", order_len(t), err);
	if (!t->order) {
		fl_slot_table_close(t);
		return -1;
	}
	/* not every method remembers files, and those that do also work without */
	if (bpf_object__find_map_by_name(obj, EPOCH))
		t->epoch = map_values(obj, EPOCH, sizeof(*t->epoch), &ignored);
	return 0;
}

void fl_slot_table_opens_are_watched(struct fl_slot_table *t)
{
	if (t->epoch)
		__atomic_fetch_add(t->epoch, 1, __ATOMIC_SEQ_CST);
}

void fl_slot_table_forget_open_files(struct fl_slot_table *t)
{
	/* 0 means that nothing may be remembered; leave it */
	if (t->epoch && *t->epoch)
		__atomic_fetch_add(t->epoch, 1, __ATOMIC_SEQ_CST);
}

__u32 fl_slot_table_claims_made(const struct fl_slot_table *t)
{
	return __atomic_load_n(&t->order[FL_ORDER_CLAIMS], __ATOMIC_ACQUIRE);
}

int fl_slot_table_update(struct fl_slot_table *t)
{
	__u32 made = fl_slot_table_claims_made(t);

	while (t->taken != made) {
		__u64 *place = &t->order[FL_ORDER_FIRST + (t->taken & (t->nslots - 1))];
		__u32 slot = __atomic_load_n(place, __ATOMIC_ACQUIRE);

		/* the program that claimed the place has not written it yet */
		if (!slot)
			break;
		if (!FL_MORE(t->claim, t->nclaims))
			return -1;
		/*
		 * between two releases there are at most as many claims as slots, so the place is
		 * free
		 */
		__atomic_store_n(place, 0, __ATOMIC_RELEASE);
		t->taken++;
		t->claim[t->nclaims++] = (struct fl_claim){.id = t->taken, .slot = slot};
	}
	return 0;
}

void fl_slot_table_release(struct fl_slot_table *t, size_t claim)
{
	struct fl_slot *s = &t->slot[t->claim[claim].slot];

	/* programs that remember the slot must look it up again before another file gets it */
	fl_slot_table_forget_open_files(t);
	/* clear the key last: from then on a program may claim the slot and write it */
	s->name_len = 0;
	s->open_flags_known = 0;
	s->nodeid = 0;
	__atomic_store_n(&s->key, FL_SLOT_FREED, __ATOMIC_RELEASE);
	/* one that looked in between has remembered it anew */
	fl_slot_table_forget_open_files(t);
	t->nclaims--;
	memmove(&t->claim[claim], &t->claim[claim + 1], (t->nclaims - claim) * sizeof(t->claim[0]));
}

void fl_slot_table_close(struct fl_slot_table *t)
{
	if (t->slot)
		munmap(t->slot, t->nslots * sizeof(*t->slot));
	if (t->order)
		munmap(t->order, order_len(t));
	if (t->epoch)
		munmap(t->epoch, sizeof(*t->epoch));
	free(t->claim);
	memset(t, 0, sizeof(*t));
}
