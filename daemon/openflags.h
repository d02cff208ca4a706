/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way the I/O of an opened file goes, and the flags that tell the kernel. Pure: computes a
 * plan from the inode's state and the result of registering its backing file.
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
 * cached one exists, the reverse, and a second backing id. So the first open decides, and the
 * others follow until the last release.
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

/*
 * What an open asks for. A file that may only be appended to (chattr +a) must not be mapped for
 * writing. The kernel refuses that by a flag of the inode, which FUSE inodes do not have. But it
 * refuses any shared mapping of a file with direct I/O. So such files are served in this way.
 */
struct open_request {
	bool append_only;
	bool could_map; /* opened for reading and writing */
};

/* Whether this open has to register a backing file before it can be planned. */
bool open_must_register(const struct open_policy *policy, const struct io_state *state,
			struct open_request request);

/*
 * Counts one open in @state. @registered is the result of registering: an id above 0, a negated
 * errno, or 0 if open_must_register() said no. Returns 0, or the errno with which the open has to
 * fail; @state is then unchanged.
 */
int open_join(const struct open_policy *policy, struct io_state *state, struct open_request request,
	      int32_t registered, struct open_plan *plan);

/* Ends one open. Returns the backing id that nobody uses any more, or 0. */
int32_t open_leave(struct io_state *state);

/*
 * The flags with which the daemon opens the source file, from those of the user's open(2). Left out
 * are flags whose work must not be done twice, O_APPEND (RWF_APPEND replaces it per write, because
 * F_SETFL may change it), and O_DIRECT (request buffers are not aligned).
 */
int source_open_flags(int user_flags);

#endif
