// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call-site map's view of arm64 instructions. Landing pads (bti), pointer signing (paciasp, autiasp) and the
 * NOPs that ftrace patches at a function's entry are instructions like others and need nothing here. The same holds
 * for atomic operations: kernels choose between LSE ones and exclusive loads and stores by patching a branch, and
 * both ways are in the text of the function.
 */
#include "kernel/callsite_isa.h"

#include <elf.h>
#include <string.h>

static __u32 word_of(const void *bytes)
{
	__u32 w;

	/* instructions are little-endian, as are the machines that this runs on */
	memcpy(&w, bytes, sizeof(w));
	return w;
}

/* capstone's number of the 64-bit register that has this one as its half, or that this one is. */
static unsigned int whole(unsigned int reg)
{
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W28)
		return ARM64_REG_X0 + (reg - ARM64_REG_W0);
	if (reg == ARM64_REG_W29)
		return ARM64_REG_X29;
	return reg == ARM64_REG_W30 ? ARM64_REG_X30 : reg;
}

static unsigned int register_numbered(unsigned int n)
{
	if (n <= 28)
		return ARM64_REG_X0 + n;
	if (n == 29)
		return ARM64_REG_X29;
	return n == 30 ? ARM64_REG_X30 : 0;
}

/* Instructions whose first operand is read, not written. */
static bool only_reads(unsigned int id)
{
	switch (id) {
	case ARM64_INS_STR:
	case ARM64_INS_STRB:
	case ARM64_INS_STRH:
	case ARM64_INS_STUR:
	case ARM64_INS_STURB:
	case ARM64_INS_STURH:
	case ARM64_INS_STP:
	case ARM64_INS_STNP:
	case ARM64_INS_STLR:
	case ARM64_INS_STLRB:
	case ARM64_INS_STLRH:
	case ARM64_INS_CMP:
	case ARM64_INS_CMN:
	case ARM64_INS_TST:
	case ARM64_INS_CCMP:
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
	case ARM64_INS_BR:
	case ARM64_INS_RET:
		return true;
	default:
		return false;
	}
}

static struct fl_def def_of(const cs_insn *in)
{
	const cs_arm64 *a = &in->detail->arm64;
	const cs_arm64_op *op = a->operands;
	struct fl_def d = {};

	/* a called function may leave anything in the registers of arguments */
	if (in->id == ARM64_INS_BL || in->id == ARM64_INS_BLR)
		return (struct fl_def){.reg = ARM64_REG_X0, .opaque = true};
	/* "ldr x0, [x1], #8" moves x1, too */
	for (int i = 0; a->writeback && i < a->op_count; i++)
		if (op[i].type == ARM64_OP_MEM)
			d.also = whole(op[i].mem.base);
	if (a->op_count < 1 || op[0].type != ARM64_OP_REG || only_reads(in->id))
		return d;
	/* loads of pairs write two, and atomic operations return in the second what was in memory */
	if (a->op_count == 3 && op[1].type == ARM64_OP_REG && op[2].type == ARM64_OP_MEM)
		d.also = whole(op[1].reg);
	d.reg = whole(op[0].reg);
	d.opaque = true;
	if (a->op_count == 2 && in->id == ARM64_INS_MOV && op[1].type == ARM64_OP_REG &&
	    op[0].reg == d.reg) {
		d.from = op[1].reg;
		d.opaque = false;
	} else if (a->op_count == 3 && in->id == ARM64_INS_ADD && op[1].type == ARM64_OP_REG &&
		   op[2].type == ARM64_OP_IMM && op[0].reg == d.reg) {
		d.from = op[1].reg;
		d.offset = op[2].imm << (op[2].shift.type == ARM64_SFT_LSL ? op[2].shift.value : 0);
		d.opaque = false;
	}
	return d;
}

/* A store-release of a zero byte: how a queued spin lock is freed. */
static bool is_unlock(__u32 w, __u8 *lock_register)
{
	*lock_register = w >> 5 & 31;
	return (w & 0xfffffc1f) == 0x089ffc1f && *lock_register < 31; /* stlrb wzr, [xN] */
}

