// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/callsite_decode.h"

#include <stdlib.h>
#include <string.h>
#include <capstone/capstone.h>

bool fl_decode_supported(void)
{
#ifdef __x86_64__
	return cs_support(CS_ARCH_X86);
#else
	return false;
#endif
}

/* What an instruction does to registers, as far as this is needed to follow a lock's address. */
struct def {
	x86_reg reg;  /* written, 64 bits; X86_REG_INVALID for none */
	x86_reg from; /* "mov reg, from" or "lea reg, [from + offset]" */
	__s64 offset;
	bool opaque; /* written with something else */
};

static struct def def_of(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	struct def d = {.reg = X86_REG_INVALID};

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

#define MAX_BACK 256

/*
 * Follows the first argument of the call at index back to the nearest offset that was added to a
 * pointer. It goes back in a straight line, which is enough for compiled lock calls. Where it is
 * not, the programs still check the lock's address.
 */
static __s64 first_argument(const struct def *def, size_t index)
{
	x86_reg reg = X86_REG_RDI;
	size_t stop = index > MAX_BACK ? index - MAX_BACK : 0;

	while (index-- > stop) {
		if (def[index].reg != reg)
			continue;
		if (def[index].opaque)
			return -1;
		if (def[index].offset)
			return def[index].offset;
		reg = def[index].from;
	}
	return -1;
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

int fl_decode(struct fl_code *code, const void *bytes, size_t len, __u64 addr, struct fl_err *err)
{
	const uint8_t *p = bytes;
	uint64_t at = addr;
	struct def *def;
	cs_insn *in;
	csh cs;

	memset(code, 0, sizeof(*code));
	if (!fl_decode_supported())
		return fl_err(err, "there is no decoder for this machine's instructions");
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
		return fl_err(err, "cannot open the disassembler");
	cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
	code->insn = calloc(len + 1, sizeof(*code->insn));
	code->arg_offset = calloc(len + 1, sizeof(*code->arg_offset));
	def = calloc(len + 1, sizeof(*def));
	in = cs_malloc(cs);
	if (!code->insn || !code->arg_offset || !def || !in) {
		fl_code_free(code);
		fl_err(err, "out of memory");
		goto out;
	}
	while (len) {
		struct fl_insn *o = &code->insn[code->n];
		size_t before = len;

		o->addr = at;
		if (cs_disasm_iter(cs, &p, &len, &at, in)) {
			o->size = before - len;
			set_flow(o, in);
			def[code->n] = def_of(in);
		} else {
			/* an instruction newer than the disassembler: the rest is most likely none */
			o->size = 1;
			o->flow = FL_FLOW_NEXT;
			p++;
			at++;
			len--;
		}
		code->arg_offset[code->n] = o->flow == FL_FLOW_CALL || o->flow == FL_FLOW_JUMP
						    ? first_argument(def, code->n)
						    : -1;
		code->n++;
	}
out:
	if (in)
		cs_free(in, 1);
	free(def);
	cs_close(&cs);
	return code->insn ? 0 : -1;
}

void fl_code_free(struct fl_code *code)
{
	free(code->insn);
	free(code->arg_offset);
	memset(code, 0, sizeof(*code));
}

long fl_code_index(const struct fl_code *code, __u64 addr)
{
	size_t low = 0, high = code->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (code->insn[mid].addr == addr)
			return mid;
		if (code->insn[mid].addr > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}
