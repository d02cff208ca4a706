/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way the I/O of an opened file goes, and the flags that say so to the kernel. Pure: the state
 * of the inode and the result of registering its backing file go in, a plan comes out.
 */
#ifndef FUSELENS_DAEMON_OPENFLAGS_H
#define FUSELENS_DAEMON_OPENFLAGS_H

#include <stdbool.h>
#include <stdint.h>

enum io_mode {
	IO_PASSTHROUGH, /* the kernel reads and writes the backing file itself */
	IO_DIRECT,	/* every read and write comes to the daemon: FOPEN_DIRECT_IO */
	IO_CACHED,	/* through the FUSE page cache */
};

/*
 * What the open files of one inode share. The kernel refuses (as EIO) a passthrough open while a
 * cached one exists, the reverse, and a second backing id; so the first open decides and the rest
 * follow until the last release.
 */
struct io_state {
	uint64_t users; /* opens that count on this state */
	enum io_mode mode;
	int32_t backing_id; /* 0: none */
};

struct open_policy {
	enum io_mode mode;
	bool parallel_writes;	  /* ask for FOPEN_PARALLEL_DIRECT_WRITES */
	bool require_passthrough; /* no fall-back */
};

struct open_plan {
	bool direct_io;
	bool parallel_direct_writes;
	int32_t backing_id;
};

/* Whether this open has to register a backing file before it can be planned. */
bool open_must_register(const struct open_policy *policy, const struct io_state *state);

/*
 * Counts one open in @state. @registered is what registering gave: an id above 0, a negated errno,
 * or 0 if open_must_register() said no. Returns 0, or the errno the open has to fail with; then
 * @state is untouched.
 */
int open_join(const struct open_policy *policy, struct io_state *state, int32_t registered,
	      struct open_plan *plan);

/* Ends one open. Returns the backing id that nobody uses any more, or 0. */
int32_t open_leave(struct io_state *state);

/*
 * The flags the daemon opens the source file with, given those of the user's open(2): what the
 * kernel does itself (O_APPEND by RWF_APPEND per write, since F_SETFL may change it; O_DIRECT,
 * because request buffers are not aligned) or must not be done twice is taken out.
 */
int source_open_flags(int user_flags);

#endif