static bool is_signed_return(__u32 w)
{
	return (w & 0xfffffbff) == 0xd65f0bff; /* retaa, retab */
}

/*
 * The masks of Linux until "arm64: insn: Add BIT(23) to {load,store}_ex's mask". Bit 23 tells the others from
 * exclusive loads and stores.
 */
static enum fl_sequence sequence_of(__u32 w)
{
	if ((w & 0x3f400000) == 0x08000000)
		return FL_SEQUENCE_ENDS;
	if ((w & 0x3f400000) == 0x08400000)
		return w & 1u << 23 ? FL_SEQUENCE_SEEMS_TO_BEGIN : FL_SEQUENCE_BEGINS;
	return FL_SEQUENCE_NONE;
}

static void set_flow(struct fl_insn *o, const cs_insn *in)
{
	const cs_arm64 *a = &in->detail->arm64;
	const cs_arm64_op *last = a->op_count ? &a->operands[a->op_count - 1] : NULL;
	__u32 w = word_of(in->bytes);

	o->flow = FL_FLOW_NEXT;
	o->unlocks = is_unlock(w, &o->lock_register);
	o->sequence = sequence_of(w);
	if (in->id == ARM64_INS_BL || in->id == ARM64_INS_BLR)
		o->flow = FL_FLOW_CALL;
	else if (in->id == ARM64_INS_BR || (w & 0xfc000000) == 0x14000000)
		o->flow = FL_FLOW_JUMP;
	else if (in->id == ARM64_INS_B || in->id == ARM64_INS_CBZ || in->id == ARM64_INS_CBNZ ||
		 in->id == ARM64_INS_TBZ || in->id == ARM64_INS_TBNZ)
		o->flow = FL_FLOW_BRANCH;
	else if (in->id == ARM64_INS_RET || in->id == ARM64_INS_ERET || in->id == ARM64_INS_BRK ||
		 in->id == ARM64_INS_HLT || is_signed_return(w))
		o->flow = FL_FLOW_END;
	if (o->flow != FL_FLOW_NEXT && o->flow != FL_FLOW_END && last && last->type == ARM64_OP_IMM)
		o->target = last->imm;
}

/*
 * Old disassemblers know neither the atomic operations of ARMv8.1 nor signed returns. What is no return may write
 * the registers that such an operation names.
 */
static void unknown(struct fl_insn *o, struct fl_def *def, const void *bytes, size_t len)
{
	__u32 w;

	if (len < sizeof(w))
		return;
	w = word_of(bytes);
	if (is_signed_return(w))
		o->flow = FL_FLOW_END;
	o->sequence = sequence_of(w);
	def->reg = register_numbered(w & 31);
	def->also = register_numbered(w >> 16 & 31);
	def->opaque = true;
}

static unsigned int lock_register(const struct fl_insn *in)
{
	return register_numbered(in->lock_register);
}

/* "adrp x16, page; add x16, x16, #offset; br x16", behind a landing pad if there is one */
static __u64 veneer_target(const void *bytes, size_t len, __u64 addr)
{
	const unsigned char *p = bytes;
	__s64 page;
	__u32 w;

	if (len >= 16 && word_of(p) == 0xd503245f) { /* bti c */
		p += 4;
		addr += 4;
		len -= 4;
	}
	if (len < 12)
		return 0;
	w = word_of(p);
	if ((w & 0x9f00001f) != 0x90000010 || (word_of(p + 4) & 0xffc003ff) != 0x91000210 ||
	    word_of(p + 8) != 0xd61f0200)
		return 0;
	page = (__s64)((__u64)(w >> 5 & 0x7ffff) << 45) >> 43 | (w >> 29 & 3);
	return (addr & ~0xfffull) + ((__u64)page << 12) + (word_of(p + 4) >> 10 & 0xfff);
}

const struct fl_isa fl_isa_arm64 = {
	.machine = EM_AARCH64,
	.arch = CS_ARCH_ARM64,
	.mode = CS_MODE_LITTLE_ENDIAN,
	.first_argument = ARM64_REG_X0,
	.step = 4,
	.set_flow = set_flow,
	.def_of = def_of,
	.unknown = unknown,
	.lock_register = lock_register,
	.veneer_target = veneer_target,
};
