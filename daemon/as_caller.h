/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acting with the rights of the user who makes a request. The kernel has checked them, but by what it knows of files,
 * and maybe long ago. A change that the source itself decides by the caller's rights, under the lock that it needs
 * anyway, can't come after a chown(2), chmod(2) or setfacl(1) that took those rights away: not even if all of them
 * had to wait for that lock.
 *
 *	begin_as_caller(req);
 *	do
 *		res = mkdirat(...);
 *	while (again_as_caller(req, res));
 *	err = end_as_caller(res);
 */
#ifndef FUSELENS_DAEMON_AS_CALLER_H
#define FUSELENS_DAEMON_AS_CALLER_H

#include "mirror.h"

/*
 * Takes the caller's user id, group and umask, and none of the capabilities that give rights to others' files. These,
 * and the caller's further groups, have to be looked up and are seldom needed: see again_as_caller(). Root keeps all
 * that the daemon has. end_as_caller() must follow.
 */
void begin_as_caller(fuse_req_t req);

/*
 * The same with all groups and capabilities at once: for what does not fail without them, but has another result (a
 * setgid bit that is set).
 */
void begin_as_caller_in_full(fuse_req_t req);

/* One of the two, to make a file of this mode, or to set the mode. */
void begin_with_mode(fuse_req_t req, mode_t mode);
/* To make a link to a file of this type: a symbolic link can be linked only by who may read everything. */
void begin_to_link(fuse_req_t req, mode_t type);

/*
 * Whether the call that had the result @res (-1 with errno for an error) has to be made once more, because it may have
 * failed for groups or capabilities that the caller has. They are in force then.
 */
bool again_as_caller(fuse_req_t req, int res);

/* Ends acting as the caller, and returns the errno of the call in between. */
int end_as_caller(int res);

/* Takes back what was just made for the caller, who gets an error. Removes no other user's file. */
void unmake(fuse_req_t req, fuse_ino_t parent, const char *name, int flags);

#endif
