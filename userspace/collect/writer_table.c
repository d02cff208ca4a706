// SPDX-License-Identifier: GPL-2.0-only
#include "collect/writer_table.h"

#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "collect/bpf_object.h"
#include "util/array.h"
#include "util/processes.h"

int fl_writer_table_configure(struct bpf_object *obj)
{
	bool own = !fl_in_first_pid_namespace();

	return fl_set_rodata(obj, "own_pids", &own, sizeof(own));
}

void fl_writer_table_open(struct fl_writer_table *t, struct bpf_object *obj,
			  const struct fl_batches *batches)
{
	memset(t, 0, sizeof(*t));
	t->batches = batches;
	fl_variable_map(&t->table, obj, "writers", sizeof(struct fl_writer) * FL_WRITERS);
	t->place = t->table.at;
}

static void add(struct fl_writer_table *t, const struct fl_writer *w, __u64 writes)
{
	struct fl_written *one;

	/* they count as those of other processes */
	if (!FL_MORE(t->written, t->n))
		return;
	one = &t->written[t->n++];
	memset(one, 0, sizeof(*one));
	one->slot = w->key & FL_WRITER_SLOT_MASK;
	one->by.pid = w->pid;
	memcpy(one->by.comm, w->comm, sizeof(one->by.comm) - 1);
	memcpy(one->by.cgroup, w->cgroup, sizeof(one->by.cgroup) - 1);
	one->by.writes = writes;
}

static void sweep_place(struct fl_writer_table *t, __u32 i)
{
	const volatile struct fl_writer *from = &t->place[i];
	struct fl_writer w;
	__u64 total;

	w.key = from->key;
	if (!w.key || w.key == FL_WRITER_CLAIMED)
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(&w, &t->place[i], sizeof(w));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* the place was given to another process meanwhile */
	if (from->key != w.key)
		return;
	if (t->last[i].key != w.key) {
		t->last[i].key = w.key;
		t->last[i].told = 0;
	}
	total = w.writes + w.settled + fl_batches_of_writer(t->batches, i, w.key);
	/* counts that were subtracted since then are made up for later */
	if ((__s64)(total - t->last[i].told) <= 0)
		return;
	add(t, &w, total - t->last[i].told);
	t->last[i].told = total;
}

static int by_slot(const void *a, const void *b)
{
	const struct fl_written *x = a, *y = b;

	return (x->slot > y->slot) - (x->slot < y->slot);
}

void fl_writer_table_sweep(struct fl_writer_table *t)
{
	size_t left = 0;

	/* writers of files that nobody has asked for yet */
	for (size_t i = 0; i < t->n; i++)
		if (t->written[i].by.writes)
			t->written[left++] = t->written[i];
	t->n = left;
	for (__u32 i = 0; t->place && i < FL_WRITERS; i++)
		sweep_place(t, i);
	if (t->n)
		qsort(t->written, t->n, sizeof(*t->written), by_slot);
}

int fl_writer_table_drain(struct fl_writer_table *t, __u32 slot, struct fl_writer_counts *w)
{
	const struct fl_written wanted = {.slot = slot};
	struct fl_written *one = t->n ? bsearch(&wanted, t->written, t->n, sizeof(*one), by_slot)
				      : NULL;
	int bad = 0;

	if (!one)
		return 0;
	while (one > t->written && one[-1].slot == slot)
		one--;
	for (; one < t->written + t->n && one->slot == slot; one++) {
		/* the entry keeps its place in the order, and is reported once */
		if (one->by.writes)
			bad |= fl_writers_add(w, &one->by);
		one->by.writes = 0;
	}
	fl_writers_keep(w, FL_WRITERS_TOLD);
	return bad;
}

void fl_writer_table_close(struct fl_writer_table *t)
{
	fl_variable_unmap(&t->table);
	free(t->written);
	memset(t, 0, sizeof(*t));
}
