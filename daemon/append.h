/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Appending at the source's end of file. The kernel turns a write to a file with O_APPEND into
 * requests at the end of file that it knows, and the source's users may have moved that end. A
 * write that is larger than a request comes in pieces. The pieces of an asynchronous direct write
 * come at the same time and in any order. So each piece is appended to the source, after waiting
 * for the piece before it.
 *
 * The kernel holds the inode's lock through an append, so all pieces under way belong to one
 * append.
 */
#ifndef FUSELENS_DAEMON_APPEND_H
#define FUSELENS_DAEMON_APPEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct append {
	atomic_llong kernel_size; /* the file's size as the kernel has it, to our knowledge */

	pthread_mutex_t lock; /* guards the rest, and is held while a piece is written */
	pthread_cond_t moved;
	off_t next; /* end of the last piece, in the kernel's offsets; -1: none */
	int failed; /* errno of the last piece: the pieces after it fail, too */
};

void append_init(struct append *a);
void append_destroy(struct append *a);

/* The kernel has learned this size. */
void append_told(struct append *a, off_t size);
/* The kernel will take the file to be at least this large: a write ended at @end. */
void append_reached(struct append *a, off_t end);

/*
 * A first piece lies at the end of file that the kernel knows. We know this place, too, unless two
 * replies race, or the write does not append at all (RWF_NOAPPEND). So a piece without a predecessor
 * is taken for a first one after this many ms.
 */
#define APPEND_PATIENCE_MS 5000

/*
 * Call this before writing a piece that the kernel sent for @off: waits up to @ms for the piece before
 * it. Returns 0 with the state locked, or unlocked the errno with which the piece has to fail. If that
 * piece has not come, returns EAGAIN, or 0 if this is the @last time to ask. Does not wait at all for
 * another piece's write if @ms is 0.
 */
int append_begin(struct append *a, off_t off, size_t size, int ms, bool last);
/* Call this after writing it: @done bytes were written, and @err says why not more. */
void append_end(struct append *a, off_t off, size_t size, size_t done, int err);

#endif
