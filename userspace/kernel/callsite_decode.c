// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/callsite_decode.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/callsite_isa.h"

static const struct fl_isa *isa_of(fl_machine machine)
{
	static const struct fl_isa *const known[] = {&fl_isa_x86, &fl_isa_arm64};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i]->machine == machine)
			return known[i];
	return NULL;
}

bool fl_decode_supported(fl_machine machine)
{
	const struct fl_isa *isa = isa_of(machine);

	return isa && cs_support(isa->arch);
}

#define MAX_BACK 256

/*
 * Follows what a register holds at index back to the nearest offset that was added to a pointer. It goes back in a
 * straight line, which is enough for compiled lock calls. Where it is not, the programs still check the lock's
 * address.
 */
static __s64 member_offset(const struct fl_def *def, size_t index, unsigned int reg)
{
	size_t stop = index > MAX_BACK ? index - MAX_BACK : 0;

	while (index-- > stop) {
		if (def[index].also == reg)
			return -1;
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

static __s64 lock_offset(const struct fl_isa *isa, const struct fl_def *def, size_t index,
			 const struct fl_insn *in)
{
	if (in->flow == FL_FLOW_CALL || in->flow == FL_FLOW_JUMP)
		return member_offset(def, index, isa->first_argument);
	return in->unlocks ? member_offset(def, index, isa->lock_register(in)) : -1;
}

/* Each register that the instruction writes, by its number. */
static __u16 registers_written(const struct fl_isa *isa, csh cs, const cs_insn *in)
{
	cs_regs read, written;
	uint8_t nread, nwritten;
	__u16 mask = 0;

	if (!isa->jump_size)
		return 0;
	if (cs_regs_access(cs, in, read, &nread, written, &nwritten) != CS_ERR_OK)
		return ~0;
	for (int i = 0; i < nwritten; i++) {
		int n = isa->number_of(written[i]);

		if (n >= 0)
			mask |= 1u << n;
	}
	return mask;
}

static void decode_all(struct fl_code *code, const struct fl_isa *isa, csh cs, cs_insn *in,
		       const uint8_t *p, size_t len, uint64_t at)
{
	struct fl_def *def = code->def;

	while (len) {
		struct fl_insn *o = &code->insn[code->n];
		size_t before = len;

		o->addr = at;
		if (cs_disasm_iter(cs, &p, &len, &at, in)) {
			o->size = before - len;
			isa->set_flow(o, in);
			def[code->n] = isa->def_of(in);
			def[code->n].writes = registers_written(isa, cs, in);
			o->may_become_jump = isa->jump_size && isa->may_become_jump(in);
		} else {
			/* an instruction newer than the disassembler: the rest is most likely none */
			o->size = len < isa->step ? len : isa->step;
			o->flow = FL_FLOW_NEXT;
			def[code->n].writes = ~0;
			if (isa->unknown)
				isa->unknown(o, &def[code->n], p, len);
			p += o->size;
			at += o->size;
			len -= o->size;
		}
		code->arg_offset[code->n] = lock_offset(isa, def, code->n, o);
		code->n++;
	}
}

/*
 * The disassembler for a machine's code, and its one instruction. To open it takes longer than to decode most
 * functions, so it stays open. NULL if it cannot be opened.
 */
static cs_insn *opened(const struct fl_isa *isa, csh *cs)
{
	static struct {
		csh cs;
		cs_insn *in;
	} kept[CS_ARCH_MAX];

	if (!kept[isa->arch].in) {
		if (cs_open(isa->arch, isa->mode, cs) != CS_ERR_OK)
			return NULL;
		cs_option(*cs, CS_OPT_DETAIL, CS_OPT_ON);
		kept[isa->arch].cs = *cs;
		kept[isa->arch].in = cs_malloc(*cs);
		if (!kept[isa->arch].in)
			cs_close(cs);
	}
	*cs = kept[isa->arch].cs;
	return kept[isa->arch].in;
}

int fl_decode(struct fl_code *code, fl_machine machine, const void *bytes, size_t len, __u64 addr,
	      struct fl_err *err)
{
	const struct fl_isa *isa = isa_of(machine);
	cs_insn *in;
	csh cs;

	memset(code, 0, sizeof(*code));
	if (!fl_decode_supported(machine))
		return fl_err(err, "there is no decoder for this machine's instructions");
	in = opened(isa, &cs);
	if (!in)
		return fl_err(err, "cannot open the disassembler");
	code->insn = calloc(len + 1, sizeof(*code->insn));
	code->arg_offset = calloc(len + 1, sizeof(*code->arg_offset));
	code->def = calloc(len + 1, sizeof(*code->def));
	code->isa = isa;
	if (!code->insn || !code->arg_offset || !code->def) {
		fl_code_free(code);
		return fl_err(err, "out of memory");
	}
	decode_all(code, isa, cs, in, bytes, len, addr);
	return 0;
}

__u64 fl_veneer_target(fl_machine machine, const void *bytes, size_t len, __u64 addr)
{
	const struct fl_isa *isa = isa_of(machine);

	return isa && isa->veneer_target ? isa->veneer_target(bytes, len, addr) : 0;
}

void fl_code_free(struct fl_code *code)
{
	free(code->insn);
	free(code->arg_offset);
	free(code->def);
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

/* How far back arm64 kernels look from a kprobe, in bytes. */
#define LOOKS_BACK 128

size_t fl_code_covered(const struct fl_code *code, size_t index, __u64 covered[FL_MAX_COVERED])
{
	__u64 from = code->insn[index].addr, found[FL_MAX_COVERED];
	size_t n = 0;

	while (index-- > 0 && n < FL_MAX_COVERED) {
		const struct fl_insn *in = &code->insn[index];

		if (from - in->addr > LOOKS_BACK || in->sequence == FL_SEQUENCE_BEGINS ||
		    in->sequence == FL_SEQUENCE_ENDS)
			break;
		/* its own probe is refused for the same reasons */
		if (in->sequence == FL_SEQUENCE_SEEMS_TO_BEGIN)
			from = found[n++] = in->addr;
	}
	for (size_t i = 0; i < n; i++)
		covered[i] = found[n - 1 - i];
	return n;
}

static bool may_jump(const struct fl_insn *in)
{
	return in->flow == FL_FLOW_JUMP || in->flow == FL_FLOW_BRANCH;
}

/*
 * The highest address up to that of the instruction at index to which the code jumps; that of the first instruction
 * if there is none. Returns false if it is not known where all jumps lead.
 */
static bool last_jumped_to(const struct fl_code *code, size_t index, __u64 *last)
{
	*last = code->insn[0].addr;
	for (size_t i = 0; i < code->n; i++) {
		const struct fl_insn *in = &code->insn[i];

		if (may_jump(in) && !in->target)
			return false;
		if (may_jump(in) && in->target > *last && in->target <= code->insn[index].addr)
			*last = in->target;
	}
	return true;
}

bool fl_code_early(const struct fl_code *code, size_t index, struct fl_early *early)
{
	const struct fl_isa *isa = code->isa;
	int reg = isa->jump_size ? isa->number_of(isa->first_argument) : -1;
	__u64 call = code->insn[index].addr, last;
	__s64 offset = 0;

	memset(early, 0, sizeof(*early));
	if (reg < 0 || !last_jumped_to(code, index, &last))
		return false;
	while (index-- > 0) {
		const struct fl_insn *in = &code->insn[index];
		const struct fl_def *def = &code->def[index];

		if (in->addr < last || in->flow != FL_FLOW_NEXT || in->may_become_jump)
			return false;
		if (def->writes >> reg & 1) {
			if (def->opaque || isa->number_of(def->reg) != reg)
				return false;
			reg = isa->number_of(def->from);
			offset += def->offset;
		}
		if (reg < 0)
			return false;
		if (call - in->addr < isa->jump_size || offset < 0 || offset > FL_EARLY_OFFSET_MAX)
			continue;
		*early = (struct fl_early){in->addr, offset, reg};
		return true;
	}
	return false;
}

bool fl_code_straight_to(const struct fl_code *code, size_t index)
{
	__u64 last;

	if (!last_jumped_to(code, index, &last) || last != code->insn[0].addr)
		return false;
	for (size_t i = 0; i < index; i++)
		if (code->insn[i].flow != FL_FLOW_NEXT && code->insn[i].flow != FL_FLOW_CALL)
			return false;
	return true;
}
