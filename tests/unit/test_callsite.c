// SPDX-License-Identifier: GPL-2.0-only
/* The call-site map, on the code of the lab's four variants of fs/fuse as recorded from a running kernel. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "recorded_text.h"

static void stock_passthrough_cannot_share(void **state)
{
	struct recording *r = load("stock");

	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_CACHED), FL_CAN_NO);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_DIRECT), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_IOMAP), FL_CAN_UNKNOWN);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_EXCLUSIVE), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 0);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_FI_LOCK), 1);
	assert_string_equal(fl_variant_name(&r->map), "stock");
	done(r);
}

/* A livepatch: calls of one function run another's code, and the map is made from that code. */
static void a_replaced_function_is_read_where_it_runs(void **state)
{
	struct recording *r = load("v3");
	struct fl_redirect redirect = {
		.from = fl_symbol_by_name(&r->symbols, "fuse_passthrough_splice_write")->addr,
		.to = fl_symbol_by_name(&r->symbols, "fuse_passthrough_write_iter")->addr,
	};
	struct fl_text reader = {
		.machine = r->machine,
		.symbols = &r->symbols,
		.read = read_part,
		.ctx = r,
		.redirect = &redirect,
		.nredirects = 1,
	};
	struct fl_err err;

	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_NO);
	fl_callsite_map_free(&r->map);
	assert_int_equal(fl_callsite_map_build(&r->map, &reader, &r->at, &err), 0);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_SPLICE), FL_CAN_YES);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	done(r);
}

/*
 * Control flow, not the place, shows that the second down_write() of the write path is the upgrade.
 */
static void v3_has_shared_and_upgrade(void **state)
{
	struct recording *r = load("v3");
	const struct fl_callsite *shared = NULL, *upgrade = NULL, *exclusive = NULL;

	for (size_t i = 0; i < r->map.nsites; i++) {
		const struct fl_callsite *s = &r->map.site[i];

		if (strcmp(s->function, "fuse_passthrough_write_iter"))
			continue;
		if (s->role == FL_SITE_SHARED)
			shared = s;
		else if (s->role == FL_SITE_UPGRADE)
			upgrade = s;
		else
			exclusive = s;
	}
	assert_non_null(shared);
	assert_non_null(upgrade);
	assert_non_null(exclusive);
	assert_string_equal(shared->callee, "down_read");
	assert_string_equal(upgrade->callee, "down_write");
	assert_int_equal(exclusive->role, FL_SITE_EXCLUSIVE);
	assert_false(upgrade->merged);
	assert_int_equal(upgrade->size, 5);
	assert_int_equal(fl_callsite_can(&r->map, FL_ROUTE_PASSTHROUGH), FL_CAN_YES);
	assert_string_equal(fl_variant_name(&r->map), "v3");
	done(r);
}

/* v1 locks through fuse_dio_lock(), one level down, which then serves two routes. */
static void v1_follows_the_helper(void **state)
{
	struct recording *r = load("v1-1");

	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_SHARED), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_UPGRADE), 1);
	assert_int_equal(sites(r, FL_ROUTE_DIRECT, FL_SITE_SHARED), 1);
	assert_int_equal(sites(r, FL_ROUTE_PASSTHROUGH, FL_SITE_FI_LOCK), 3);
	assert_string_equal(fl_variant_name(&r->map), "v1-1");
	done(r);
	r = load("v1");
	assert_string_equal(fl_variant_name(&r->map), "v1");
	done(r);
	assert_string_equal(fl_variant_name(NULL), "unknown");
}

/* The offset in a spin lock's address shows whether it is fi->lock. */
static void other_spin_locks_are_left_out(void **state)
{
	struct recording *r = load("stock");
	struct fl_text reader = {
		.machine = r->machine, .symbols = &r->symbols, .read = read_part, .ctx = r};
	struct fl_lock_offsets elsewhere = {.i_rwsem = r->at.i_rwsem, .fi_lock = 8};
	struct fl_callsite_map map;
	struct fl_err err;
	int n = 0;

	assert_int_equal(fl_callsite_map_build(&map, &reader, &elsewhere, &err), 0);
	for (size_t i = 0; i < map.nsites; i++)
		n += map.site[i].role == FL_SITE_FI_LOCK &&
		     !strcmp(map.site[i].function, "fuse_write_update_attr");
	assert_int_equal(n, 0);
	fl_callsite_map_free(&map);
	done(r);
}

static __u8 many_calls[16384];

static int read_many_calls(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	memcpy(buf, many_calls, len);
	return 0;
}

