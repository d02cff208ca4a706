/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another user may own a directory on the way of a path, and put a link there between two looks. So a link is followed
 * only if it is ours or root's, and not on another user's FUSE mount; and what was opened is used from then on, not the
 * path.
 */
#ifndef FUSELENS_DAEMON_PATH_H
#define FUSELENS_DAEMON_PATH_H

/* Opens @path (O_PATH), which must be a directory. Returns -1 with errno; ELOOP for another user's link. */
int path_open_dir(const char *path);

/* The same for the directory that has the file @path; its @name in there is a part of @path. */
int path_open_parent(const char *path, const char **name);

#endif
