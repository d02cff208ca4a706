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
	v->size = size;
	v->ncpus = ncpus;
	v->places = places;
	v->percpu = calloc(ncpus, size);
	v->base = calloc(places, sizeof(*v->base));
	if (v->percpu && v->base)
		return 0;
	fl_percpu_values_free(v);
	return -1;
}

static int read_whole(struct fl_percpu_values *v, __u32 place, __u64 *sum)
{
	size_t words = v->size / sizeof(__u64);

	if (!v->percpu || v->fd < 0 || place >= v->places) {
		errno = ENOENT;
		return -1;
	}
	if (bpf_map_lookup_elem(v->fd, &place, v->percpu))
		return -1;
	memcpy(sum, v->percpu, v->size);
	for (int cpu = 1; cpu < v->ncpus; cpu++)
		for (size_t i = 0; i < words; i++)
			sum[i] += v->percpu[cpu * words + i];
	return 0;
}

static void subtract(const struct fl_percpu_values *v, __u64 *sum, const __u64 *base)
{
	for (size_t i = 0; base && i < v->size / sizeof(__u64); i++)
		sum[i] -= base[i];
}

int fl_percpu_values_read(struct fl_percpu_values *v, __u32 place, void *sum)
{
	memset(sum, 0, v->size);
	if (read_whole(v, place, sum))
		return -1;
	subtract(v, sum, v->base[place]);
	return 0;
}

int fl_percpu_values_take(struct fl_percpu_values *v, __u32 place, void *sum)
{
	__u64 *base = malloc(v->size);

	if (!base || read_whole(v, place, base)) {
		free(base);
		return -1;
	}
	memcpy(sum, base, v->size);
	subtract(v, sum, v->base[place]);
	free(v->base[place]);
	v->base[place] = base;
	return 0;
}

void fl_percpu_values_free(struct fl_percpu_values *v)
{
	for (__u32 i = 0; v->base && i < v->places; i++)
		free(v->base[i]);
	free(v->base);
	free(v->percpu);
	memset(v, 0, sizeof(*v));
	v->fd = -1;
}
