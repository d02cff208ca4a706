/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU values of a BPF array, summed over CPUs, and what was counted there since it was last drained.
 * BPF programs only ever add, so that nobody has to clear a value while others count.
 */
#ifndef FL_PERCPU_VALUES_H
#define FL_PERCPU_VALUES_H

#include <stddef.h>
#include <linux/types.h>

struct fl_percpu_values {
	int fd;	     /* of the map; not owned */
	int more_fd; /* of a second map, whose values are added to the first's; -1: none. Not owned */
	/* adds what is counted elsewhere, and comes to the map later; may be NULL */
	void (*add_more)(void *ctx, __u32 place, void *sum);
	void *ctx;
	size_t size; /* of one value in bytes; counts of 64 bits and nothing else */
	int ncpus;
	__u32 places;
	__u64 *percpu;	/* one value a CPU, owned */
	__u64 *drained; /* by place: what was given out so far, owned */
};

/*
 * fd must outlive it; -1 makes values that are always 0. Returns 0, or -1 when out of memory.
 */
int fl_percpu_values_init(struct fl_percpu_values *v, int fd, size_t size, int ncpus, __u32 places);
/*
 * Writes what was counted at a place since it was drained to *sum, which has v->size bytes. A count that has
 * fallen since then reads as 0 until it has risen again as far. Returns 0, or -1 with errno set.
 */
int fl_percpu_values_peek(struct fl_percpu_values *v, __u32 place, void *sum);
/* The same, and drains the place: what is counted between two calls belongs to the second. */
int fl_percpu_values_drain(struct fl_percpu_values *v, __u32 place, void *sum);
void fl_percpu_values_free(struct fl_percpu_values *v);

#endif
