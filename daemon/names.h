/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names by which the kernel may know a file. To make it forget the file, the daemon must tell
 * it each of them. Names may be out of date: see inode_hold_directory() and inode_may_drop_name().
 */
#ifndef FUSELENS_DAEMON_NAMES_H
#define FUSELENS_DAEMON_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* If a file has more names, those that were found longest ago are dropped. */
#define NAMES_MAX 16

/* A directory that the kernel knows. The node alone may be another's by now, once the kernel has forgotten this one. */
struct known_dir {
	uint64_t node, generation;
	dev_t dev;
	ino_t ino;
};

struct known_name {
	struct known_name *next;
	struct known_dir parent;
	char name[];
};

/* The name that was found last comes first. */
struct names {
	struct known_name *first;
};

/* Without memory the name is left out, and the file may stay longer. */
void names_add(struct names *names, const struct known_dir *parent, const char *name);
void names_remove(struct names *names, const struct known_dir *parent, const char *name);
void names_free(struct names *names);

/* A copy of a name; the caller frees it. */
struct inode_name {
	struct known_dir parent;
	char *name;
	/* of the file */
	dev_t dev;
	ino_t ino;
};

/* Copies up to @max names to @to, all but the file; returns how many. */
size_t names_copy(const struct names *names, struct inode_name *to, size_t max);

#endif
