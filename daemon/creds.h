/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The credentials of the one thread that calls. All of it goes by raw system calls: the C library's
 * wrappers would change every thread of the daemon.
 */
#ifndef FUSELENS_DAEMON_CREDS_H
#define FUSELENS_DAEMON_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Before any thread starts: remembers whether this process can act for others at all. */
void creds_init(void);

bool creds_have_sys_admin(void);

/*
 * Makes new files belong to the caller: file system uid and gid, and umask. The capabilities stay,
 * since the kernel has already checked the caller's permissions (default_permissions).
 */
void creds_begin(uid_t uid, gid_t gid, mode_t mask);
void creds_end(void);

/*
 * With CAP_FSETID a write leaves setuid and setgid bits in place; without it, the source file system
 * removes them by its own rules. Cheap when nothing changes.
 */
void creds_fsetid(bool have);

#endif
