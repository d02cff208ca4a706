/* SPDX-License-Identifier: GPL-2.0-only */
/* What callsite_decode.c asks of a machine's instructions. For callsite_*.c only. */
#ifndef FL_CALLSITE_ISA_H
#define FL_CALLSITE_ISA_H

#include <capstone/capstone.h>
#include "kernel/callsite_decode.h"

/* What an instruction does to registers, as far as this is needed to follow a lock's address. */
struct fl_def {
	unsigned int reg;  /* written, 64 bits, in capstone's numbers; 0 for none */
	unsigned int also; /* written too, with something else; 0 for none */
	unsigned int from; /* reg becomes from + offset */
	__s64 offset;
	bool opaque; /* reg becomes something else */
	__u16 writes; /* each register that is written, in whole or in part: a bit by fl_isa's number_of */
};

struct fl_isa {
	fl_machine machine;
	cs_arch arch;
	cs_mode mode;
	unsigned int first_argument; /* the register, in capstone's numbers */
	/* Bytes of the jump that kernels put where a kprobe is, instead of a trap. 0: they only put traps. */
	__u8 jump_size;
	/* The number of the register that this one is or is a part of; -1 for others. NULL where jump_size is 0. */
	int (*number_of)(unsigned int reg);
	/* Whether the kernel may turn the instruction into a jump: a no-op of any length. NULL, likewise. */
	bool (*may_become_jump)(const cs_insn *in);
	size_t step; /* how far to go on behind what is no instruction */
	void (*set_flow)(struct fl_insn *out, const cs_insn *in);
	struct fl_def (*def_of)(const cs_insn *in);
	/* The same for what the disassembler does not know. NULL: it does nothing. */
	void (*unknown)(struct fl_insn *out, struct fl_def *def, const void *bytes, size_t len);
	/* The register, in capstone's numbers, that holds the lock's address at an unlock. NULL: there are none. */
	unsigned int (*lock_register)(const struct fl_insn *in);
	/* See fl_veneer_target(). NULL: there are none. */
	__u64 (*veneer_target)(const void *bytes, size_t len, __u64 addr);
};

extern const struct fl_isa fl_isa_x86, fl_isa_arm64;

#endif
