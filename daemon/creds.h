/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The credentials of the calling thread. All functions use raw system calls: the C library's
 * wrappers would change every thread of the daemon.
 */
#ifndef FUSELENS_DAEMON_CREDS_H
#define FUSELENS_DAEMON_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Call this before any thread starts. Notes whether this process can act for other users at all,
 * and drops its supplementary groups, which would count as the caller's.
 */
void creds_init(void);

bool creds_have_sys_admin(void);

/* With CAP_FSETID a write leaves setuid and setgid bits in place. */
#define CREDS_NO_FSETID (1U << 0)
/* With CAP_SYS_RESOURCE a write may use reserved blocks and exceed quotas. */
#define CREDS_NO_RESOURCE (1U << 1)
/* With CAP_FOWNER any user's files can be changed like one's own, and removed from a directory with the sticky bit. */
#define CREDS_NO_FOWNER (1U << 2)
#define CREDS_NO_CHOWN	(1U << 3)
/* With these a file's mode and access control list do not matter, or not for reading. */
#define CREDS_NO_OVERRIDE    (1U << 4)
#define CREDS_NO_READ_SEARCH (1U << 5)
#define CREDS_NO_DAC	     (CREDS_NO_OVERRIDE | CREDS_NO_READ_SEARCH)

/* Those of the above whose capability is not among @capabilities, a bit for each. */
unsigned int creds_lacking(unsigned long long capabilities);

/*
 * From here on this thread acts for @uid and @gid, without the capabilities in @without and, unless
 * @uid is root, without CAP_SYS_RESOURCE. The other capabilities stay, because the kernel has
 * already checked the caller's permissions (default_permissions). Makes no system call if nothing
 * changes.
 */
void creds_as(uid_t uid, gid_t gid, unsigned int without);

/*
 * From here on this thread acts without the capabilities in @without, too; or has them again, if creds_as() left them.
 */
void creds_drop(unsigned int without);
void creds_take_back(unsigned int without);

/* The same for making a new file, with @mask as the umask. */
void creds_begin(uid_t uid, gid_t gid, mode_t mask, unsigned int without);

/* Takes these supplementary groups as well, until creds_end(). */
void creds_groups(const gid_t *groups, size_t n);

/*
 * Whether a user of @gid and the @n supplementary @groups has the rights @mask (see access(2)) to the file that is
 * open at @fd. True if this process can't act for other users. The thread must act for the daemon itself.
 */
bool creds_may(uid_t uid, gid_t gid, const gid_t *groups, size_t n, int fd, int mask);

/* Returns to the daemon's own credentials. Does not change errno. */
void creds_end(void);

#endif
