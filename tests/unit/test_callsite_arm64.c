// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call-site map of arm64 kernels, on any machine: on the text of Debian's own kernel and of the lab's, and on
 * instructions that these texts do not have.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "recorded_text.h"

#define BASE 0xffff800080000000ull

static const struct fl_callsite *site_at(const struct recording *r, const char *function,
					 __u64 offset)
{
	for (size_t i = 0; i < r->map.nsites; i++)
		if (r->map.site[i].offset == offset && !strcmp(r->map.site[i].function, function))
			return &r->map.site[i];
	fail_msg("no site at %s+%#llx", function, offset);
	return NULL;
}

static void stock_passthrough_cannot_share(void **state)
{
	struct recording *r = load("arm64-stock");
	const struct fl_callsite *take = site_in(r, "fuse_passthrough_write_iter",
						 FL_SITE_EXCLUSIVE);

	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_CACHED), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_DIRECT), FL_CAN_YES);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_EXCLUSIVE), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 0);
	assert_string_equal(fl_variant_name(&r->map), "stock");
	assert_non_null(take);
	assert_string_equal(take->callee, "down_write");
	assert_int_equal(take->offset, 0x74);
	assert_int_equal(take->size, 4);
	assert_false(take->inlined);
	done(r);
}

/* The direct route is one function here, with down_write() at two places that are no upgrade, and at one that is. */
static void control_flow_shows_the_upgrade(void **state)
{
	struct recording *r = load("arm64-stock");

	assert_int_equal(sites(r, FL_ROUTE_DIRECT, FL_SITE_SHARED), 1);
	assert_int_equal(sites(r, FL_ROUTE_DIRECT, FL_SITE_UPGRADE), 1);
	assert_int_equal(sites(r, FL_ROUTE_DIRECT, FL_SITE_EXCLUSIVE), 2);
	assert_int_equal(site_in(r, "fuse_file_write_iter", FL_SITE_UPGRADE)->offset, 0x3bc);
	done(r);
}

/* A module that lies so far away that each of its calls of the kernel goes by way of a veneer. */
static void v3_has_shared_and_upgrade(void **state)
{
	struct recording *r = load("arm64-v3");
	const struct fl_callsite *upgrade = site_in(r, "fuse_passthrough_write_iter",
						    FL_SITE_UPGRADE);

	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_NO);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_EXCLUSIVE), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_FI_LOCK), 1);
	assert_non_null(upgrade);
	assert_int_equal(upgrade->offset, 0x14c);
	assert_false(upgrade->merged);
	assert_string_equal(fl_variant_name(&r->map), "v3");
	done(r);
}

/* v3 as it runs in the lab: spin locks are functions there, and the module is near enough for the kernel's. */
static void a_running_v3_has_its_sites(void **state)
{
	struct recording *r = load("arm64-lab-v3");
	const struct fl_callsite *upgrade = site_in(r, "fuse_passthrough_write_iter",
						    FL_SITE_UPGRADE);
	const struct fl_callsite *fi_lock = site_in(r, "fuse_write_update_attr", FL_SITE_FI_LOCK);

	assert_string_equal(fl_variant_name(&r->map), "v3");
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_NO);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_EXCLUSIVE), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_UPGRADE), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_FI_LOCK), 1);
	assert_non_null(upgrade);
	assert_int_equal(upgrade->offset, 0xcc);
	assert_string_equal(upgrade->callee, "down_write");
	assert_non_null(fi_lock);
	assert_string_equal(fi_lock->callee, "_raw_spin_lock");
	assert_false(fi_lock->inlined);
	assert_int_not_equal(fi_lock->calibrate_at, 0);
	assert_int_equal(r->at.fi_lock, 784);
	assert_int_equal(r->map.fi_lock_offset, 784);
	done(r);
}

/* A way through the function without a take is one without an unlock. */
static void next_has_a_way_without_fi_lock(void **state)
{
	struct recording *r = load("arm64-next");

	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_YES);
	assert_non_null(site_in(r, "fuse_write_update_attr", FL_SITE_FI_LOCK));
	assert_string_equal(fl_variant_name(&r->map), "next");
	done(r);
}

