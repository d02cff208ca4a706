/* SPDX-License-Identifier: GPL-2.0-only */
/* The gate that the programs of a collector share (bpf/gate.bpf.h): open while they count. */
#ifndef FL_GATE_H
#define FL_GATE_H

#include <linux/types.h>

#include "util/err.h"
#include "bpf/abi.h"

struct bpf_object;

struct fl_gate_map {
	__u64 *open;		     /* mapped, as are the marks; NULL before fl_gate_map() */
	const struct fl_gate *marks; /* made only where takes are counted */
};

/* Maps the gate of a loaded object. Returns 0, or -1 with err set. */
int fl_gate_map(struct fl_gate_map *g, struct bpf_object *obj, struct fl_err *err);
void fl_gate_open(struct fl_gate_map *g);
void fl_gate_close(struct fl_gate_map *g);
/* Marked writes that began while the gate was open and have not been counted yet. */
__u64 fl_gate_inside(const struct fl_gate_map *g);
/* Waits until there are none, but not for longer than ns; returns how many there are still. */
__u64 fl_gate_wait(const struct fl_gate_map *g, __u64 ns);
void fl_gate_unmap(struct fl_gate_map *g);

#endif
