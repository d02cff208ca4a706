// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct fl_symbols s;
	struct fl_err err;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	if (fl_symbols_parse(&s, text, size, &err))
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!fl_symbol_at(&s, s.sym[i].addr) || !fl_symbol_by_name(&s, s.sym[i].name))
			abort();
		if (fl_symbol_end(&s, s.sym[i].addr) &&
		    fl_symbol_end(&s, s.sym[i].addr) <= s.sym[i].addr)
			abort();
	}
	fl_symbols_free(&s);
	return 0;
}
