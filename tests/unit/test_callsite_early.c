// SPDX-License-Identifier: GPL-2.0-only
/* Which instruction in front of a call a kprobe can stand on instead, on x86; on recorded code and on made-up code. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "recorded_text.h"

#define BASE 0xffffffff81000000ull

enum { CX = 1, DI = 7, R12 = 12, R13 = 13 };

/* Decodes code that ends with a call, and looks for an instruction in front of that. */
static bool early_in(const char *bytes, size_t len, struct fl_early *early)
{
	char text[128];
	struct fl_code code;
	struct fl_err err;
	bool found;

	assert_in_range(len + 5, 0, sizeof(text));
	memcpy(text, bytes, len);
	memcpy(text + len, "\xe8\x00\x01\x00\x00", 5);
	assert_int_equal(fl_decode(&code, EM_X86_64, text, len + 5, BASE, &err), 0);
	assert_int_equal(code.insn[code.n - 1].flow, FL_FLOW_CALL);
	found = fl_code_early(&code, code.n - 1, early);
	assert_int_equal(found, early->addr != 0);
	fl_code_free(&code);
	return found;
}

#define EARLY_IN(bytes) early_in(bytes, sizeof(bytes) - 1, &early)

/* lea 0x98(%rcx),%r13; mov %rdi,%rbx; mov %rsi,%rbp; mov %r13,%rdi */
#define LEA_R13	    "\x4c\x8d\xa9\x98\x00\x00\x00"
#define MOV_RDI_RBX "\x48\x89\xfb"
#define MOV_RSI_RBP "\x48\x89\xf5"
#define MOV_R13_RDI "\x4c\x89\xef"
/* add $0x310,%rdi; mov 0x368(%rax),%rax; mov (%rax),%r13 */
#define ADD_RDI	     "\x48\x81\xc7\x10\x03\x00\x00"
#define LOAD_RAX     "\x48\x8b\x80\x68\x03\x00\x00"
#define LOAD_R13     "\x4c\x8b\x28"
#define XOR_R13D     "\x45\x31\xed"
#define MOV_CL_R13B  "\x41\x88\xcd"
#define NOP_5	     "\x0f\x1f\x44\x00\x00"
#define NOP_2	     "\x66\x90"
#define CALL	     "\xe8\x00\x01\x00\x00"
#define JMP_RAX	     "\xff\xe0"
#define RET	     "\xc3"
#define JE(distance) "\x74" distance
#define MUL_RDI	     "\x48\xf7\xe7" /* writes %rax and %rdx, and names neither */
#define LEA_RAX	     "\x48\x8d\x81\x98\x00\x00\x00"
#define MOV_RAX_RDI  "\x48\x89\xc7"

static void nearest_that_has_room_for_a_jump(void **state)
{
	struct fl_early early;

	assert_true(EARLY_IN(LEA_R13 MOV_RDI_RBX MOV_RSI_RBP MOV_R13_RDI));
	assert_int_equal(early.addr, BASE + 10);
	assert_int_equal(early.from_register, R13);
	assert_int_equal(early.offset, 0);
	/* where the address itself is computed last */
	assert_true(EARLY_IN(MOV_RDI_RBX LEA_R13 MOV_R13_RDI));
	assert_int_equal(early.addr, BASE + 3);
	assert_int_equal(early.from_register, CX);
	assert_int_equal(early.offset, 0x98);
	assert_true(EARLY_IN(ADD_RDI LOAD_RAX LOAD_R13));
	assert_int_equal(early.addr, BASE + 7);
	assert_int_equal(early.from_register, DI);
	assert_int_equal(early.offset, 0);
	assert_true(EARLY_IN(ADD_RDI));
	assert_int_equal(early.from_register, DI);
	assert_int_equal(early.offset, 0x310);
	assert_false(EARLY_IN(MOV_R13_RDI));
	assert_false(EARLY_IN(""));
}

