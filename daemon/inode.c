// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's inode table; see inode.h for the life of an inode and the lock order. */
#include "inode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hash.h"

#define FIRST_CHAINS 1024
#define ROOT_NODE    1

static uint64_t node_secret;

int inode_hide_addresses(void)
{
	uint64_t drawn;

	if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
		return -1;
	/* Larger than any address, so that it never makes 0 or the root's number of one; and no negative number. */
	node_secret = drawn >> 2 | UINT64_C(1) << 62;
	return 0;
}

uint64_t inode_node(const struct inode *inode)
{
	return (uintptr_t)inode ^ node_secret;
}

struct inode *inode_of_node(uint64_t node)
{
	return (struct inode *)(uintptr_t)(node ^ node_secret);
}

int inode_table_init(struct inode_table *table)
{
	table->chain = calloc(FIRST_CHAINS, sizeof(*table->chain));
	if (!table->chain)
		return -1;
	table->nchain = FIRST_CHAINS;
	table->count = 0;
	table->generation = 0;
	pthread_mutex_init(&table->lock, NULL);
	return 0;
}

static void inode_free(struct inode *inode)
{
	if (inode->fd >= 0)
		close(inode->fd);
	if (inode->held)
		atomic_fetch_sub(inode->held, 1);
	pthread_mutex_destroy(&inode->io_lock);
	append_destroy(&inode->append);
	names_free(&inode->names);
	free(inode);
}

void inode_table_destroy(struct inode_table *table)
{
	for (size_t i = 0; i < table->nchain; i++) {
		while (table->chain[i]) {
			struct inode *inode = table->chain[i];

			table->chain[i] = inode->next;
			inode_free(inode);
		}
	}
	free(table->chain);
	table->chain = NULL;
	table->nchain = 0;
	table->count = 0;
	pthread_mutex_destroy(&table->lock);
}

/* Doubles the table. A failure is no error: chains only get longer. */
static void grow(struct inode_table *table)
{
	size_t nchain = table->nchain * 2;
	struct inode **chain = calloc(nchain, sizeof(*chain));

	if (!chain)
		return;
	for (size_t i = 0; i < table->nchain; i++) {
		while (table->chain[i]) {
			struct inode *inode = table->chain[i];
			size_t to = hash_of(inode->key.dev, inode->key.ino, nchain);

			table->chain[i] = inode->next;
			inode->next = chain[to];
			chain[to] = inode;
		}
	}
	free(table->chain);
	table->chain = chain;
	table->nchain = nchain;
}

static struct inode **find(struct inode_table *table, struct inode_key key)
{
	struct inode **at = &table->chain[hash_of(key.dev, key.ino, table->nchain)];

	while (*at && ((*at)->key.ino != key.ino || (*at)->key.dev != key.dev))
		at = &(*at)->next;
	return at;
}

static struct inode *inode_new(struct inode_key key, int fd, mode_t type)
{
	struct inode *inode = calloc(1, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->key = key;
	inode->fd = fd;
	inode->type = type;
	pthread_mutex_init(&inode->io_lock, NULL);
	append_init(&inode->append);
	return inode;
}

/* Of a directory in which the kernel has just looked a name up, so that it knows it. */
static struct known_dir known_dir(uint64_t node)
{
	const struct inode *dir = node == ROOT_NODE ? NULL : inode_of_node(node);

