// SPDX-License-Identifier: GPL-2.0-only
/* The call-site map's view of x86-64 instructions. */
#include "kernel/callsite_isa.h"

#include <elf.h>

/* The number in machine code of the register that this one is or is a part of. */
static int number_of(unsigned int reg)
{
	static const unsigned int parts[][5] = {
		{X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH},
		{X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH},
		{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH},
		{X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
		{X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},
		{X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
		{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},
		{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
		{X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B},
		{X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B},
		{X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B},
		{X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B},
		{X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B},
		{X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B},
		{X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B},
		{X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B},
	};

	for (int n = 0; n < 16 && reg != X86_REG_INVALID; n++)
		for (int i = 0; i < 5; i++)
			if (parts[n][i] == reg)
				return n;
	return -1;
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
