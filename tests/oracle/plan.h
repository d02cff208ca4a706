/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plan: who writes what, how, and to which files. It is drawn only from a seed. The same seed
 * with the same stores and classes gives the same plan on every machine.
 */
#ifndef ORACLE_PLAN_H
#define ORACLE_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What a plan may be made of. If a class is left out, the parts that do not use it stay as they
 * are. A plan that fails can so be made smaller, one class after the other.
 */
#define ORACLE_CLASSES(X)                                                               \
	X(VECTORS, "vectors", "pwritev2() of several buffers, with its flags")          \
	X(AIO, "aio", "libaio's system calls")                                          \
	X(URING, "uring", "io_uring")                                                   \
	X(SQPOLL, "sqpoll", "io_uring with a submitting kernel thread")                 \
	X(FIXED, "fixed", "io_uring with registered buffers")                           \
	X(LINKED, "linked", "io_uring requests in chains")                              \
	X(FORCED, "forced", "io_uring requests forced into workers")                    \
	X(CANCEL, "cancel", "io_uring requests that are cancelled on their way")        \
	X(SPLICE, "splice", "splice() from a pipe")                                     \
	X(READS, "reads", "reads among the writes of a queue")                          \
	X(READER, "reader", "a buffered reader beside the writers")                     \
	X(MAPPED, "mapped", "a mapping of the file, read beside the writers")           \
	X(STORES, "stores", "a mapping of the file, written to beside the writers")     \
	X(BUFFERED, "buffered", "writes without O_DIRECT")                              \
	X(APPEND, "append", "O_APPEND and RWF_APPEND")                                  \
	X(SYNCED, "synced", "O_DSYNC, O_SYNC and RWF_DSYNC")                            \
	X(SETFL, "setfl", "F_SETFL of O_DIRECT and O_APPEND")                           \
	X(PASTEOF, "pasteof", "writes past the end of the file")                        \
	X(UNALIGNED, "unaligned", "writes of 512 bytes, below the file system's block") \
	X(HOLES, "holes", "sparse and preallocated files")                              \
	X(REFLINK, "reflink", "files that share their blocks with another")             \
	X(FULL, "full", "a disk that is nearly full")                                   \
	X(BADBUF, "badbuf", "buffers that are not mapped")                              \
	X(BADALIGN, "badalign", "offsets and lengths that O_DIRECT refuses")            \
	X(EMPTY, "empty", "writes of nothing")                                          \
	X(TRUNCATE, "truncate", "truncates while others write")                         \
	X(RENAME, "rename", "renames")                                                  \
	X(REPLACE, "replace", "files unlinked and made anew, inode numbers reused")     \
	X(REOPEN, "reopen", "files closed and opened again")                            \
	X(HUGE, "huge", "writes of more than max_write")                                \
	X(SIGNALS, "signals", "signals that interrupt")                                 \
	X(FSIZE, "fsize", "a limit on the size of files")                               \
	X(CROWD, "crowd", "several writers at once")                                    \
	X(THREADS, "threads", "threads of one process among them")                      \
	X(MOUNTS, "mounts", "files on several mounts")                                  \
	X(ONEFILE, "onefile", "one file as the target, others written beside")          \
	X(DIRECT, "direct", "mounts in direct mode")                                    \
	X(CACHED, "cached", "mounts in cached mode")                                    \
	X(HALFBUF, "halfbuf", "buffers of which the second half is not mapped")

#define ORACLE_CLASS_ENUM(id, name, what) CLASS_##id,
enum oracle_class { ORACLE_CLASSES(ORACLE_CLASS_ENUM) CLASSES };
#define CLASS_BIT(id) (1ull << CLASS_##id)

extern const char *const oracle_class_name[CLASSES];
extern const char *const oracle_class_what[CLASSES];

