/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which user is behind a user id. Each user may have thousands of further ids for containers, by /etc/subuid. A limit
 * for each id would be none.
 */
#ifndef FUSELENS_DAEMON_USERS_H
#define FUSELENS_DAEMON_USERS_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Reads @path, if it has changed since it was read. Without such a file each id is a user. Any thread may call
 * this.
 */
void users_read(const char *path);

/* The first of the further ids of the user who has @id as one of them; else @id itself. */
uint32_t users_of(uint32_t id);

/*
 * How many descriptors of ours are held for the user who is behind @id: count them there. It stays where it is until
 * the end. NULL if there is no memory.
 */
atomic_size_t *users_held(uint32_t id);

#define USERS_FILE "/etc/subuid"

#endif
