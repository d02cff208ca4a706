/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function's machine code, cut into what the call-site map asks about. Which machine's code it is does
 * not depend on the machine that this runs on.
 */
#ifndef FL_CALLSITE_DECODE_H
#define FL_CALLSITE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"

/* A processor, by its number in ELF headers (EM_X86_64, EM_AARCH64). */
typedef __u16 fl_machine;

enum fl_flow {
	FL_FLOW_NEXT,	/* goes on with the next instruction */
	FL_FLOW_CALL,	/* calls target, then goes on; target is 0 for indirect calls */
	FL_FLOW_JUMP,	/* goes to target; 0 for indirect jumps */
	FL_FLOW_BRANCH, /* either */
	FL_FLOW_END,	/* returns, traps */
};

/*
 * What a kernel looks for in front of a kprobe on arm64: an exclusive load whose store lies behind the probe, and would
 * fail for ever because of it. Kernels before 6.15 take load-acquires and compare-and-swaps for exclusive loads, too.
 */
enum fl_sequence {
	FL_SEQUENCE_NONE,
	FL_SEQUENCE_BEGINS,
	FL_SEQUENCE_SEEMS_TO_BEGIN, /* to those kernels */
	FL_SEQUENCE_ENDS,
};

struct fl_insn {
	__u64 addr;
	__u64 target;
	__u8 size;
	__u8 flow;
	/*
	 * Frees a spin lock, where the kernel has the lock functions compiled into their callers (arm64
	 * without preemption); and the number of the register that holds the lock's address.
	 */
	bool unlocks;
	__u8 lock_register;
	__u8 sequence;	      /* enum fl_sequence */
	bool may_become_jump; /* a no-op, which the kernel may turn into a jump */
};

struct fl_isa;
struct fl_def;

struct fl_code {
	struct fl_insn *insn;
	size_t n;
	/*
	 * One per instruction. For a call whose first argument is the address of a structure's member, the
	 * offset of that member ("lea 0x2d8(%rbx), %rdi"), and for an unlock that of its lock; -1 for others.
	 */
	__s64 *arg_offset;
	const struct fl_isa *isa;
	struct fl_def *def; /* one per instruction */
};

/* Whether a machine's code can be decoded. */
bool fl_decode_supported(fl_machine machine);
/*
 * Decodes len bytes of a machine's code that the kernel has at addr. Bytes that are no instruction are skipped.
 * The caller frees code with fl_code_free(). Returns 0, or -1 with err set and an empty code.
 */
int fl_decode(struct fl_code *code, fl_machine machine, const void *bytes, size_t len, __u64 addr,
	      struct fl_err *err);
void fl_code_free(struct fl_code *code);
/* Index of the instruction at addr, or -1. */
long fl_code_index(const struct fl_code *code, __u64 addr);

#define FL_MAX_COVERED 4
/*
 * The addresses of instructions because of which some kernels refuse a kprobe on the one at index, though they need
 * not: kprobes on them, set in this order, cover them. Returns how many there are; past FL_MAX_COVERED the first are
 * left out.
 */
size_t fl_code_covered(const struct fl_code *code, size_t index, __u64 covered[FL_MAX_COVERED]);

/* An instruction in front of a call, and where the call's first argument comes from there: register + offset. */
#define FL_EARLY_OFFSET_MAX 0xfff
struct fl_early {
	__u64 addr; /* 0: there is none */
	__u16 offset;
	__u8 from_register; /* as the machine numbers it */
};
/*
 * A kernel puts a jump where a kprobe is, instead of a trap, if the jump's bytes neither reach a call nor are jumped
 * into; this takes a fraction of the time. A call itself can't be replaced so. Looks for the nearest instruction in
 * front of the call at index that can, and from which the code always comes to the call, and only so. Returns whether
 * there is one; on arm64 never.
 */
bool fl_code_early(const struct fl_code *code, size_t index, struct fl_early *early);
/* Whether the code runs the instruction at index once each time that it is called: it comes there straight. */
bool fl_code_straight_to(const struct fl_code *code, size_t index);

/* The most bytes that fl_veneer_target() looks at. */
#define FL_VENEER_SIZE 16
/*
 * Where code leads that only stands between a call and a function too far away for it: what the kernel's linker and
 * module loader make on arm64. 0 if the bytes at addr are no such code, as always on x86.
 */
__u64 fl_veneer_target(fl_machine machine, const void *bytes, size_t len, __u64 addr);

#endif