static void what_lies_in_between_ends_the_search(void **state)
{
	struct fl_early early;

	assert_false(EARLY_IN(MOV_RDI_RBX MOV_RSI_RBP CALL MOV_R13_RDI));
	assert_false(EARLY_IN(MOV_RDI_RBX MOV_RSI_RBP RET MOV_R13_RDI));
	assert_false(EARLY_IN(MOV_RDI_RBX MOV_RSI_RBP NOP_5 MOV_R13_RDI));
	assert_false(EARLY_IN(MOV_RDI_RBX MOV_RSI_RBP NOP_2 MOV_R13_RDI));
	assert_false(EARLY_IN(LEA_R13 MOV_RSI_RBP JE("\x00") MOV_R13_RDI));
	/* loaded from memory, or changed in part */
	assert_false(EARLY_IN(MOV_RSI_RBP MOV_RSI_RBP LOAD_R13 MOV_R13_RDI));
	assert_false(EARLY_IN(MOV_RSI_RBP MOV_RSI_RBP XOR_R13D MOV_R13_RDI));
	assert_false(EARLY_IN(MOV_RSI_RBP MOV_RSI_RBP MOV_CL_R13B MOV_R13_RDI));
	assert_false(EARLY_IN(LEA_RAX MUL_RDI MOV_RAX_RDI));
	/* a jump that may lead anywhere */
	assert_false(EARLY_IN(JMP_RAX LEA_R13 MOV_RSI_RBP MOV_R13_RDI));
}

/* To the instruction itself a jump may lead; behind it, the call would be reached without it. */
static void jumps_into_it(void **state)
{
	struct fl_early early;

	assert_true(EARLY_IN(JE("\x00") MOV_RDI_RBX MOV_R13_RDI));
	assert_int_equal(early.addr, BASE + 2);
	assert_false(EARLY_IN(JE("\x03") MOV_RDI_RBX MOV_R13_RDI));
	assert_false(EARLY_IN(JE("\x06") MOV_RDI_RBX MOV_R13_RDI));
	/* a nearer one has no room */
	assert_true(EARLY_IN(JE("\x07") LEA_R13 MOV_RDI_RBX MOV_R13_RDI));
	assert_int_equal(early.addr, BASE + 9);
	assert_int_equal(early.from_register, R13);
}

static void straight_from_the_entry(void **state)
{
	static const char straight[] = NOP_5 MOV_RDI_RBX CALL MOV_R13_RDI CALL;
	static const char skipped[] = NOP_5 JE("\x05") CALL MOV_R13_RDI CALL;
	static const char again[] = NOP_5 MOV_RDI_RBX CALL JE("\xf6");
	struct fl_code code;
	struct fl_err err;

	assert_int_equal(fl_decode(&code, EM_X86_64, straight, sizeof(straight) - 1, BASE, &err),
			 0);
	assert_true(fl_code_straight_to(&code, 4));
	fl_code_free(&code);
	assert_int_equal(fl_decode(&code, EM_X86_64, skipped, sizeof(skipped) - 1, BASE, &err), 0);
	assert_false(fl_code_straight_to(&code, 2));
	assert_false(fl_code_straight_to(&code, 4));
	fl_code_free(&code);
	assert_int_equal(fl_decode(&code, EM_X86_64, again, sizeof(again) - 1, BASE, &err), 0);
	assert_int_equal(code.insn[3].target, BASE + 5);
	assert_false(fl_code_straight_to(&code, 2));
	fl_code_free(&code);
}

/* Every take of a passthrough write, as compiled, has one. */
static void recorded_sites(void **state)
{
	static const enum fl_site_role roles[] = {FL_SITE_EXCLUSIVE, FL_SITE_SHARED};
	struct recording *r = load("v3");
	const struct fl_callsite *update = site_in(r, "fuse_write_update_attr", FL_SITE_FI_LOCK);

	for (int i = 0; i < 2; i++) {
		const struct fl_callsite *s = site_in(r, "fuse_passthrough_write_iter", roles[i]);

		assert_non_null(s);
		assert_in_range(s->address - s->early.addr, 5, 20);
		assert_false(s->completes);
	}
	assert_non_null(update);
	assert_in_range(update->address - update->early.addr, 5, 20);
	assert_true(update->completes);
	done(r);
	r = load("arm64-stock");
	for (size_t i = 0; i < r->map.nsites; i++)
		assert_int_equal(r->map.site[i].early.addr, 0);
	done(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_that_has_room_for_a_jump),
		cmocka_unit_test(what_lies_in_between_ends_the_search),
		cmocka_unit_test(jumps_into_it),
		cmocka_unit_test(straight_from_the_entry),
		cmocka_unit_test(recorded_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
