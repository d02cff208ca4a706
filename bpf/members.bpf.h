/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tasks belong to the family: a process and its descendants. bpf/family.bpf.c fills this in.
 */
#ifndef FUSELENS_MEMBERS_BPF_H
#define FUSELENS_MEMBERS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

/* FL_FAMILY_WORDS words; one if no family is selected. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} family SEC(".maps");

/* Whether the task with this PID in the initial PID namespace belongs to the family. */
static __always_inline bool in_family(__u32 pid)
{
	__u32 at = pid >> 6;
	__u64 *word = bpf_map_lookup_elem(&family, &at);

	return word && *word >> (pid & 63) & 1;
}

#endif