/* next as it runs in the lab: writes that do not wait try for the lock, and one call takes it first or as an upgrade */
static void a_running_next_tries_for_locks(void **state)
{
	static const char lock[] = "fuse_passthrough_write_lock";
	struct recording *r = load("arm64-lab-next");

	assert_string_equal(fl_variant_name(&r->map), "next");
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_YES);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 2);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_EXCLUSIVE), 2);
	assert_string_equal(site_at(r, lock, 0x74)->callee, "down_write_trylock");
	assert_string_equal(site_at(r, lock, 0xf0)->callee, "down_write");
	assert_true(site_at(r, lock, 0xf0)->merged);
	assert_false(site_at(r, lock, 0x74)->merged);
	assert_string_equal(site_at(r, lock, 0x124)->callee, "down_read");
	assert_string_equal(site_at(r, lock, 0x150)->callee, "down_read_trylock");
	assert_non_null(site_in(r, "fuse_write_update_attr", FL_SITE_FI_LOCK));
	done(r);
}

/* Spin locks are compiled into their users on Debian's kernel: a take is seen where the lock is freed. */
static void inlined_spin_locks_are_seen_at_their_unlocks(void **state)
{
	struct recording *r = load("arm64-stock");
	const struct fl_callsite *take = site_in(r, "fuse_write_update_attr", FL_SITE_FI_LOCK);

	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_FI_LOCK), 1);
	assert_non_null(take);
	assert_true(take->inlined);
	assert_int_equal(take->lock_register, 0);
	assert_int_equal(take->offset, 0x8c);
	assert_int_equal(take->calibrate_at, 0);
	assert_int_equal(r->at.fi_lock, 832);
	assert_int_equal(r->map.fi_lock_offset, 832);
	done(r);
}

static void other_spin_locks_are_left_out(void **state)
{
	struct recording *r = load("arm64-stock");
	struct fl_text reader = {
		.machine = r->machine, .symbols = &r->symbols, .read = read_part, .ctx = r};
	struct fl_lock_offsets elsewhere = {.i_rwsem = r->at.i_rwsem, .fi_lock = 8};
	struct fl_callsite_map map;
	struct fl_err err;

	assert_int_equal(fl_callsite_map_build(&map, &reader, &elsewhere, &err), 0);
	for (size_t i = 0; i < map.nsites; i++)
		assert_string_not_equal(map.site[i].function, "fuse_write_update_attr");
	fl_callsite_map_free(&map);
	done(r);
}

static const struct {
	const char *text;
	__u32 word;
	enum fl_flow flow;
	__s64 ahead; /* the target, relative to the instruction; 0: none */
	enum fl_sequence sequence;
} instructions[] = {
	{"bti c", 0xd503245f, FL_FLOW_NEXT, 0},
	{"paciasp", 0xd503233f, FL_FLOW_NEXT, 0},
	{"nop", 0xd503201f, FL_FLOW_NEXT, 0},
	{"mov x9, x30", 0xaa1e03e9, FL_FLOW_NEXT, 0},
	{"bl .+0x1000", 0x94000400, FL_FLOW_CALL, 0x1000},
	{"bl .-4", 0x97ffffff, FL_FLOW_CALL, -4},
	{"blr x8", 0xd63f0100, FL_FLOW_CALL, 0},
	{"b .-0x1000", 0x17fffc00, FL_FLOW_JUMP, -0x1000},
	{"br x16", 0xd61f0200, FL_FLOW_JUMP, 0},
	{"b.ne .+8", 0x54000041, FL_FLOW_BRANCH, 8},
	{"cbz x0, .+0x10", 0xb4000080, FL_FLOW_BRANCH, 0x10},
	{"cbnz w3, .-8", 0x35ffffc3, FL_FLOW_BRANCH, -8},
	{"tbz w0, #5, .+0x20", 0x36280100, FL_FLOW_BRANCH, 0x20},
	{"tbnz x1, #40, .-0x20", 0xb747ff01, FL_FLOW_BRANCH, -0x20},
	{"ret", 0xd65f03c0, FL_FLOW_END, 0},
	{"retaa", 0xd65f0bff, FL_FLOW_END, 0},
	{"retab", 0xd65f0fff, FL_FLOW_END, 0},
	{"brk #0x800", 0xd4210000, FL_FLOW_END, 0},
	{"casa w3, w1, [x0]", 0x88e37c01, FL_FLOW_NEXT, 0, FL_SEQUENCE_SEEMS_TO_BEGIN},
	{"ldar x1, [x1]", 0xc8dffc21, FL_FLOW_NEXT, 0, FL_SEQUENCE_SEEMS_TO_BEGIN},
	{"ldaxr w3, [x5]", 0x885ffca3, FL_FLOW_NEXT, 0, FL_SEQUENCE_BEGINS},
	{"stxr w4, w2, [x5]", 0x88047ca2, FL_FLOW_NEXT, 0, FL_SEQUENCE_ENDS},
	{"stlr x22, [x0]", 0xc89ffc16, FL_FLOW_NEXT, 0, FL_SEQUENCE_ENDS},
	{"no instruction", 0x00000000, FL_FLOW_NEXT, 0},
};
#define INSTRUCTIONS (sizeof(instructions) / sizeof(instructions[0]))

