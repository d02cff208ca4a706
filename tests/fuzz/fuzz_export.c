// SPDX-License-Identifier: GPL-2.0-only
/* The exporter's input from outside: --listen, the Accept header, and names that become labels. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/http.h"
#include "export/openmetrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks a label: only escapes of the format, no quote that ends the value, no line end. */
static void check_label(const char *label)
{
	for (const char *s = label; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == '"' || *s == 0x7f)
			abort();
		if (*s == '\\' && *++s != '\\' && *s != '"')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *label = NULL;
	struct sockaddr_storage addr;
	struct fl_err err;
	size_t len = 0;
	socklen_t addr_len;
	FILE *out;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!fl_http_parse_listen(text, &addr, &addr_len, &err) && addr.ss_family != AF_INET &&
	    addr.ss_family != AF_INET6)
		abort();
	fl_metrics_wants_openmetrics(text);
	out = open_memstream(&label, &len);
	if (out) {
		fl_metrics_label(text, out);
		fclose(out);
		check_label(label);
	}
	free(label);
	free(text);
	return 0;
}
