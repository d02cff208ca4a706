/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that have to wait for a user of the mirror or of its source: for a lock, for a lease, for
 * another piece of an append. They must not hold a worker: if all workers waited, none could serve
 * anybody. For each user, and owner of the files, a thread has them all and tries them in turn, first come, first
 * served.
 */
#ifndef FUSELENS_DAEMON_LATER_H
#define FUSELENS_DAEMON_LATER_H

#include "mirror.h"

/* The beginning of what a waiting request needs. */
struct later {
	struct later *next;
	fuse_req_t req;
	struct wire_request request; /* current_request, as it was when the request came */
	size_t size;		     /* of its data; set it before later_add() */
	/* Tries once, without waiting. Answers the request and returns true, or returns false. */
	bool (*try_once)(struct later *later);
	/* Frees it when the request has its answer. */
	void (*release)(struct later *later);
};

/*
 * Has @later tried until it succeeds, the request is interrupted, or the daemon ends. Takes it over
 * and returns 0, or returns an errno and leaves it to the caller: ENOMEM if the user has too many. The caller must
 * act as the daemon itself (creds_end()), since a thread begins with the rights of the one that starts it.
 */
int later_add(struct later *later);
/*
 * Fails every request that still waits, and ends the threads. No request may be served any more. Returns false
 * if a thread is still stuck in the source after so many seconds.
 */
bool later_stop(int seconds);

#endif
