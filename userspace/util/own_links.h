/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user names, by a path that may lead through directories of other users: to make a file there, to work
 * there, or to act on what is there.
 */
#ifndef FL_OWN_LINKS_H
#define FL_OWN_LINKS_H

#include <sys/types.h>
#include "util/err.h"

/*
 * As open(2) with flags and mode, but follows symbolic links only of root and of our own user: another user's link in a
 * directory of that user leads where that user wants, and may have come a moment ago. So does any link on a FUSE file
 * system that another user mounted, whatever owner its daemon shows. /proc/PID/root and the like are links of the
 * process's user. Returns a descriptor, or -1 with errno set. *stranger is the user whose link was not followed, with
 * ELOOP, or else (uid_t)-1.
 */
int fl_open_by_own_links(const char *path, int flags, mode_t mode, uid_t *stranger);

/*
 * Opens the directory in which path is, in the same way, with O_PATH, and puts the last name of path into
 * name[FL_OWN_LINKS_NAME].
 */
#define FL_OWN_LINKS_NAME 256
int fl_open_parent_by_own_links(const char *path, char *name, uid_t *stranger);

/*
 * The user who mounted the FUSE file system on which fd is, and whose daemon may show any owner and any mode; 0 on any
 * other file system. Asks no daemon. FL_MOUNTER_UNKNOWN if the mounts can't be read: nobody to believe.
 */
#define FL_MOUNTER_UNKNOWN ((uid_t)-1)
uid_t fl_mounter_of(int fd);

/*
 * The error of one of these: names the stranger, if there is one, or else has the text of errno why, after ": ".
 * Returns -1.
 */
int fl_own_links_errno(struct fl_err *err, int why, uid_t stranger, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
