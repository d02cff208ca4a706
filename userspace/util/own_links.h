/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a file by a path that may lead through directories of other users. */
#ifndef FL_OWN_LINKS_H
#define FL_OWN_LINKS_H

#include <sys/types.h>

/*
 * As open(2) with flags and mode, but follows symbolic links only of root and of our own user: another user's link in a
 * directory of that user leads where that user wants, and may have come a moment ago. It goes through no /proc/PID/root
 * or the like either, but path may be a file of /proc/PID/fd. Returns a descriptor, or -1 with errno set. *stranger is
 * the owner of a link that was not followed, with ELOOP, or else (uid_t)-1.
 */
int fl_open_by_own_links(const char *path, int flags, mode_t mode, uid_t *stranger);

/*
 * Opens the directory in which path is, in the same way, with O_PATH, and puts the last name of path into
 * name[FL_OWN_LINKS_NAME].
 */
#define FL_OWN_LINKS_NAME 256
int fl_open_parent_by_own_links(const char *path, char *name, uid_t *stranger);

#endif