	return dir ? (struct known_dir){node, dir->generation, dir->key.dev, dir->key.ino}
		   : (struct known_dir){.node = node};
}

static void add_name(struct inode *inode, uint64_t parent, const char *name)
{
	const struct known_dir dir = known_dir(parent);

	names_add(&inode->names, &dir, name);
}

struct inode *inode_lookup(struct inode_table *table, struct inode_key key, int fd, mode_t type,
			   uint64_t parent, const char *name, atomic_size_t *held)
{
	struct inode *inode;
	struct inode **at;
	bool known = true;

	pthread_mutex_lock(&table->lock);
	at = find(table, key);
	inode = *at;
	if (!inode) {
		known = false;
		inode = inode_new(key, fd, type);
		if (inode) {
			/*
			 * The address of a freed node may be used again. The generation tells the
			 * two nodes apart in file handles.
			 */
			inode->generation = ++table->generation;
			inode->held = held;
			if (held)
				atomic_fetch_add(held, 1);
			*at = inode;
			if (++table->count > table->nchain)
				grow(table);
		}
	}
	if (inode) {
		inode->nlookup++;
		if (name)
			add_name(inode, parent, name);
	}
	pthread_mutex_unlock(&table->lock);

	if (known || !inode)
		close(fd);
	return inode;
}

/* Takes @inode out of the table when nobody uses it any more, and returns it to be freed. */
static struct inode *unlink_if_unused(struct inode_table *table, struct inode *inode)
{
	if (inode->nlookup || inode->nopen)
		return NULL;
	*find(table, inode->key) = inode->next;
	table->count--;
	return inode;
}

void inode_found(struct inode_table *table, struct inode *inode, uint64_t parent, const char *name)
{
	pthread_mutex_lock(&table->lock);
	inode->nlookup++;
	add_name(inode, parent, name);
	pthread_mutex_unlock(&table->lock);
}

void inode_forget(struct inode_table *table, struct inode *inode, uint64_t nlookup)
{
	struct inode *dead;

	pthread_mutex_lock(&table->lock);
	inode->nlookup -= nlookup < inode->nlookup ? nlookup : inode->nlookup;
	dead = unlink_if_unused(table, inode);
	pthread_mutex_unlock(&table->lock);
	if (dead)
		inode_free(dead);
}

void inode_hold(struct inode_table *table, struct inode *inode)
{
	pthread_mutex_lock(&table->lock);
	inode->nopen++;
	pthread_mutex_unlock(&table->lock);
}

void inode_drop(struct inode_table *table, struct inode *inode)
{
	struct inode *dead;

	pthread_mutex_lock(&table->lock);
	inode->nopen--;
	dead = unlink_if_unused(table, inode);
	pthread_mutex_unlock(&table->lock);
	if (dead)
		inode_free(dead);
}

/* The caller holds the table's lock, so the inode can't go; the kernel ignores a node that it does not know. */
static void add(struct inode_batch *batch, const struct inode *inode)
{
	if (batch->by_node)
		batch->node[batch->n++] = inode_node(inode);
	else
		for (size_t n = names_copy(&inode->names, batch->name + batch->n,
					   INODE_BATCH - batch->n);
		     n; n--, batch->n++) {
			batch->name[batch->n].dev = inode->key.dev;
			batch->name[batch->n].ino = inode->key.ino;
		}
}

struct inode *inode_hold_directory(struct inode_table *table, const struct known_dir *dir,
				   bool *is_root)
{
	struct inode *inode = NULL;

	*is_root = dir->node == ROOT_NODE;
	if (*is_root)
		return NULL;
	pthread_mutex_lock(&table->lock);
	inode = *find(table, (struct inode_key){dir->dev, dir->ino});
	if (inode && inode->generation != dir->generation)
		inode = NULL;
	if (inode)
		inode->nopen++;
	pthread_mutex_unlock(&table->lock);
	return inode;
}

int open_name(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}

bool inode_may_drop_name(int dirfd, const struct inode_name *name)
{
	/* What is mounted at the name is not asked: a user's file system may refuse us, or never answer. */
	int fd = open_name(dirfd, name->name);
	struct stat st;
	bool same;

	if (fd < 0)
		return errno == ENOENT;
	same = fstat(fd, &st) == 0 && st.st_dev == name->dev && st.st_ino == name->ino;
	close(fd);
	return same;
}

void inode_unused(struct inode_table *table, size_t *cursor, struct inode_batch *batch)
{
	batch->n = 0;
	pthread_mutex_lock(&table->lock);
	/*
	 * Takes whole chains, so that the cursor is a chain's number; a batch is much longer than a
	 * chain.
	 */
	while (*cursor < table->nchain && batch->n < INODE_BATCH) {
		struct inode *inode = table->chain[(*cursor)++];

		for (; inode && batch->n < INODE_BATCH; inode = inode->next) {
			/* By its name, a directory would lose what is mounted in it. */
			if (!inode->nopen && (batch->by_node || !S_ISDIR(inode->type)))
				add(batch, inode);
		}
	}
	pthread_mutex_unlock(&table->lock);
}

static bool has_no_name(const struct inode *inode)
{
	struct statx st;

	/* Use only what is known without asking a server: the lock is held here. */
	return statx(inode->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_NLINK, &st) == 0 &&
	       st.stx_mask & STATX_NLINK && st.stx_nlink == 0;
}

void inode_removed(struct inode_table *table, size_t *cursor, size_t budget,
		   struct inode_batch *batch)
{
	size_t seen = 0;

	batch->n = 0;
	pthread_mutex_lock(&table->lock);
	while (*cursor < table->nchain && batch->n < INODE_BATCH && seen < budget) {
		struct inode *inode = table->chain[(*cursor)++];

		for (; inode && batch->n < INODE_BATCH; inode = inode->next) {
			seen++;
			if (!inode->nopen && (batch->by_node || inode->names.first) &&
			    has_no_name(inode))
				add(batch, inode);
		}
	}
	if (*cursor >= table->nchain)
		*cursor = 0;
	pthread_mutex_unlock(&table->lock);
}

void inode_renamed(struct inode_table *table, struct inode_key key, uint64_t oldparent,
		   const char *old, uint64_t parent, const char *name)
{
	struct inode *inode;

	pthread_mutex_lock(&table->lock);
	inode = *find(table, key);
	if (inode) {
		const struct known_dir was = known_dir(oldparent);

		names_remove(&inode->names, &was, old);
		add_name(inode, parent, name);
	}
	pthread_mutex_unlock(&table->lock);
}

size_t inode_count(struct inode_table *table)
{
	size_t count;

	pthread_mutex_lock(&table->lock);
	count = table->count;
	pthread_mutex_unlock(&table->lock);
	return count;
}
