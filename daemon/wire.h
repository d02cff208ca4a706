/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon needs from a raw request and libfuse does not pass on: the opcode, to count it,
 * and whether the kernel asks to remove the setuid and setgid bits.
 */
#ifndef FUSELENS_DAEMON_WIRE_H
#define FUSELENS_DAEMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_request {
	bool seen; /* false: the request did not come through the device, and the rest is not known */
	uint32_t opcode;
	uint32_t uid;
	uint64_t node;
	uint64_t unique;      /* number of the request */
	uint64_t interrupted; /* of an INTERRUPT: number of the request it means */
	uint64_t handle;      /* of a RELEASE or RELEASEDIR: what was opened */
	bool write_back;      /* a WRITE from the page cache, */
	uint64_t opener;      /* and what was opened for it */
	bool kill_suidgid;
	int fd; /* the device that takes the answer; whoever reads the request fills this in */
};

/* Returns false for a buffer too short to be a request. */
bool wire_peek(const void *buf, size_t len, struct wire_request *req);

/* "WRITE" for FUSE_WRITE; NULL for a number without a name. */
const char *wire_opcode_name(uint32_t opcode);

#define WIRE_MAX_OPCODE 64

#endif
