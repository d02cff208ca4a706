/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate that counting programs share (bpf/gate.bpf.h): it opens when all of them are attached and
 * closes before the first is detached.
 */
#ifndef FL_GATE_H
#define FL_GATE_H

#include <stddef.h>
#include <linux/types.h>

#include "util/err.h"

struct bpf_object;
struct fl_gate;

/* Maps the gate of a loaded object. NULL with err set. */
struct fl_gate *fl_gate_map(struct bpf_object *obj, struct fl_err *err);
/* Makes an object that is not yet loaded use a gate that is there. Returns 0 or -1 with errno set. */
int fl_gate_share(struct bpf_object *obj, int gate_fd);
void fl_gate_open(struct fl_gate *g);
void fl_gate_close(struct fl_gate *g);
/* Writes that began behind the open gate and have not been counted yet. */
__u64 fl_gate_inside(const struct fl_gate *g);
/* Waits until there are none, but not for longer than ns; returns how many there are still. */
__u64 fl_gate_wait(const struct fl_gate *g, __u64 ns);
void fl_gate_unmap(struct fl_gate *g);

#endif