static void each_instruction_leads_where_it_does(void **state)
{
	__u32 words[INSTRUCTIONS];
	struct fl_code code;
	struct fl_err err;

	for (size_t i = 0; i < INSTRUCTIONS; i++)
		words[i] = instructions[i].word;
	assert_int_equal(fl_decode(&code, EM_AARCH64, words, sizeof(words), BASE, &err), 0);
	assert_int_equal(code.n, INSTRUCTIONS);
	for (size_t i = 0; i < INSTRUCTIONS; i++) {
		const struct fl_insn *in = &code.insn[i];

		if (in->flow != instructions[i].flow)
			fail_msg("%s: flow %d", instructions[i].text, in->flow);
		if (in->target != (instructions[i].ahead ? in->addr + instructions[i].ahead : 0))
			fail_msg("%s: target %llx", instructions[i].text, in->target);
		assert_int_equal(in->size, 4);
		assert_int_equal(in->sequence, instructions[i].sequence);
		assert_false(in->unlocks);
	}
	fl_code_free(&code);
}

/* The offset of the call's lock, as the instructions before it make x0. */
static __s64 offset_at_call(const __u32 *before, size_t n)
{
	__u32 words[8];
	struct fl_code code;
	struct fl_err err;
	__s64 offset;

	memcpy(words, before, n * sizeof(words[0]));
	words[n] = 0x94000400; /* bl */
	assert_int_equal(fl_decode(&code, EM_AARCH64, words, (n + 1) * 4, BASE, &err), 0);
	offset = code.arg_offset[n];
	fl_code_free(&code);
	return offset;
}
#define OFFSET(...) \
	offset_at_call((const __u32[]){__VA_ARGS__}, sizeof((const __u32[]){__VA_ARGS__}) / 4)

static void the_lock_is_followed_back(void **state)
{
	/* add x22, x22, #0x98; mov x0, x22 */
	assert_int_equal(OFFSET(0x910262d6, 0xaa1603e0), 0x98);
	/* add x0, x19, #0x340; a store, and a compare of x0, change nothing */
	assert_int_equal(OFFSET(0x910d0260, 0xf90017e0, 0xeb01001f), 0x340);
	/* add x0, x19, #1, lsl #12 */
	assert_int_equal(OFFSET(0x91400660), 0x1000);
	/* a call in between leaves something else in x0 */
	assert_int_equal(OFFSET(0x910d0260, 0x94000400), -1);
	/* so do a load, a load of a pair, an atomic operation that returns, and one that moves its base */
	assert_int_equal(OFFSET(0x910d0260, 0xf9400000), -1); /* ldr x0, [x0] */
	assert_int_equal(OFFSET(0x910d0260, 0xa9400021), -1); /* ldp x1, x0, [x1] */
	assert_int_equal(OFFSET(0x910d0260, 0xf8e10020), -1); /* ldaddal x1, x0, [x1] */
	assert_int_equal(OFFSET(0x910d0260, 0xf8408401), -1); /* ldr x1, [x0], #8 */
	/* mov w0, w22 keeps half an address, and so does an addition to a half */
	assert_int_equal(OFFSET(0x910262d6, 0x2a1603e0), -1);
	assert_int_equal(OFFSET(0x110d0260), -1); /* add w0, w19, #0x340 */
	assert_int_equal(OFFSET(0xd503201f), -1);
}

static void an_unlock_names_its_register(void **state)
{
	/* add x5, x19, #0x340; stlrb wzr, [x5]; stlrb w1, [x5]; stlrb wzr, [sp] */
	static const __u32 words[] = {0x910d0265, 0x089ffcbf, 0x089ffca1, 0x089fffff};
	struct fl_code code;
	struct fl_err err;

	assert_int_equal(fl_decode(&code, EM_AARCH64, words, sizeof(words), BASE, &err), 0);
	assert_true(code.insn[1].unlocks);
	assert_int_equal(code.insn[1].lock_register, 5);
	assert_int_equal(code.arg_offset[1], 0x340);
	assert_false(code.insn[2].unlocks);
	assert_false(code.insn[3].unlocks);
	fl_code_free(&code);
}

