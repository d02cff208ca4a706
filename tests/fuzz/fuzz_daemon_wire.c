// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon reads from raw requests, of any length and content. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In a buffer of exactly its size, so that a read beyond it is seen. */
	uint8_t *copy = malloc(size ? size : 1);
	struct wire_request req = {0};
	const char *name;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (wire_peek(copy, size, &req)) {
		if (!req.seen || size < 40 || memcmp(&req.opcode, copy + 4, 4) != 0)
			abort();
		name = wire_opcode_name(req.opcode);
		if (name && (req.opcode >= WIRE_MAX_OPCODE || !*name))
			abort();
	} else if (req.seen || size >= 40) {
		abort();
	}
	free(copy);
	return 0;
}
