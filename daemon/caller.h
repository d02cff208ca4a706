/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent a request. The request itself names the user and group. Capabilities and supplementary groups are looked
 * up by the sender's process id, and count only while the task with this id has that user and group.
 */
#ifndef FUSELENS_DAEMON_CALLER_H
#define FUSELENS_DAEMON_CALLER_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 17)
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether the caller has the capability @cap in our user namespace. False if that cannot be known. */
bool caller_is_capable(fuse_req_t req, int cap);

/* All of them, a bit for each; 0 if they cannot be known. */
unsigned long long caller_capabilities(fuse_req_t req);

/* Whether the caller is in the group @gid. False if that cannot be known. */
bool caller_in_group(fuse_req_t req, gid_t gid);

/*
 * Whether the source gives the caller the rights @mask (see access(2)) to the file that is open at @fd. True if the
 * caller's groups cannot be known.
 */
bool caller_may(fuse_req_t req, int fd, int mask);

/* Gives this thread the caller's supplementary groups; see creds_groups(). Returns false if they cannot be known. */
bool caller_lend_groups(fuse_req_t req);

#endif
