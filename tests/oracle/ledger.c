// SPDX-License-Identifier: GPL-2.0-only
/* The record of what was written. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void init(struct ledger *l)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (int i = 0; i < PLAN_FILES; i++)
		pthread_mutex_init(&l->lock[i], &attr);
	pthread_mutexattr_destroy(&attr);
}

struct ledger *ledger_map(const char *path, bool create)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0600);
	struct ledger *l = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!create || !ftruncate(fd, sizeof(*l)))
		l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (l == MAP_FAILED)
		return NULL;
	if (create)
		init(l);
	return l;
}

void ledger_unmap(struct ledger *l)
{
	if (l)
		munmap(l, sizeof(*l));
}

void ledger_name(struct ledger_entry *e, const char *name)
{
	if (e->names < LEDGER_NAMES)
		snprintf(e->name[e->names], sizeof(e->name[0]), "%s", name);
	e->names++;
}

struct ledger_entry *ledger_add(struct ledger *l, uint32_t file, const struct stat *st,
				const char *name)
{
	uint32_t i = atomic_fetch_add(&l->used, 1);
	struct ledger_entry *e;

	if (i >= LEDGER_ENTRIES) {
		atomic_fetch_sub(&l->used, 1);
		return NULL;
	}
	e = &l->entry[i];
	e->file = file;
	e->dev = major(st->st_dev) << 20 | minor(st->st_dev);
	e->ino = st->st_ino;
	ledger_name(e, name);
	l->current[file] = i;
	return e;
}

void ledger_result(struct ledger_entry *e, uint64_t asked, int64_t result)
{
	if (result > 0) {
		atomic_fetch_add(&e->wrote, 1);
		atomic_fetch_add(&e->bytes, result);
		if ((uint64_t)result < asked)
			atomic_fetch_add(&e->partly, 1);
		return;
	}
	if (!result) {
		if (asked)
			atomic_fetch_add(&e->nothing, 1);
		return;
	}
	if (-result < LEDGER_ERRNOS)
		atomic_fetch_add(&e->by_errno[-result], 1);
	if (result == -EAGAIN)
		atomic_fetch_add(&e->again, 1);
	else if (result == -ECANCELED)
		atomic_fetch_add(&e->cancelled, 1);
	else
		atomic_fetch_add(&e->failed, 1);
}

void ledger_fault(struct ledger *l, const char *format, ...)
{
	va_list args;

	if (atomic_exchange(&l->fault, 1))
		return;
	va_start(args, format);
	vsnprintf(l->what, sizeof(l->what), format, args);
	va_end(args);
}
