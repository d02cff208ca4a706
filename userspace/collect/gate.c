// SPDX-License-Identifier: GPL-2.0-only
#include "collect/gate.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "util/clock.h"

static void *map_whole(struct bpf_object *obj, const char *name, size_t size, struct fl_err *err)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_object__find_map_fd_by_name(obj, name), 0);

	if (p != MAP_FAILED)
		return p;
	fl_errno(err, errno, "cannot map the gate of the programs");
	return NULL;
}

int fl_gate_map(struct fl_gate_map *g, struct bpf_object *obj, struct fl_err *err)
{
	g->open = map_whole(obj, ".data.gate", sizeof(*g->open), err);
	if (g->open)
		g->marks = map_whole(obj, "gate", sizeof(*g->marks), err);
	if (g->marks)
		return 0;
	fl_gate_unmap(g);
	return -1;
}

void fl_gate_open(struct fl_gate_map *g)
{
	__atomic_store_n(g->open, 1, __ATOMIC_SEQ_CST);
}

void fl_gate_close(struct fl_gate_map *g)
{
	/*
	 * Closing must come before counting who is inside: see gate_enter(). The fence says it for processors
	 * on which a later load may overtake the store.
	 */
	__atomic_exchange_n(g->open, 0, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

__u64 fl_gate_inside(const struct fl_gate_map *g)
{
	__u64 n = 0;

	for (int i = 0; i < FL_GATE_PLACES; i++)
		n += (__atomic_load_n(&g->marks->write[i], __ATOMIC_ACQUIRE) & FL_GATE_MARKS) ==
		     FL_GATE_INSIDE;
	return n;
}

__u64 fl_gate_wait(const struct fl_gate_map *g, __u64 ns)
{
	const struct timespec step = {.tv_nsec = 1000000};
	__u64 end = fl_now_ns() + ns, n;

	for (;;) {
		n = fl_gate_inside(g);
		if (!n || fl_now_ns() >= end)
			break;
		nanosleep(&step, NULL);
	}
	/* a write is marked as counted just before it is counted: give the last ones time */
	nanosleep(&step, NULL);
	return n;
}

void fl_gate_unmap(struct fl_gate_map *g)
{
	if (g->open)
		munmap(g->open, sizeof(*g->open));
	if (g->marks)
		munmap((void *)g->marks, sizeof(*g->marks));
	g->open = NULL;
	g->marks = NULL;
}
