// SPDX-License-Identifier: GPL-2.0-only
/* The call-site map's view of x86-64 instructions. */
#include "kernel/callsite_isa.h"

#include <elf.h>

/* The number in machine code, plus 1, of the register that each is or is a part of. */
#define PARTS(n, whole, half, word, byte)                                                    \
	[X86_REG_##whole] = (n) + 1, [X86_REG_##half] = (n) + 1, [X86_REG_##word] = (n) + 1, \
	[X86_REG_##byte] = (n) + 1
static const __s8 number_plus_1[X86_REG_ENDING] = {
	PARTS(0, RAX, EAX, AX, AL),
	PARTS(1, RCX, ECX, CX, CL),
	PARTS(2, RDX, EDX, DX, DL),
	PARTS(3, RBX, EBX, BX, BL),
	PARTS(4, RSP, ESP, SP, SPL),
	PARTS(5, RBP, EBP, BP, BPL),
	PARTS(6, RSI, ESI, SI, SIL),
	PARTS(7, RDI, EDI, DI, DIL),
	PARTS(8, R8, R8D, R8W, R8B),
	PARTS(9, R9, R9D, R9W, R9B),
	PARTS(10, R10, R10D, R10W, R10B),
	PARTS(11, R11, R11D, R11W, R11B),
	PARTS(12, R12, R12D, R12W, R12B),
	PARTS(13, R13, R13D, R13W, R13B),
	PARTS(14, R14, R14D, R14W, R14B),
	PARTS(15, R15, R15D, R15W, R15B),
	[X86_REG_AH] = 1,
	[X86_REG_CH] = 2,
	[X86_REG_DH] = 3,
	[X86_REG_BH] = 4,
};

static int number_of(unsigned int reg)
{
	return reg < X86_REG_ENDING ? number_plus_1[reg] - 1 : -1;
}

/* Static branches are no-ops of two or five bytes, and those of two bytes are an xchg. */
static bool may_become_jump(const cs_insn *in)
{
	return in->id == X86_INS_NOP || in->id == X86_INS_XCHG;
}

static struct fl_def def_of(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	struct fl_def d = {.reg = X86_REG_INVALID};

	if (x->op_count < 1 || x->operands[0].type != X86_OP_REG || in->id == X86_INS_CMP ||
	    in->id == X86_INS_TEST || in->id == X86_INS_PUSH)
		return d;
	d.reg = x->operands[0].reg;
	d.opaque = true;
	/* what is written to a part of a register is no address */
	if (x->op_count < 2 || x->operands[0].size != 8)
		return d;
	if (in->id == X86_INS_MOV && x->operands[1].type == X86_OP_REG) {
		d.from = x->operands[1].reg;
		d.opaque = false;
	} else if (in->id == X86_INS_LEA && x->operands[1].mem.index == X86_REG_INVALID) {
		d.from = x->operands[1].mem.base;
		d.offset = x->operands[1].mem.disp;
		d.opaque = false;
	} else if (in->id == X86_INS_ADD && x->operands[1].type == X86_OP_IMM) {
		d.from = d.reg;
		d.offset = x->operands[1].imm;
		d.opaque = false;
	}
	return d;
}

static void set_flow(struct fl_insn *o, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	bool direct = x->op_count == 1 && x->operands[0].type == X86_OP_IMM;

	o->flow = FL_FLOW_NEXT;
	if (in->id == X86_INS_CALL) {
		o->flow = FL_FLOW_CALL;
	} else if (in->id == X86_INS_JMP) {
		o->flow = FL_FLOW_JUMP;
	} else if (in->id == X86_INS_RET || in->id == X86_INS_INT3 || in->id == X86_INS_UD2 ||
		   in->id == X86_INS_HLT) {
		o->flow = FL_FLOW_END;
	} else {
		for (int i = 0; i < in->detail->groups_count; i++)
			if (in->detail->groups[i] == X86_GRP_JUMP && direct)
				o->flow = FL_FLOW_BRANCH;
	}
	if (o->flow != FL_FLOW_NEXT && o->flow != FL_FLOW_END && direct)
		o->target = x->operands[0].imm;
}

const struct fl_isa fl_isa_x86 = {
	.machine = EM_X86_64,
	.arch = CS_ARCH_X86,
	.mode = CS_MODE_64,
	.first_argument = X86_REG_RDI,
	.jump_size = 5,
	.number_of = number_of,
	.may_become_jump = may_become_jump,
	.step = 1,
	.set_flow = set_flow,
	.def_of = def_of,
};
