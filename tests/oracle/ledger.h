/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was written, by the results of the calls. Each file that ever had a name has an entry, in a
 * file that all writers map. If a new file gets an old name, it gets a new entry.
 */
#ifndef ORACLE_LEDGER_H
#define ORACLE_LEDGER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "plan.h"

#define LEDGER_ENTRIES 512
#define LEDGER_NAMES   24
#define LEDGER_NAME    40
#define LEDGER_ERRNOS  134

struct ledger_entry {
	uint32_t file; /* of the plan */
	uint32_t dev;  /* major << 20 | minor */
	uint64_t ino;
	uint32_t names; /* that it ever had; the first LEDGER_NAMES are kept */
	char name[LEDGER_NAMES][LEDGER_NAME];
	_Atomic uint64_t wrote, bytes; /* calls that wrote, and their bytes */
	_Atomic uint64_t partly;       /* of those, the ones that wrote less than asked */
	_Atomic uint64_t nothing;      /* calls that wrote 0 of more bytes */
	_Atomic uint64_t again, failed, cancelled;
	_Atomic uint32_t by_errno[LEDGER_ERRNOS];
};

struct ledger {
	_Atomic uint32_t done;	/* 1: the plan ran to its end */
	_Atomic uint32_t fault; /* 1: something that should work failed: see what */
	char what[256];
	_Atomic uint32_t replaced_with_same_ino;
	/* the entry of a file's current name; names change and files are opened under the lock */
	pthread_mutex_t lock[PLAN_FILES];
	uint32_t current[PLAN_FILES];
	uint32_t changes[PLAN_FILES]; /* of names */
	_Atomic uint32_t used;
	struct ledger_entry entry[LEDGER_ENTRIES];
};

/* Maps the ledger at path; makes it if create is set. NULL with errno set. */
struct ledger *ledger_map(const char *path, bool create);
void ledger_unmap(struct ledger *l);

/* Makes an entry for a plan's file, identified by st. NULL if the ledger is full. */
struct stat;
struct ledger_entry *ledger_add(struct ledger *l, uint32_t file, const struct stat *st,
				const char *name);
void ledger_name(struct ledger_entry *e, const char *name);
/* Notes the result of a write of `asked` bytes: a count, or -errno. */
void ledger_result(struct ledger_entry *e, uint64_t asked, int64_t result);
/* Notes the first operation that should work and failed. */
__attribute__((format(printf, 2, 3))) void ledger_fault(struct ledger *l, const char *format, ...);

#endif
