/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names by which the kernel may know a file. To make it forget the file, the daemon must tell
 * it each of them. Names that are out of date do no harm.
 */
#ifndef FUSELENS_DAEMON_NAMES_H
#define FUSELENS_DAEMON_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* If a file has more names, those that were found longest ago are dropped. */
#define NAMES_MAX 16

struct known_name {
	struct known_name *next;
	uint64_t parent; /* node of the directory */
	char name[];
};

/* The name that was found last comes first. */
struct names {
	struct known_name *first;
};

/* Without memory the name is left out, and the file may stay longer. */
void names_add(struct names *names, uint64_t parent, const char *name);
void names_remove(struct names *names, uint64_t parent, const char *name);
void names_free(struct names *names);

/* A copy of a name; the caller frees it. */
struct inode_name {
	uint64_t parent;
	char *name;
};

/* Copies up to @max names to @to; returns how many. */
size_t names_copy(const struct names *names, struct inode_name *to, size_t max);

#endif
