/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables of BPF programs, mapped: what they count there is read without a system call. */
#ifndef FL_VARIABLES_H
#define FL_VARIABLES_H

#include <stddef.h>

struct bpf_object;

struct fl_variable {
	const void *at; /* NULL if the object has no such variable */
	void *map;
	size_t map_len;
};

/* Maps a loaded object's variable that begins as zeroes. size must be its size. */
void fl_variable_map(struct fl_variable *v, struct bpf_object *obj, const char *name, size_t size);
void fl_variable_unmap(struct fl_variable *v);

#endif