enum mode { MODE_PASSTHROUGH, MODE_DIRECT, MODE_CACHED, MODES };
enum layout {
	LAYOUT_WRITTEN,
	LAYOUT_EMPTY,
	LAYOUT_PREALLOCATED,
	LAYOUT_SPARSE,
	LAYOUT_STRIPED, /* every second 64 KiB written */
	LAYOUT_REFLINKED,
	LAYOUTS,
};
enum engine_id {
	ENGINE_PWRITE,
	ENGINE_WRITE,
	ENGINE_VECTORS,
	ENGINE_AIO,
	ENGINE_URING,
	ENGINE_SPLICE,
	ENGINES,
};
enum beside { BESIDE_READER, BESIDE_MAPPED, BESIDE_STORES, BESIDES };

extern const char *const mode_name[MODES];
extern const char *const layout_name[LAYOUTS];
extern const char *const engine_name[ENGINES];
extern const char *const beside_name[BESIDES];

#define PLAN_STORES 8
#define PLAN_MOUNTS 3
#define PLAN_FILES  6
#define PLAN_ACTORS 4
#define PLAN_RUNS   3
#define PLAN_ASIDE  2

struct plan_mount {
	uint32_t store; /* into the list that the plan was made for */
	enum mode mode;
};

struct plan_file {
	uint32_t mount;
	uint32_t half; /* of a store that is two file systems */
	enum layout layout;
	uint64_t size;
};

struct plan_run {
	uint32_t file;
	enum engine_id engine;
	int open_flags; /* beside O_RDWR */
	uint32_t writes;
	uint32_t unit; /* offsets and lengths are multiples of it */
	uint32_t max_units;
	uint32_t depth;
	uint64_t span; /* where it writes */
	bool sequential;
	bool sqpoll, fixed;
	/* how many of a thousand operations are this (for flags: have it) */
	uint32_t reads, past_eof, bad_buffer, half_buffer, bad_align, empty, truncate, rename,
		replace, reopen, setfl, append_flag, dsync_flag, linked, forced, cancel, huge;
};

struct plan_actor {
	uint32_t process; /* actors of the same number are threads of one process */
	uint32_t runs;
	struct plan_run run[PLAN_RUNS];
};

struct plan_aside {
	enum beside kind;
	uint32_t file;
};

struct plan {
	uint64_t seed;
	uint64_t allowed; /* CLASS_BIT()s */
	uint64_t used;	  /* classes that this plan uses */
	bool one_file;	  /* the target is file 0, not the mounts */
	bool full_disk;
	uint64_t room; /* left on the full disk, bytes */
	uint32_t mounts, files, actors, aside, processes;
	uint64_t signals;    /* bit p: process p is interrupted all the time */
	uint64_t size_limit; /* of process 0; 0: none */
	struct plan_mount mount[PLAN_MOUNTS];
	struct plan_file file[PLAN_FILES];
	struct plan_actor actor[PLAN_ACTORS];
	struct plan_aside beside[PLAN_ASIDE];
};

/* What to draw a plan for; percent scales the number of writes. */
struct plan_wish {
	uint64_t seed;
	uint64_t allowed;
	uint32_t percent;
	uint32_t stores;
	const char *store[PLAN_STORES];
};

void plan_make(struct plan *p, const struct plan_wish *wish);
void plan_print(const struct plan *p, const struct plan_wish *wish, FILE *out);

enum op_kind {
	OP_WRITE,
	OP_READ,
	OP_TRUNCATE,
	OP_RENAME,
	OP_REPLACE,
	OP_REOPEN,
	OP_SETFL,
};
enum op_buffer { BUFFER_GOOD, BUFFER_UNMAPPED, BUFFER_HALF };

struct op {
	enum op_kind kind;
	uint64_t offset;
	uint32_t length;
	enum op_buffer buffer;
	int rw_flags;
	int set_flags; /* of OP_SETFL: what to set beside the run's own, or take away */
	bool linked, forced, cancel;
};

/* The i-th operation of a run. The writes are those of kind OP_WRITE. */
void plan_op(const struct plan *p, uint32_t actor, uint32_t run, uint32_t i, struct op *op);

#define OP_LENGTH_MAX (3u << 20)

#endif
