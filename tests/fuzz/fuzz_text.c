// SPDX-License-Identifier: GPL-2.0-only
/* Names from the system: escaped text has nothing that controls a terminal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), *escaped, *utf8;

	memcpy(name, data, size);
	name[size] = '\0';
	escaped = fl_escape(name);
	utf8 = fl_utf8(name);
	for (const unsigned char *p = (const unsigned char *)escaped; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			abort();
	free(name);
	free(escaped);
	free(utf8);
	return 0;
}
