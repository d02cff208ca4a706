// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as a kernel module file, as fuselens reads it before the kernel does. */
#include <stdint.h>
#include <string.h>

#include "live/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_live_file f = {.path = "module", .fd = -1, .bytes = (char *)data, .size = size};
	char value[64];
	struct fl_err err;

	fl_live_file_says(&f, "vermagic", value, sizeof(value), &err);
	if (!memchr(value, '\0', sizeof(value)))
		__builtin_trap();
	return 0;
}
