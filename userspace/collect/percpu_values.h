/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU values of a BPF array, summed over CPUs. A place in the array may change its owner: what was
 * counted there before then is taken off, so that BPF never has to clear it while others count.
 */
#ifndef FL_PERCPU_VALUES_H
#define FL_PERCPU_VALUES_H

#include <stddef.h>
#include <linux/types.h>

struct fl_percpu_values {
	int fd;	     /* of the map; not owned */
	size_t size; /* of one value in bytes; counts of 64 bits and nothing else */
	int ncpus;
	__u64 *percpu; /* one value a CPU, owned */
	__u64 **base;  /* by place; NULL where the place never changed its owner */
	__u32 places;
};

/* Returns 0, or -1 when out of memory. fd must outlive it; -1 makes a value that always reads as absent. */
int fl_percpu_values_init(struct fl_percpu_values *v, int fd, size_t size, int ncpus, __u32 places);
/* The sum at a place into *sum, which has v->size bytes. Returns 0, or -1 with errno set. */
int fl_percpu_values_read(struct fl_percpu_values *v, __u32 place, void *sum);
/*
 * The same, and the place starts from 0 for its next owner: nothing falls between the two. Returns 0, or -1
 * and then nothing has changed.
 */
int fl_percpu_values_take(struct fl_percpu_values *v, __u32 place, void *sum);
void fl_percpu_values_free(struct fl_percpu_values *v);

#endif
