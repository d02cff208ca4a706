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

/*
 * Before any thread starts: remembers whether this process can act for others at all, and leaves its
 * supplementary groups, which would count as the caller's.
 */
void creds_init(void);

bool creds_have_sys_admin(void);

/* With CAP_FSETID a write leaves setuid and setgid bits in place. */
#define CREDS_NO_FSETID (1U << 0)
/* With CAP_SYS_RESOURCE a write may use reserved blocks and exceed quotas. */
#define CREDS_NO_RESOURCE (1U << 1)

/*
 * From here on this thread acts for @uid and @gid, without the capabilities in @without and, unless
 * @uid is root, without CAP_SYS_RESOURCE. The other capabilities stay, since the kernel has already
 * checked the caller's permissions (default_permissions). No system call when nothing changes.
 */
void creds_as(uid_t uid, gid_t gid, unsigned int without);

/* The same for something new, which is to get the mode that @mask leaves of it. */
void creds_begin(uid_t uid, gid_t gid, mode_t mask);

/* The daemon's own credentials again. Leaves errno alone. */
void creds_end(void);

#endif
