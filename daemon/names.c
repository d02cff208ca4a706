// SPDX-License-Identifier: GPL-2.0-only
/* The names that the kernel may know a file by; see names.h. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

/* The place where the name is, or else the end. */
static struct known_name **find(struct names *names, const struct known_dir *parent,
				const char *name)
{
	struct known_name **at = &names->first;

	while (*at &&
	       ((*at)->parent.node != parent->node ||
		(*at)->parent.generation != parent->generation || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

static void cut(struct names *names, int keep)
{
	struct known_name **at = &names->first, *rest;

	for (; *at && keep > 0; keep--)
		at = &(*at)->next;
	rest = *at;
	*at = NULL;
	while (rest) {
		struct known_name *next = rest->next;

		free(rest);
		rest = next;
	}
}

void names_add(struct names *names, const struct known_dir *parent, const char *name)
{
	struct known_name **at = find(names, parent, name), *one = *at;

	if (one) {
		*at = one->next;
	} else {
		one = malloc(sizeof(*one) + strlen(name) + 1);
		if (!one)
			return;
		one->parent = *parent;
		strcpy(one->name, name);
		cut(names, NAMES_MAX - 1);
	}
	one->next = names->first;
	names->first = one;
}

void names_remove(struct names *names, const struct known_dir *parent, const char *name)
{
	struct known_name **at = find(names, parent, name), *one = *at;

	if (!one)
		return;
	*at = one->next;
	free(one);
}

void names_free(struct names *names)
{
	cut(names, 0);
}

size_t names_copy(const struct names *names, struct inode_name *to, size_t max)
{
	size_t n = 0;

	for (const struct known_name *one = names->first; one && n < max; one = one->next) {
		to[n].parent = one->parent;
		to[n].name = strdup(one->name);
		if (to[n].name)
			n++;
	}
	return n;
}
