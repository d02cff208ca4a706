// SPDX-License-Identifier: GPL-2.0-only
#include "collect/gate.h"

#include <errno.h>
#include <time.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "util/clock.h"
#include "bpf/abi.h"

#define MAP_NAME "gate"

struct fl_gate *fl_gate_map(struct bpf_object *obj, struct fl_err *err)
{
	void *p = mmap(NULL, sizeof(struct fl_gate), PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_object__find_map_fd_by_name(obj, MAP_NAME), 0);

	if (p != MAP_FAILED)
		return p;
	fl_errno(err, errno, "cannot map the gate of the programs");
	return NULL;
}

int fl_gate_share(struct bpf_object *obj, int gate_fd)
{
	return bpf_map__reuse_fd(bpf_object__find_map_by_name(obj, MAP_NAME), gate_fd);
}

void fl_gate_open(struct fl_gate *g)
{
	__atomic_store_n(&g->open, 1, __ATOMIC_SEQ_CST);
}

void fl_gate_close(struct fl_gate *g)
{
	/* before anyone looks who is inside: see gate_begin() */
	__atomic_exchange_n(&g->open, 0, __ATOMIC_SEQ_CST);
}

__u64 fl_gate_inside(const struct fl_gate *g)
{
	__u64 n = 0;

	for (int i = 0; i < FL_GATE_PLACES; i++)
		n += (__atomic_load_n(&g->write[i], __ATOMIC_ACQUIRE) & FL_GATE_MARKS) ==
		     FL_GATE_INSIDE;
	return n;
}

__u64 fl_gate_wait(const struct fl_gate *g, __u64 ns)
{
	const struct timespec step = {.tv_nsec = 1000000};
	__u64 end = fl_now_ns() + ns, n;

	for (;;) {
		n = fl_gate_inside(g);
		if (!n || fl_now_ns() >= end)
			break;
		nanosleep(&step, NULL);
	}
	/* some are marked as counted just before they are */
	nanosleep(&step, NULL);
	return n;
}

void fl_gate_unmap(struct fl_gate *g)
{
	if (g)
		munmap(g, sizeof(*g));
}
