// SPDX-License-Identifier: GPL-2.0-only
#include "export/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A shorter reply fits into a packet or two. */
#define WORTHWHILE 1024
/* zlib's window bits, plus 16 for gzip's header instead of zlib's. */
#define WINDOW	15
#define AS_GZIP 16

bool fl_gzip_wanted(const char *accept)
{
	const char *p = accept;

	while (p && *p) {
		size_t len = strcspn(p, ","), name;
		const char *q;

		while (len && (*p == ' ' || *p == '\t')) {
			p++;
			len--;
		}
		name = strcspn(p, " \t;,");
		if (name > len)
			name = len;
		if ((name == 4 && !strncasecmp(p, "gzip", 4)) || (name == 1 && *p == '*')) {
			q = memmem(p, len, "q=", 2);
			return !q || strtod(q + 2, NULL) > 0;
		}
		p += len;
		p += *p == ',';
	}
	return false;
}

char *fl_gzip(const char *data, size_t len, size_t *out_len)
{
	z_stream z = {.next_in = (Bytef *)data, .avail_in = len};
	char *out;
	int ret;

	if (len < WORTHWHILE || len > 1u << 30)
		return NULL;
	out = malloc(len);
	/* level 1, the fastest: even this shrinks a page of numbers to a tenth */
	if (!out || deflateInit2(&z, 1, Z_DEFLATED, WINDOW + AS_GZIP, 8, Z_DEFAULT_STRATEGY)) {
		free(out);
		return NULL;
	}
	z.next_out = (Bytef *)out;
	z.avail_out = len;
	ret = deflate(&z, Z_FINISH);
	*out_len = z.total_out;
	deflateEnd(&z);
	if (ret == Z_STREAM_END)
		return out;
	free(out);
	return NULL;
}
