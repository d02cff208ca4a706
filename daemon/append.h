/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Appending at the source's end. The kernel turns a write to a file with O_APPEND into requests at its
 * own idea of the file's end, which the source may have moved. A write larger than a request comes in
 * pieces, and those of an asynchronous direct one at the same time and in any order. So each piece is
 * appended to the source, and a piece that follows another waits for it.
 *
 * The kernel holds the inode's lock through an append, so that the pieces under way belong to one.
 */
#ifndef FUSELENS_DAEMON_APPEND_H
#define FUSELENS_DAEMON_APPEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct append {
	/*
	 * A first piece lies at the kernel's idea of the end, which we know but for a race of two
	 * replies. So a piece that nothing comes before is taken for a first one after this many ms.
	 */
	int patience;
	atomic_llong kernel_size; /* the file's size as the kernel has it, to our knowledge */

	pthread_mutex_t lock; /* guards the rest, and is held while a piece is written */
	pthread_cond_t moved;
	off_t next; /* where the last piece ended, in the kernel's offsets; -1: none */
	int failed; /* errno of the last piece: what follows it fails, too */
};

void append_init(struct append *a);
void append_destroy(struct append *a);

/* The kernel was told a size. */
void append_told(struct append *a, off_t size);
/* The kernel will take the file for at least this large: something ended at @end. */
void append_reached(struct append *a, off_t end);

/*
 * Before a piece that the kernel sent for @off: waits for the one before it. Returns 0 with the state
 * locked, or the errno that the piece has to fail with, unlocked.
 */
int append_begin(struct append *a, off_t off, size_t size);
/* After it: @done bytes were written, and @err is why not more. */
void append_end(struct append *a, off_t off, size_t size, size_t done, int err);

#endif
