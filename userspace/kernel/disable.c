// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/disable.h"

#include <stdlib.h>
#include <string.h>

bool fl_disabled(enum fl_disable what)
{
	static const char *const names[] = {
		[FL_DISABLE_FENTRY] = "fentry",
		[FL_DISABLE_KPROBES] = "kprobes",
		[FL_DISABLE_MODULE_BTF] = "module-btf",
		[FL_DISABLE_TEXT] = "text",
	};
	const char *list = getenv("FUSELENS_DISABLE"), *p = list;
	size_t len = strlen(names[what]);

	while (p && *p) {
		size_t word = strcspn(p, ",");

		if (word == len && !strncmp(p, names[what], len))
			return true;
		p += word + (p[word] == ',');
	}
	return false;
}
