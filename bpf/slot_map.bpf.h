/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of slots: the programs that count writes fill it in, those that see waits read it. */
#ifndef FUSELENS_SLOT_MAP_BPF_H
#define FUSELENS_SLOT_MAP_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot);
} slots SEC(".maps");

#endif
