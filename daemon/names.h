/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names that the kernel may know a file by: to make it forget a file, it has to be told each of them.
 * Some may be out of date, which does no harm.
 */
#ifndef FUSELENS_DAEMON_NAMES_H
#define FUSELENS_DAEMON_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Of a file with more names than this, the ones found longest ago are not kept. */
#define NAMES_MAX 32

struct known_name {
	struct known_name *next;
	uint64_t parent; /* node of the directory */
	char name[];
};

/* The last one found comes first. */
struct names {
	struct known_name *first;
};

/* Without memory the name is left out, and the file may stay longer. */
void names_add(struct names *names, uint64_t parent, const char *name);
void names_remove(struct names *names, uint64_t parent, const char *name);
void names_free(struct names *names);

/* A name to hand on; the caller frees it. */
struct inode_name {
	uint64_t parent;
	char *name;
};

/* Copies up to @max names to @to; returns how many. */
size_t names_copy(const struct names *names, struct inode_name *to, size_t max);

#endif
