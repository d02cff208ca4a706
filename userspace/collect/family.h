/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process and what descends from it, told from all other tasks in BPF (bpf/family.bpf.c). Forks are followed
 * from fl_family_open() on.
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
	__u64 missed; /* what misses are counted from */
};

/*
 * Marks the process, its threads and all that descends from it, in the map with this descriptor. pid is a number
 * in our PID namespace. Returns 0, or -1 with err set; fl_family_close() is due either way.
 */
int fl_family_open(struct fl_family *f, int map, pid_t pid, struct fl_err *err);
/*
 * The program that follows forks; its misses are those since the last call. What was forked then is taken for
 * whatever had its number before.
 */
struct fl_probe fl_family_probe(struct fl_family *f);
/* Fine for one that is all zero. */
void fl_family_close(struct fl_family *f);

#endif
