// SPDX-License-Identifier: GPL-2.0-only
/* The call-site map's view of x86-64 instructions. */
#include "kernel/callsite_isa.h"

#include <elf.h>

static struct fl_def def_of(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	struct fl_def d = {.reg = X86_REG_INVALID};

	if (x->op_count < 1 || x->operands[0].type != X86_OP_REG || in->id == X86_INS_CMP ||
	    in->id == X86_INS_TEST || in->id == X86_INS_PUSH)
		return d;
	d.reg = x->operands[0].reg;
	d.opaque = true;
	if (x->op_count < 2)
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
	.step = 1,
	.set_flow = set_flow,
	.def_of = def_of,
};
