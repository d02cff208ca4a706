/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's inode table: one object per file of the source tree, found by (st_dev, st_ino).
 *
 * An inode stays in the table while the kernel knows it (nlookup) or a file is open on it (nopen).
 * Both are needed: a FORGET may overtake the RELEASE of a file that was open, and a lookup between
 * the two must find the same inode again, or one file would get two backing ids.
 *
 * Locking: inode_table.lock guards the hash chains, nlookup and nopen. inode.io_lock guards inode.io.
 * The two are never held together, and neither is held while a request is answered.
 */
#ifndef FUSELENS_DAEMON_INODE_H
#define FUSELENS_DAEMON_INODE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "append.h"
#include "names.h"
#include "openflags.h"

#define INODE_BATCH 128

struct inode_key {
	dev_t dev;
	ino_t ino;
};

struct inode {
	struct inode_key key;
	struct inode *next; /* hash chain */
	int fd;		    /* O_PATH; pins the source inode, so its number cannot be reused */
	mode_t type;	    /* S_IFMT bits */
	uint64_t generation;
	uint64_t nlookup;
	uint64_t nopen;
	struct names names;  /* none for the root */
	atomic_size_t *held; /* counts the inodes of who made the kernel know it; or NULL */

	pthread_mutex_t io_lock;
	struct io_state io;

	struct append append;

	atomic_int writers; /* opens for writing, */
	atomic_uint writer; /* and the user of the last one */

	/* A user may have mapped it for writing; the mapping outlives the close. */
	atomic_bool mapped;
	/* What the kernel believes, to our knowledge. */
	atomic_uint told_owner, told_group, told_mode;
	atomic_bool is_told; /* these */
	/* Rights may have changed since the kernel looked: these have, or there is an access control list. */
	atomic_bool must_ask;
};

struct inode_table {
	pthread_mutex_t lock;
	struct inode **chain;
	size_t nchain; /* a power of two */
	size_t count;
	uint64_t generation;
};

int inode_table_init(struct inode_table *table);

/*
 * The number by which the kernel knows an inode that is not the root, and back. Any user can read it from a file
 * handle (name_to_handle_at(2), AT_HANDLE_FID), so it is not the address in memory, which would help to attack us.
 */
uint64_t inode_node(const struct inode *inode);
struct inode *inode_of_node(uint64_t node);
/* Draws the secret for this. Call it before any inode is made. */
int inode_hide_addresses(void);

/* Ends the table. Closes every descriptor still held. No other thread may be using it. */
void inode_table_destroy(struct inode_table *table);

/*
 * Finds or makes the inode of @key and counts one lookup on it. Takes over @fd: the inode keeps it,
 * or it is closed if the inode already has one. Returns NULL, with @fd closed, if out of memory.
 * The inode was found as @name in @parent; @name may be NULL. A new one is counted in *@held as long as it lives, if
 * that is not NULL.
 */
struct inode *inode_lookup(struct inode_table *table, struct inode_key key, int fd, mode_t type,
			   uint64_t parent, const char *name, atomic_size_t *held);

/* Counts one more lookup, by this name, on an inode that is known to be in the table. */
void inode_found(struct inode_table *table, struct inode *inode, uint64_t parent, const char *name);

/* Subtracts @nlookup lookups; the inode may be gone afterwards. */
void inode_forget(struct inode_table *table, struct inode *inode, uint64_t nlookup);

/*
 * An open file holds its inode from inode_hold() to inode_drop(), even if the kernel forgets it
 * meanwhile.
 */
void inode_hold(struct inode_table *table, struct inode *inode);
void inode_drop(struct inode_table *table, struct inode *inode);

/*
 * What the kernel is to forget, as its protocol allows: nodes, since Linux 6.18, or each of their names.
 * The caller frees the names.
 */
struct inode_batch {
	bool by_node;
	size_t n; /* of nodes or names */
	union {
		uint64_t node[INODE_BATCH];
		struct inode_name name[INODE_BATCH];
	};
};

/*
 * Fills @batch with files that nobody has open; by name, with no directories. Begins at *@cursor, which
 * starts at 0, and moves it. The batch is empty at the end of the table. While the table grows, files may be
 * missed or come twice.
 */
void inode_unused(struct inode_table *table, size_t *cursor, struct inode_batch *batch);

/*
 * The same for files that have no name in the source any more. Looks at @budget files at most. At
 * the end of the table it returns, and the next call starts from the beginning.
 */
void inode_removed(struct inode_table *table, size_t *cursor, size_t budget,
		   struct inode_batch *batch);

/*
 * Holds the directory of a name until inode_drop(). NULL if the kernel has forgotten it: its node may be another's. The
 * root is not in the table: *@is_root tells, and NULL is returned.
 */
struct inode *inode_hold_directory(struct inode_table *table, const struct known_dir *dir,
				   bool *is_root);
/*
 * Opens what has this name in the directory @dirfd, by O_PATH and without following a link. Returns -1 with errno:
 * EXDEV where something is mounted.
 */
int open_name(int dirfd, const char *name);

/*
 * Whether the kernel may be told to drop a name of a file in the directory @dirfd: not if it is another's by now, nor
 * if that cannot be told. For with its name a directory would lose what is mounted in it.
 */
bool inode_may_drop_name(int dirfd, const struct inode_name *name);

/* The file of @key, if it is in the table, has this name now, and no longer @old in @oldparent. */
void inode_renamed(struct inode_table *table, struct inode_key key, uint64_t oldparent,
		   const char *old, uint64_t parent, const char *name);

size_t inode_count(struct inode_table *table);

#endif
