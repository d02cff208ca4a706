// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations of a run and their results. Names change and files are opened under the file's
 * lock, so that each descriptor's ledger entry is known.
 */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

static struct ledger_entry *current_entry(const struct job *j)
{
	return &j->ledger->entry[j->ledger->current[j->run->file]];
}

/* The current name of a file. */
static void name_now(const struct job *j, char name[PLACE_NAME])
{
	place_name(j->plan, j->run->file, j->ledger->changes[j->run->file], name);
}

static int open_named(struct job *j, const char *name, int flags)
{
	char path[PLACE_PATH];
	int fd;

	place_path(j->place, j->plan, j->run->file, "mnt", name, path);
	do {
		fd = open(path, flags | O_CLOEXEC, 0644);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

static void open_current(struct job *j)
{
	char name[PLACE_NAME];

	pthread_mutex_lock(&j->ledger->lock[j->run->file]);
	name_now(j, name);
	j->fd = open_named(j, name, O_RDWR | j->run->open_flags);
	j->entry = current_entry(j);
	pthread_mutex_unlock(&j->ledger->lock[j->run->file]);
	if (j->fd < 0 && errno != ENOSPC)
		ledger_fault(j->ledger, "open %s: errno %d", name, errno);
}

static void reopen(struct job *j)
{
	if (j->fd >= 0)
		close(j->fd);
	open_current(j);
}

static void rename_current(struct job *j)
{
	struct ledger *l = j->ledger;
	uint32_t file = j->run->file;
	char from[PLACE_PATH], to[PLACE_PATH], name[PLACE_NAME];

	pthread_mutex_lock(&l->lock[file]);
	name_now(j, name);
	place_path(j->place, j->plan, file, "mnt", name, from);
	l->changes[file]++;
	name_now(j, name);
	place_path(j->place, j->plan, file, "mnt", name, to);
	ledger_name(current_entry(j), name);
	if (rename(from, to)) {
		/* a full disk has no room for names */
		if (errno != ENOSPC && errno != EINTR)
			ledger_fault(l, "rename to %s: errno %d", name, errno);
		l->changes[file]--;
	}
	pthread_mutex_unlock(&l->lock[file]);
}

/* Unlinks the file and makes another one, which may get its inode number. */
static void replace_current(struct job *j)
{
	struct ledger *l = j->ledger;
	uint32_t file = j->run->file;
	char path[PLACE_PATH], name[PLACE_NAME];
	struct stat st;
	int fd = -1;

	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	pthread_mutex_lock(&l->lock[file]);
	name_now(j, name);
	place_path(j->place, j->plan, file, "mnt", name, path);
	if (!unlink(path)) {
		uint64_t ino = current_entry(j)->ino;

		l->changes[file]++;
		name_now(j, name);
		fd = open_named(j, name, O_RDWR | O_CREAT | O_EXCL);
		if (fd < 0 || fstat(fd, &st) || !ledger_add(l, file, &st, name))
			ledger_fault(l, "make %s: errno %d", name, errno);
		else if (st.st_ino == ino)
			atomic_fetch_add(&l->replaced_with_same_ino, 1);
	}
	pthread_mutex_unlock(&l->lock[file]);
	if (fd >= 0)
		close(fd);
	open_current(j);
}

static void set_flags(struct job *j, const struct op *op)
{
	int flags = j->run->open_flags & ~(O_DIRECT | O_APPEND);

	/* a file system without direct I/O on this file says EINVAL, and nothing changes */
	if (j->fd >= 0 && fcntl(j->fd, F_SETFL, flags | op->set_flags) && errno != EINVAL)
		ledger_fault(j->ledger, "F_SETFL: errno %d", errno);
}

void job_event(struct job *j, const struct op *op)
{
	switch (op->kind) {
	case OP_REOPEN:
		reopen(j);
		break;
	case OP_RENAME:
		rename_current(j);
		break;
	case OP_REPLACE:
		/*
		 * Other runs may have the file open: they go on with a file that has no name. A
		 * full disk may have no room for a new name.
		 */
		if (!j->plan->full_disk &&
		    atomic_load(&j->ledger->used) < LEDGER_ENTRIES - PLAN_ACTORS)
			replace_current(j);
		break;
	case OP_SETFL:
		set_flags(j, op);
		break;
	default:
		break;
	}
}

enum job_next job_next(struct job *j, struct op *op)
{
	while (j->writes < j->run->writes) {
		plan_op(j->plan, j->actor, j->run_nr, j->next++, op);
		if (op->kind == OP_WRITE)
			j->writes++;
		if (j->fd < 0 && op->kind != OP_REOPEN && op->kind != OP_REPLACE)
			continue;
		switch (op->kind) {
		case OP_TRUNCATE:
			/* runs while other operations go on; a full disk may refuse it */
			if (ftruncate(j->fd, op->offset) && errno != ENOSPC && errno != EINTR &&
			    errno != EFBIG && errno != ENOMEM)
				ledger_fault(j->ledger, "ftruncate: errno %d", errno);
			break;
		case OP_WRITE:
		case OP_READ:
			return JOB_IO;
		default:
			return JOB_DRAIN;
		}
	}
	return JOB_END;
}

char *job_buffer(const struct job *j, const struct op *op)
{
	switch (op->buffer) {
	case BUFFER_UNMAPPED:
		return j->buffer + OP_LENGTH_MAX;
	case BUFFER_HALF:
		return j->buffer + OP_LENGTH_MAX - (op->length / 2 & ~511u);
	default:
		return j->buffer;
	}
}

void job_done(struct job *j, const struct op *op, int64_t result)
{
	if (op->kind == OP_WRITE)
		ledger_result(j->entry, op->length, result);
}
