/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call-site map: each call by which fs/fuse takes the inode lock or fi->lock, found in the machine code
 * of the functions on the write path. The map is evidence without any I/O: if no function of the passthrough
 * write path calls down_read(), that path cannot take the lock shared.
 */
#ifndef FL_CALLSITE_MAP_H
#define FL_CALLSITE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"
#include "kernel/callsite_decode.h"
#include "kernel/kallsyms.h"
#include "snapshot/snapshot.h"

/* Whether a call may come back without the lock; if so, what it returns when it has the lock. */
enum fl_tries {
	FL_TRIES_NOT,	  /* it always has the lock */
	FL_TRIES_NONZERO, /* not 0, as trylocks do */
	FL_TRIES_ZERO,	  /* 0, as killable and interruptible calls do */
};

struct fl_callsite {
	char function[64];
	__u64 offset; /* of the call instruction in the function */
	__u64 address;
	__u8 size; /* of the call instruction: the return address is address + size */
	/*
	 * Where a probe finds the lock's address: the first argument, or for a spin lock that is compiled into
	 * the function the register of this number.
	 */
	bool inlined;
	__u8 lock_register;
	char callee[48]; /* "down_write", "_raw_spin_lock" */
	enum fl_site_role role;
	/* Bit per enum fl_route whose write path comes here; 0: not on a write path. */
	__u32 routes;
	bool merged; /* one call does both exclusive takes and upgrades, so they cannot be told apart */
	enum fl_tries tries;
	/* An instruction in the same straight line before it, to calibrate a probe pair; 0: none. */
	__u64 calibrate_at;
	struct fl_early early;	       /* a probe there counts the same takes for less */
	bool completes;		       /* each completion of a write comes here once */
	__u64 covered[FL_MAX_COVERED]; /* see fl_code_covered() */
	__u8 ncovered;
};

/* A function that was looked into. */
struct fl_mapped_function {
	char name[64];
	__u64 address, size;
	__u32 routes;
	bool spins;	     /* takes fi->lock ... */
	bool spin_avoidable; /* ... but there is a way through without */
	bool livepatched;    /* the code is a livepatch's; address is that code's */
};

struct fl_callsite_map {
	struct fl_callsite *site;
	size_t nsites;
	struct fl_mapped_function *function;
	size_t nfunctions;
	/* Offset of fi->lock in struct fuse_inode, as fuse_write_update_attr() uses it; -1: not seen. */
	__s64 fi_lock_offset;
};

/* Where the locks lie in their structures, from BTF; -1 where not known. */
struct fl_lock_offsets {
	__s64 i_rwsem;
	__s64 fi_lock;
};

/* A function whose calls run another's code: a livepatch replaced it. */
struct fl_redirect {
	__u64 from, to;
};

/* The kernel's text. */
struct fl_text {
	fl_machine machine;
	const struct fl_symbols *symbols;
	/* Reads len bytes at addr. Returns 0, or -1 with err set. */
	int (*read)(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err);
	void *ctx;
	const struct fl_redirect *redirect; /* code is read where calls of a function really go */
	size_t nredirects;
};

/*
 * Builds the map; the caller frees it with fl_callsite_map_free(). Functions that this kernel lacks are
 * skipped. Returns 0, or -1 with err set where fuse_file_write_iter() cannot be read.
 */
int fl_callsite_map_build(struct fl_callsite_map *map, const struct fl_text *text,
			  const struct fl_lock_offsets *at, struct fl_err *err);
void fl_callsite_map_free(struct fl_callsite_map *map);

/* Whether writes on a route can take the inode lock shared, as the map shows it. */
enum fl_can fl_callsite_can(const struct fl_callsite_map *map, enum fl_route route);
/*
 * Which fs/fuse this is: "stock", "v1-1", "v1", "v3", "next", or "unknown" where the map fits none of
 * them. map may be NULL.
 */
const char *fl_variant_name(const struct fl_callsite_map *map);

#endif