static void call_down_write(__u32 times)
{
	memset(many_calls, 0x90, sizeof(many_calls));
	for (__u32 i = 0; i < times; i++) {
		__s32 to = sizeof(many_calls) - (5 * i + 5);

		many_calls[5 * i] = 0xe8;
		memcpy(&many_calls[5 * i + 1], &to, sizeof(to));
	}
}

/* Calls of lock functions that the map has no room for make it wrong, so there is none. */
static void a_map_is_whole_or_none(void **state)
{
	static const char table[] = "ffffffff81000000 t fuse_file_write_iter\n"
				    "ffffffff81004000 T down_write\n";
	struct fl_lock_offsets anywhere = {-1, -1};
	struct fl_symbols symbols;
	struct fl_text text = {.machine = EM_X86_64, .symbols = &symbols, .read = read_many_calls};
	struct fl_callsite_map map;
	struct fl_err err;
	char *copy = strdup(table);

	call_down_write(FL_MAX_SITES);
	assert_int_equal(fl_symbols_parse(&symbols, copy, strlen(copy), &err), 0);
	assert_int_equal(fl_callsite_map_build(&map, &text, &anywhere, &err), 0);
	assert_int_equal(map.nsites, FL_MAX_SITES);
	fl_callsite_map_free(&map);
	call_down_write(FL_MAX_SITES + 1);
	assert_int_equal(fl_callsite_map_build(&map, &text, &anywhere, &err), -1);
	assert_non_null(strstr(err.what, "than there is room for"));
	fl_symbols_free(&symbols);
}

static void garbage_is_decoded_without_harm(void **state)
{
	static const fl_machine machines[] = {EM_X86_64, EM_AARCH64};
	unsigned char bytes[4096];
	struct fl_code code;
	struct fl_err err;
	unsigned int seed = 7;

	for (int round = 0; round < 100; round++) {
		fl_machine machine = machines[round % 2];
		size_t total = 0;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = rand_r(&seed) >> 3;
		assert_int_equal(fl_decode(&code, machine, bytes, sizeof(bytes) - round,
					   0xffffffff81000000ull, &err),
				 0);
		for (size_t i = 0; i < code.n; i++) {
			assert_int_equal(code.insn[i].addr - 0xffffffff81000000ull, total);
			total += code.insn[i].size;
		}
		assert_int_equal(total, sizeof(bytes) - round);
		fl_code_free(&code);
	}
	assert_int_equal(fl_decode(&code, EM_X86_64, bytes, 0, 0, &err), 0);
	assert_int_equal(code.n, 0);
	fl_code_free(&code);
	assert_int_equal(fl_decode(&code, EM_S390, bytes, 4, 0, &err), -1);
}

static int parse(struct fl_symbols *s, const char *text, struct fl_err *err)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);

	memcpy(copy, text, len);
	return fl_symbols_parse(s, copy, len, err);
}

static void kallsyms_lines(void **state)
{
	struct fl_symbols s;
	struct fl_err err;

	assert_int_equal(parse(&s,
			       "ffffffff81000200 t second\n"
			       "ffffffff81000100 T first\n"
			       "ffffffff81000150 d data_is_no_text\n"
			       "ffffffff81000104 t $x.1\n"
			       "not a line\n"
			       "ffffffffc0000000 t second\t[other]\n"
			       "ffffffffc0001000 t second\t[fuse]",
			       &err),
			 0);
	assert_int_equal(s.n, 4);
	assert_string_equal(fl_symbol_at(&s, 0xffffffff81000100)->name, "first");
	assert_null(fl_symbol_at(&s, 0xffffffff81000101));
	assert_string_equal(fl_symbol_around(&s, 0xffffffff81000101)->name, "first");
	assert_null(fl_symbol_around(&s, 5));
	assert_int_equal(fl_symbol_end(&s, 0xffffffff81000100), 0xffffffff81000200);
	assert_int_equal(fl_symbol_end(&s, 0xffffffffc0001000), 0);
	/* fuse's own symbol wins over one with the same name elsewhere */
	assert_int_equal(fl_symbol_by_name(&s, "second")->addr, 0xffffffffc0001000);
	fl_symbols_free(&s);
	assert_int_equal(parse(&s, "0000000000000000 T first\n", &err), -1);
	assert_non_null(strstr(err.what, "kptr_restrict"));
	assert_int_equal(parse(&s, "", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_passthrough_cannot_share),
		cmocka_unit_test(a_replaced_function_is_read_where_it_runs),
		cmocka_unit_test(v3_has_shared_and_upgrade),
		cmocka_unit_test(v1_follows_the_helper),
		cmocka_unit_test(other_spin_locks_are_left_out),
		cmocka_unit_test(a_map_is_whole_or_none),
		cmocka_unit_test(garbage_is_decoded_without_harm),
		cmocka_unit_test(kallsyms_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
