// SPDX-License-Identifier: GPL-2.0-only
#include "verify_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * fuse_dio_lock() is static in file.c unless passthrough.c calls it too: a global symbol ('T') says that
 * the passthrough path decides as the direct-io path does.
 */
void fl_lock_rules_parse(struct fl_lock_rules *rules, const char *kallsyms)
{
	static const char symbol[] = " T fuse_dio_lock";
	const char *at = kallsyms;

	rules->as_dio = false;
	while ((at = strstr(at, symbol))) {
		at += strlen(symbol);
		if (!*at || *at == '\n' || *at == '\t' || *at == ' ') {
			rules->as_dio = true;
			return;
		}
	}
}

void fl_lock_rules_read(struct fl_lock_rules *rules)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t len = 0;

	rules->as_dio = false;
	while (f && !rules->as_dio && getline(&line, &len, f) > 0)
		fl_lock_rules_parse(rules, line);
	free(line);
	if (f)
		fclose(f);
}
