// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records what test_callsite.c reads: the running kernel's code of the functions that the call-site map
 * looks into, and the symbols around and behind their calls. Run as root on the kernel to be recorded:
 *
 *   make build/tests/unit/record_callsites
 *   build/tests/unit/record_callsites > tests/unit/data/callsites-NAME.txt
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kcore.h"
#include "kernel/kernel.h"

static struct fl_kcore kcore;
static struct fl_symbols symbols;

static void print_symbol(const struct fl_symbol *s)
{
	if (s)
		printf("symbol %016" PRIx64 " t %s%s\n", (uint64_t)s->addr, s->name,
		       s->in_fuse ? "\t[fuse]" : "");
}

static int read_and_record(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	const unsigned char *p = buf;
	__u64 end = fl_symbol_end(&symbols, addr);
	struct fl_code code;

	if (fl_kcore_read(ctx, addr, buf, len, err))
		return -1;
	print_symbol(fl_symbol_at(&symbols, addr));
	print_symbol(end ? fl_symbol_at(&symbols, end) : NULL);
	print_symbol(fl_symbol_at(&symbols, fl_veneer_target(kcore.machine, buf, len, addr)));
	if (fl_decode(&code, kcore.machine, buf, len, addr, err))
		return -1;
	for (size_t i = 0; i < code.n; i++)
		if (code.insn[i].target && fl_code_index(&code, code.insn[i].target) < 0)
			print_symbol(fl_symbol_at(&symbols, code.insn[i].target));
	fl_code_free(&code);
	printf("text %016" PRIx64 " ", (uint64_t)addr);
	for (size_t i = 0; i < len; i++)
		printf("%02x", p[i]);
	printf("\n");
	return 0;
}

int main(void)
{
	struct fl_text text = {.symbols = &symbols, .read = read_and_record, .ctx = &kcore};
	struct fl_kernel *kernel = fl_kernel_open();
	struct fl_lock_offsets at = fl_kernel_lock_offsets(kernel);
	struct fl_callsite_map map = {};
	struct fl_err err = {};

	if (fl_kcore_open(&kcore, &err) ||
	    fl_kallsyms_read(fl_kallsyms_open(&err), &symbols, &err)) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	printf("offsets %lld %lld\nmachine %d\n", at.i_rwsem, at.fi_lock, kcore.machine);
	text.machine = kcore.machine;
	if (fl_callsite_map_build(&map, &text, &at, &err)) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	for (size_t i = 0; i < map.nsites; i++)
		fprintf(stderr, "%s+%#llx %s role %d routes %#x%s%s cal %d\n", map.site[i].function,
			map.site[i].offset, map.site[i].callee, map.site[i].role,
			map.site[i].routes, map.site[i].merged ? " merged" : "",
			map.site[i].tries ? " tries" : "", map.site[i].calibrate_at != 0);
	fprintf(stderr, "variant %s, passthrough %d, direct %d, cached %d, splice %d\n",
		fl_variant_name(&map), fl_callsite_can(&map, FL_ROUTE_PASSTHROUGH),
		fl_callsite_can(&map, FL_ROUTE_DIRECT), fl_callsite_can(&map, FL_ROUTE_CACHED),
		fl_callsite_can(&map, FL_ROUTE_SPLICE));
	return 0;
}