/* A module's code, which is too far away from the kernel's for "bl": the loader puts veneers in between. */
static const __u32 module_code[] = {
	[0] = 0x910262d6,  /* fuse_file_write_iter: add x22, x22, #0x98 */
	[1] = 0xaa1603e0,  /* mov x0, x22 */
	[2] = 0x94000006,  /* bl the veneer of down_write */
	[3] = 0x17ffffff,  /* b .-4, which is no tail call */
	[8] = 0xd503245f,  /* bti c */
	[9] = 0xd0f00010,  /* adrp x16, 0xffff800060002000 */
	[10] = 0x91044210, /* add x16, x16, #0x110 */
	[11] = 0xd61f0200, /* br x16 */
};

struct module {
	const __u32 *code;
	size_t size;
};

static int read_module(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	const struct module *m = ctx;

	memset(buf, 0, len);
	if (addr - BASE >= m->size)
		return fl_err(err, "not there");
	if (len > m->size - (addr - BASE))
		len = m->size - (addr - BASE);
	memcpy(buf, (const char *)m->code + (addr - BASE), len);
	return 0;
}

/* The map of a module at BASE. The caller frees it, and the symbols. */
static void map_module(const __u32 *code, size_t size, const char *table,
		       struct fl_symbols *symbols, struct fl_callsite_map *map)
{
	struct fl_lock_offsets at = {.i_rwsem = 0x98, .fi_lock = -1};
	struct module module = {code, size};
	struct fl_text text = {
		.machine = EM_AARCH64, .symbols = symbols, .read = read_module, .ctx = &module};
	struct fl_err err;
	char *copy = strdup(table);

	assert_int_equal(fl_symbols_parse(symbols, copy, strlen(copy), &err), 0);
	assert_int_equal(fl_callsite_map_build(map, &text, &at, &err), 0);
}

static void a_veneer_leads_to_the_function(void **state)
{
	static const char table[] = "ffff800080000000 t fuse_file_write_iter\t[fuse]\n"
				    "ffff800080000010 t $x\t[fuse]\n"
				    "ffff800080000018 t fuse_other\t[fuse]\n"
				    "ffff800060002110 T down_write\n";
	struct fl_symbols symbols;
	struct fl_callsite_map map;

	assert_int_equal(fl_veneer_target(EM_AARCH64, module_code + 8, 16, BASE + 32),
			 0xffff800060002110ull);
	assert_int_equal(fl_veneer_target(EM_AARCH64, module_code + 9, 12, BASE + 36),
			 0xffff800060002110ull);
	assert_int_equal(fl_veneer_target(EM_AARCH64, module_code + 9, 11, BASE + 36), 0);
	assert_int_equal(fl_veneer_target(EM_AARCH64, module_code, 16, BASE), 0);
	assert_int_equal(fl_veneer_target(EM_X86_64, module_code + 8, 16, BASE + 32), 0);
	map_module(module_code, sizeof(module_code), table, &symbols, &map);
	assert_int_equal(map.nsites, 1);
	assert_string_equal(map.site[0].callee, "down_write");
	assert_int_equal(map.site[0].offset, 8);
	fl_callsite_map_free(&map);
	fl_symbols_free(&symbols);
}

/* A function that ends in another of the module, which ends in one of the kernel's. */
static const __u32 tail_calls[] = {
	[0] = 0xd503245f,  /* fuse_file_write_iter: bti c */
	[1] = 0x14000003,  /* b fuse_other */
	[4] = 0xd503233f,  /* fuse_other: paciasp */
	[5] = 0xd50323bf,  /* autiasp */
	[6] = 0x91026260,  /* add x0, x19, #0x98 */
	[7] = 0x14000005,  /* b the veneer of down_write */
	[12] = 0xd503245f, /* bti c */
	[13] = 0xd0f00010, /* adrp x16, 0xffff800060002000 */
	[14] = 0x91044210, /* add x16, x16, #0x110 */
	[15] = 0xd61f0200, /* br x16 */
};

static void tail_calls_are_calls(void **state)
{
	static const char table[] = "ffff800080000000 t fuse_file_write_iter\t[fuse]\n"
				    "ffff800080000010 t fuse_other\t[fuse]\n"
				    "ffff800080000020 t fuse_last\t[fuse]\n"
				    "ffff800060002110 T down_write\n";
	struct fl_symbols symbols;
	struct fl_callsite_map map;

	map_module(tail_calls, sizeof(tail_calls), table, &symbols, &map);
	assert_int_equal(map.nsites, 1);
	assert_string_equal(map.site[0].function, "fuse_other");
	assert_string_equal(map.site[0].callee, "down_write");
	assert_int_equal(map.site[0].offset, 12);
	assert_int_equal(map.site[0].role, FL_SITE_EXCLUSIVE);
	fl_callsite_map_free(&map);
	fl_symbols_free(&symbols);
}

