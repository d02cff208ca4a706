// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as fio's JSON and logs. */
#include <stdint.h>
#include "result/fio_json.h"
#include "result/fio_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fl_sample samples[] = {{.t_ns = 1}, {.t_ns = 100000000, .writes = 5}};
	struct fl_fio fio;
	struct fl_series s;
	struct fl_err err;

	fl_fio_read_output(&fio, (const char *)data, size, &err);
	for (size_t n = 0; n <= 2; n += 2)
		if (!fl_series_join(&s, (const char *)data, size, 100, samples, n, &err))
			fl_series_free(&s);
	return 0;
}
