/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells a process and its descendants from all other tasks in BPF (bpf/family.bpf.c). Forks are
 * followed from fl_family_open() on.
 */
#ifndef FL_FAMILY_H
#define FL_FAMILY_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>
#include "snapshot/snapshot.h"
#include "util/err.h"

struct family_bpf;
struct bpf_link;

struct fl_family {
	struct family_bpf *skel;
	struct bpf_link *forks;
	int map;      /* of the marks; not owned */
	__u64 missed; /* misses at the last call */
};

/*
 * Marks the process, its threads and all its descendants in the map with this descriptor. pid is a
 * number in our PID namespace. Returns 0, or -1 with err set; call fl_family_close() in either
 * case.
 */
int fl_family_open(struct fl_family *f, int map, pid_t pid, struct fl_err *err);
/*
 * Whether the process, by its number in the initial PID namespace, is marked now. Where that cannot be read, it is
 * taken to be.
 */
bool fl_family_has(const struct fl_family *f, __u32 pid);
/*
 * The program that follows forks, with its misses since the last call. A missed fork leaves the new
 * task with the mark of the task that had its number before.
 */
struct fl_probe fl_family_probe(struct fl_family *f);
/* A family that is all zero is allowed. */
void fl_family_close(struct fl_family *f);

#endif
