/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every inode the kernel knows holds a descriptor, and the kernel forgets only when memory is short,
 * which it may never be. Before descriptors run out, a thread asks the kernel to drop the names of
 * files that nobody has open; a FORGET for each is the answer.
 * The same thread does so, at any time, for files that were removed in the source.
 */
#ifndef FUSELENS_DAEMON_PRUNE_H
#define FUSELENS_DAEMON_PRUNE_H

#include "mirror.h"

/* @limit: how many descriptors this process may have. Returns 0 or an errno. */
int prune_start(struct mirror *m, struct fuse_session *se, size_t limit);

/* Ends the thread's work, and returns when it makes no more requests. Any thread may ask, also twice. */
void prune_end(struct mirror *m);
void prune_join(struct mirror *m);

/* After an inode was added: wakes the thread when it is time. */
void prune_if_needed(struct mirror *m);

/* Whether descriptors are to be saved now. */
bool prune_due(struct mirror *m);

/*
 * After an answer that added an inode: when the kernel forgets too slowly, keeps this worker a few
 * milliseconds from its next request. (Before the answer would be no good: a LOOKUP holds the lock of
 * the directory that the forgetting waits for.)
 */
void prune_pace(struct mirror *m);

/* When a descriptor could not be had: wakes it in any case. */
void prune_now(struct mirror *m);

#endif
