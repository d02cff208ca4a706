// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as a mountinfo file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fl_mounts m = {};
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	fl_mounts_parse(&m, text);
	for (size_t i = 0; i < m.n; i++) {
		fl_mounts_by_dev(&m, m.mount[i].dev);
		fl_mounts_by_path(&m, m.mount[i].path);
	}
	fl_mounts_free(&m);
	free(text);
	return 0;
}