/* Load-acquires and compare-and-swaps in front of the sites, each with what is in front of itself. */
static void what_old_kernels_mistake_is_covered(void **state)
{
	struct recording *r = load("arm64-stock");
	const struct fl_callsite *shared = site_at(r, "fuse_file_write_iter", 0x18c);
	const struct fl_callsite *exclusive = site_at(r, "fuse_file_write_iter", 0x1e8);
	const struct fl_callsite *lock = site_at(r, "fuse_inode_uncached_io_start", 0x7c);

	assert_int_equal(shared->ncovered, 1);
	assert_int_equal(shared->address - shared->covered[0], 0x18c - 0x178);
	assert_int_equal(exclusive->ncovered, 2);
	assert_int_equal(exclusive->address - exclusive->covered[0], 0x1e8 - 0x178);
	assert_int_equal(exclusive->address - exclusive->covered[1], 0x1e8 - 0x1a4);
	assert_int_equal(lock->ncovered, 1);
	assert_int_equal(lock->address - lock->covered[0], 0x7c - 0x30);
	/* here a store-release comes in between */
	assert_int_equal(site_at(r, "fuse_write_update_attr", 0x8c)->ncovered, 0);
	assert_int_equal(site_at(r, "fuse_passthrough_write_iter", 0x74)->ncovered, 0);
	done(r);
}

struct words {
	__u32 word[64];
};

static int read_words(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	const struct words *w = ctx;

	if (addr != BASE || len > sizeof(w->word))
		return fl_err(err, "not there");
	memcpy(buf, w->word, len);
	return 0;
}

/* How many instructions are covered for a call of down_write() behind the first, which are so many. */
static int covered_for_call(size_t at, __u32 first, __u32 second)
{
	static const char table[] = "ffff800080000000 t fuse_file_write_iter\n"
				    "ffff800080000100 T down_write\n";
	struct fl_lock_offsets anywhere = {-1, -1};
	struct words w;
	struct fl_symbols symbols;
	struct fl_text text = {
		.machine = EM_AARCH64, .symbols = &symbols, .read = read_words, .ctx = &w};
	struct fl_callsite_map map;
	struct fl_err err;
	char *copy = strdup(table);
	int n;

	for (size_t i = 0; i < 64; i++)
		w.word[i] = 0xd503201f; /* nop */
	w.word[0] = first;
	w.word[1] = second;
	w.word[at] = 0x94000000 | (64 - at); /* bl */
	assert_int_equal(fl_symbols_parse(&symbols, copy, strlen(copy), &err), 0);
	assert_int_equal(fl_callsite_map_build(&map, &text, &anywhere, &err), 0);
	assert_int_equal(map.nsites, 1);
	n = map.site[0].ncovered;
	fl_callsite_map_free(&map);
	fl_symbols_free(&symbols);
	return n;
}

static void only_what_is_near_and_harmless_is_covered(void **state)
{
	enum { NOP = 0xd503201f, LDAR = 0xc8dffc21, LDXR = 0xc85f7c40, STXR = 0xc801fc40 };

	assert_int_equal(covered_for_call(32, LDAR, NOP), 1);
	assert_int_equal(covered_for_call(33, LDAR, NOP), 0);
	/* the second is near the call, and the first near the second */
	assert_int_equal(covered_for_call(33, LDAR, LDAR), 2);
	assert_int_equal(covered_for_call(20, LDAR, STXR), 0);
	assert_int_equal(covered_for_call(20, LDXR, NOP), 0);
	assert_int_equal(covered_for_call(20, LDAR, LDXR), 0);
	assert_int_equal(covered_for_call(20, LDXR, LDAR), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_passthrough_cannot_share),
		cmocka_unit_test(control_flow_shows_the_upgrade),
		cmocka_unit_test(v3_has_shared_and_upgrade),
		cmocka_unit_test(a_running_v3_has_its_sites),
		cmocka_unit_test(next_has_a_way_without_fi_lock),
		cmocka_unit_test(a_running_next_tries_for_locks),
		cmocka_unit_test(inlined_spin_locks_are_seen_at_their_unlocks),
		cmocka_unit_test(other_spin_locks_are_left_out),
		cmocka_unit_test(each_instruction_leads_where_it_does),
		cmocka_unit_test(the_lock_is_followed_back),
		cmocka_unit_test(an_unlock_names_its_register),
		cmocka_unit_test(a_veneer_leads_to_the_function),
		cmocka_unit_test(tail_calls_are_calls),
		cmocka_unit_test(what_old_kernels_mistake_is_covered),
		cmocka_unit_test(only_what_is_near_and_harmless_is_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
