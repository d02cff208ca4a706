// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as the iterator's output. */
#include <stdint.h>
#include "openfiles/openfiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_open_files files = {};
	struct fl_err err;

	fl_open_files_parse(&files, data, size, &err);
	fl_open_files_free(&files);
	return 0;
}
