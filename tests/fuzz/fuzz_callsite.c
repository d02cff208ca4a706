// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary machine code, for the decoder and the map that is built from it. */
#include <stdint.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/callsite_map.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *code;
static size_t code_size;

#define BASE 0xffffffff81000000ull

static int read_code(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	/* long no-ops: few instructions that tell nothing new */
	static const unsigned char nop[] = {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};
	size_t at = addr - BASE, n = at < code_size ? code_size - at : 0;
	unsigned char *out = buf;

	n = n < len ? n : len;
	if (n)
		memcpy(out, code + at, n);
	for (size_t i = n; i < len; i++)
		out[i] = nop[(i - n) % sizeof(nop)];
	return 0;
}

static struct fl_symbols symbols;

/* The functions are short: most time goes into decoding, which is the same for each instruction. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char table[] = "ffffffff81000000 t fuse_file_write_iter\n"
				    "ffffffff81000040 t fuse_passthrough_write_iter\n"
				    "ffffffff81000080 t fuse_write_update_attr\n"
				    "ffffffff810000a0 T down_write\n"
				    "ffffffff810000b0 T down_read\n"
				    "ffffffff810000c0 T up_read\n"
				    "ffffffff810000d0 T _raw_spin_lock\n";
	char *copy = malloc(sizeof(table)); /* the symbols take it over */
	struct fl_err err;

	if (!copy)
		abort();
	memcpy(copy, table, sizeof(table));
	if (fl_symbols_parse(&symbols, copy, sizeof(table) - 1, &err))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_lock_offsets at = {.i_rwsem = 0x98, .fi_lock = -1};
	struct fl_text text = {.symbols = &symbols, .read = read_code};
	struct fl_callsite_map map;
	struct fl_err err;

	code = data;
	code_size = size;
	/* an odd first byte makes it arm64's code */
	text.machine = size && data[0] & 1 ? EM_AARCH64 : EM_X86_64;
	if (!fl_callsite_map_build(&map, &text, &at, &err)) {
		(void)fl_variant_name(&map);
		for (size_t i = 0; i < map.nsites; i++)
			if (map.site[i].address - BASE >= 0xa0)
				abort();
		fl_callsite_map_free(&map);
	}
	return 0;
}
