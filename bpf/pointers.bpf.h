/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers out of pointers. The verifier forbids arithmetic on a trusted pointer, and passes none to a
 * function that it checks by itself. A pointer becomes a number when it is spilled to the stack and
 * partly overwritten. The half that is read stays whole, so the processor can forward the store.
 */
#ifndef FUSELENS_POINTERS_BPF_H
#define FUSELENS_POINTERS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>

static __always_inline __u32 half_of(const void *p, int half)
{
	volatile union {
		const void *p;
		__u32 half[2];
		__u8 byte[8];
	} u;

	u.p = p;
	u.byte[half ? 0 : 7] = 0;
	return u.half[half];
}

static __always_inline __u32 low_half(const void *p)
{
	return half_of(p, 0);
}

static __always_inline __u64 number_of(const void *p)
{
	return (__u64)half_of(p, 1) << 32 | half_of(p, 0);
}

/* Multiplicative hashing; no two objects that matter here are closer than 64 bytes. */
static __always_inline __u32 place_of(const void *p, int bits)
{
	return ((low_half(p) >> 6) * 0x9e3779b1u) >> (32 - bits);
}

#endif
