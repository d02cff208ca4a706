// SPDX-License-Identifier: GPL-2.0-only
#include "collect/percpu_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

int fl_percpu_values_init(struct fl_percpu_values *v, int fd, size_t size, int ncpus, __u32 places)
{
	memset(v, 0, sizeof(*v));
	v->fd = fd;
	v->more_fd = -1;
	v->size = size;
	v->ncpus = ncpus;
	v->places = places;
	if (fd < 0)
		return 0;
	v->percpu = calloc(ncpus, size);
	v->drained = calloc(places, size);
	if (v->percpu && v->drained)
		return 0;
	fl_percpu_values_free(v);
	return -1;
}

static __u64 *drained_of(const struct fl_percpu_values *v, __u32 place)
{
	return v->drained + place * (v->size / sizeof(__u64));
}

static int add_whole(struct fl_percpu_values *v, int fd, __u32 place, __u64 *whole)
{
	size_t words = v->size / sizeof(__u64);

	if (fd < 0)
		return 0;
	if (bpf_map_lookup_elem(fd, &place, v->percpu))
		return -1;
	for (int cpu = 0; cpu < v->ncpus; cpu++)
		for (size_t i = 0; i < words; i++)
			whole[i] += v->percpu[cpu * words + i];
	return 0;
}

int fl_percpu_values_peek(struct fl_percpu_values *v, __u32 place, void *sum)
{
	size_t words = v->size / sizeof(__u64);
	const __u64 *drained;
	__u64 *out = sum;

	memset(sum, 0, v->size);
	if (v->fd < 0)
		return 0;
	if (!v->percpu || place >= v->places) {
		errno = ENOENT;
		return -1;
	}
	/* read the second map first: what it subtracts was added to the first map before */
	if (add_whole(v, v->more_fd, place, out) || add_whole(v, v->fd, place, out))
		return -1;
	if (v->add_more)
		v->add_more(v->ctx, place, sum);
	drained = drained_of(v, place);
	for (size_t i = 0; i < words; i++)
		out[i] = (__s64)(out[i] - drained[i]) > 0 ? out[i] - drained[i] : 0;
	return 0;
}

int fl_percpu_values_drain(struct fl_percpu_values *v, __u32 place, void *sum)
{
	const __u64 *out = sum;
	__u64 *drained;

	if (fl_percpu_values_peek(v, place, sum))
		return -1;
	if (v->fd < 0)
		return 0;
	drained = drained_of(v, place);
	/* memory that nothing was added to takes no room, and most places count a few things only */
	for (size_t i = 0; i < v->size / sizeof(__u64); i++)
		if (out[i])
			drained[i] += out[i];
	return 0;
}

void fl_percpu_values_free(struct fl_percpu_values *v)
{
	free(v->drained);
	free(v->percpu);
	memset(v, 0, sizeof(*v));
	v->fd = -1;
}
