// SPDX-License-Identifier: GPL-2.0-only
/* Making the kernel forget; see prune.h. */
#include "prune.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mountinfo.h"
#include "users.h"

/* Linux 6.18; older headers lack it. */
#define NOTIFY_PRUNE 9
struct notify_prune {
	struct fuse_out_header head;
	uint32_t count, padding;
	uint64_t spare;
	uint64_t node[INODE_BATCH];
};

/* How long the end of the daemon waits for this thread. */
#define END_SECONDS 10

static size_t descriptors(struct mirror *m)
{
	return inode_count(&m->table) + m->stats.open_files + m->stats.open_dirs;
}

bool prune_due(struct mirror *m)
{
	return m->pruner.running && descriptors(m) >= m->pruner.high;
}

bool prune_leaves_too_few(struct mirror *m, size_t held)
{
	size_t limit = m->pruner.limit, used;

	if (held < limit / 2)
		return false;
	used = descriptors(m);
	return used >= limit || held / 7 >= limit - used;
}

void prune_if_needed(struct mirror *m)
{
	struct pruner *p = &m->pruner;

	if (!prune_due(m))
		return;
	pthread_mutex_lock(&p->lock);
	p->wanted = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

void prune_pace(struct mirror *m)
{
	struct pruner *p = &m->pruner;

	for (int ms = 0; ms < 10 && p->running && !p->stop; ms++) {
		if (descriptors(m) < p->high + p->high / 2)
			return;
		usleep(1000);
	}
}

void prune_now(struct mirror *m)
{
	struct pruner *p = &m->pruner;

	if (!p->running)
		return;
	pthread_mutex_lock(&p->lock);
	p->wanted = p->shortage = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

static void forget_nodes(struct mirror *m, const struct inode_batch *batch)
{
	struct notify_prune out = {.head.error = NOTIFY_PRUNE, .count = batch->n};

	out.head.len = offsetof(struct notify_prune, node) + batch->n * sizeof(batch->node[0]);
	memcpy(out.node, batch->node, batch->n * sizeof(batch->node[0]));
	/* A failure means the end of the mount, or no memory: the files are still there the next time. */
	if (write(m->dev, &out, out.head.len) < 0)
		return;
}

/* A directory of a user's own FUSE file system below the source: to look for a name there might take for ever. */
static bool may_not_answer(const struct mirror *m, const struct inode *dir)
{
	struct mount_line line;

	return dir->key.dev != m->root.key.dev && mount_line_find(mount_line_id(dir->fd), &line) &&
	       line.user != 0;
}

/*
 * For each name the kernel waits for the lock of its directory, which users can hold: whoever reads the
 * directory into memory that has no pages. A CREATE that we are serving may hold it, too, so no worker may
 * do this.
 */
static void forget_name(struct mirror *m, const struct inode_name *name)
{
	bool is_root;
	struct inode *held = inode_hold_directory(&m->table, &name->parent, &is_root);

	/* ENOENT: renamed meanwhile, or already dropped. */
	if ((is_root || (held && !may_not_answer(m, held))) &&
	    inode_may_drop_name(held ? held->fd : m->root.fd, name))
		fuse_lowlevel_notify_inval_entry(m->pruner.se, name->parent.node, name->name,
						 strlen(name->name));
	if (held)
		inode_drop(&m->table, held);
}

static void forget_names(struct mirror *m, const struct inode_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (!m->pruner.stop)
			forget_name(m, &batch->name[i]);
		free(batch->name[i].name);
	}
}

static void forget(struct mirror *m, const struct inode_batch *batch)
{
	if (!batch->n)
		return;
	if (batch->by_node)
		forget_nodes(m, batch);
	else
		forget_names(m, batch);
}

/* Goes through the table at most once, until few enough descriptors are in use. */
static void prune(struct mirror *m, size_t target)
{
	struct inode_batch batch = {.by_node = m->granted_prune};
	size_t cursor = 0;

	while (!m->pruner.stop && descriptors(m) > target) {
		inode_unused(&m->table, &cursor, &batch);
		if (!batch.n)
			return;
		forget(m, &batch);
		atomic_fetch_add(&m->stats.pruned, batch.n);
	}
}

#define SWEEP_EACH 20000

/*
 * A file that was removed in the source keeps its space while we hold a descriptor on it, and the
 * kernel may remember it for days. So a part of the table is searched each second.
 */
static void sweep(struct mirror *m, size_t *cursor)
{
	struct inode_batch batch = {.by_node = m->granted_prune};

	for (size_t seen = 0; seen < SWEEP_EACH && !m->pruner.stop; seen += SWEEP_EACH / 20) {
		inode_removed(&m->table, cursor, SWEEP_EACH / 20, &batch);
		forget(m, &batch);
		if (*cursor == 0)
			return;
	}
}

static void *prune_main(void *arg)
{
	struct mirror *m = arg;
	struct pruner *p = &m->pruner;
	size_t target, cursor = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		if (!p->wanted) {
			struct timespec until;
			int err;

			clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_sec++;
			err = pthread_cond_timedwait(&p->changed, &p->lock, &until);
			if (err == ETIMEDOUT && !p->stop) {
				pthread_mutex_unlock(&p->lock);
				sweep(m, &cursor);
				users_read(USERS_FILE);
				pthread_mutex_lock(&p->lock);
			}
			continue;
		}
		/* The limit may be lower than it was when we started. */
		target = p->shortage ? descriptors(m) / 2 : p->low;
		p->wanted = p->shortage = false;
		pthread_mutex_unlock(&p->lock);
		prune(m, target);
		pthread_mutex_lock(&p->lock);
	}
	p->ended = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int prune_start(struct mirror *m, struct fuse_session *se, size_t limit)
{
	struct pruner *p = &m->pruner;
	pthread_condattr_t attr;
	int err;

	p->se = se;
	p->limit = limit;
	p->high = limit / 2;
	p->low = limit / 4;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&p->thread, NULL, prune_main, m);
	p->running = err == 0;
	return err;
}

bool prune_end(struct mirror *m)
{
	struct pruner *p = &m->pruner;
	struct timespec until;
	int err = 0;

	if (!p->running)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += END_SECONDS;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->changed);
	while (!p->ended && err == 0)
		err = pthread_cond_timedwait(&p->changed, &p->lock, &until);
	pthread_mutex_unlock(&p->lock);
	return err == 0;
}

void prune_join(struct mirror *m)
{
	struct pruner *p = &m->pruner;

	if (!p->running)
		return;
	pthread_join(p->thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
}
