// SPDX-License-Identifier: GPL-2.0-only
#include "verify/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/callsite_map.h"
#include "kernel/kernel.h"
#include "util/file.h"

void fl_lock_rules_from_map(struct fl_lock_rules *rules, const struct fl_callsite_map *map)
{
	const __u32 both = 1u << FL_ROUTE_PASSTHROUGH | 1u << FL_ROUTE_DIRECT;

	rules->as_dio = false;
	for (size_t i = 0; i < map->nsites; i++)
		if (map->site[i].role == FL_SITE_SHARED && (map->site[i].routes & both) == both)
			rules->as_dio = true;
}

/*
 * fuse_dio_lock() is static in file.c unless passthrough.c calls it, too. A global symbol ('T')
 * therefore means that the passthrough path decides as the direct-io path does. For a module,
 * kallsyms shows only exported symbols as global.
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

void fl_lock_rules_read(struct fl_lock_rules *rules, struct fl_kernel *kernel)
{
	struct fl_err ignored;
	const struct fl_callsite_map *map = fl_kernel_callsites(kernel, &ignored);
	char *text;
	size_t len;

	if (map) {
		fl_lock_rules_from_map(rules, map);
		return;
	}
	text = fl_read_file("/proc/kallsyms", &len, &ignored);
	fl_lock_rules_parse(rules, text ? text : "");
	free(text);
}
