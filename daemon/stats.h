/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's counters, and the report that SIGUSR1 asks for. */
#ifndef FUSELENS_DAEMON_STATS_H
#define FUSELENS_DAEMON_STATS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "wire.h"

struct stats {
	atomic_uint_fast64_t opens;		/* files opened, created and tmpfiles */
	atomic_uint_fast64_t open_files;	/* of these, open now */
	atomic_uint_fast64_t open_dirs;		/* open now */
	atomic_uint_fast64_t backing_opened;	/* backing ids the kernel gave */
	atomic_uint_fast64_t backing_live;	/* of these, not yet given back */
	atomic_uint_fast64_t backing_failed;	/* registrations the kernel refused */
	atomic_uint_fast64_t pruned;		/* names the kernel was asked to drop */
	atomic_uint_fast64_t opens_passthrough; /* opens by the way their I/O goes */
	atomic_uint_fast64_t opens_direct;
	atomic_uint_fast64_t opens_cached;
	atomic_uint_fast64_t upcall[WIRE_MAX_OPCODE];
	atomic_uint_fast64_t upcall_other; /* opcodes above those */
};

void stats_upcall(struct stats *stats, uint32_t opcode);

/*
 * "NAME VALUE" lines: the counters above, `inodes`, then `upcall_NAME` for every opcode that has a
 * name. @serial counts the reports, so that a reader can tell a new one from the last.
 */
void stats_print(FILE *out, struct stats *stats, uint64_t inodes, uint64_t serial);

/* Writes the report to @path, whole or not at all. Returns 0 or a negated errno; ELOOP as path_open_parent(). */
int stats_write(const char *path, struct stats *stats, uint64_t inodes, uint64_t serial);

#endif
