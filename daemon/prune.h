/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every inode that the kernel knows holds a descriptor, and the kernel forgets inodes only when
 * memory is short, perhaps never. Before descriptors run out, a thread asks the kernel to drop files that
 * nobody has open. The kernel answers with a FORGET for each. The same thread does this, at any time, for
 * files that were removed in the source.
 */
#ifndef FUSELENS_DAEMON_PRUNE_H
#define FUSELENS_DAEMON_PRUNE_H

#include "mirror.h"

/* @limit: how many descriptors this process may have. Returns 0 or an errno. */
int prune_start(struct mirror *m, struct fuse_session *se, size_t limit);

/*
 * Ends the thread's work. Returns true when it makes no more requests; false if a user holds it up, after
 * ten seconds. Any thread may call this, even twice.
 */
bool prune_end(struct mirror *m);
/* To be called only when prune_end() has returned true. */
void prune_join(struct mirror *m);

/* Call this after an inode was added: wakes the thread if necessary. */
void prune_if_needed(struct mirror *m);

/*
 * Whether somebody who holds @held descriptors must get no more: he has at least half of all, and seven times as many
 * as are left for others.
 */
bool prune_leaves_too_few(struct mirror *m, size_t held);

/* Whether descriptors must be saved now. */
bool prune_due(struct mirror *m);

/*
 * Call this after an answer that added an inode. If the kernel forgets too slowly, it delays this
 * worker's next request by a few milliseconds. (It must not delay the answer: a LOOKUP holds the
 * lock of the directory, for which the forgetting waits.)
 */
void prune_pace(struct mirror *m);

/* Call this when no descriptor was left: wakes the thread in any case. */
void prune_now(struct mirror *m);

#endif
