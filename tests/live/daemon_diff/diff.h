/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same random operations on several directories: a plain one, and mirrors of others on the same
 * file system. An operation is drawn once and done on each side; what came of it is a line of text.
 */
#ifndef DIFF_H
#define DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_SIDES 8
#define SLOTS	  6
#define OUTCOME	  4096

struct side {
	const char *name; /* "plain" comes first */
	const char *dir;
	bool by_daemon; /* it reads and writes; else the kernel, in the source */
	int top;	/* the sequence's directory */
	int fd[SLOTS];	/* open files, the same on each side; -1: none */
};

/* What an operation is made of; each uses what it needs. */
struct op {
	int kind;
	int slot, slot2;
	char path[32], path2[32];
	int flags, mode;
	off_t off;
	size_t size;
	unsigned int value;
	int user; /* who does it: a place in users[] */
};

struct random {
	uint64_t state;
};

uint32_t draw(struct random *r, uint32_t below);

/* Draws the next operation of a sequence; @open tells how each slot was opened, or -1. */
void op_draw(struct random *r, const int *open, struct op *op);

/* Does it on a side whose directory is the working directory, and writes what came of it. */
void op_do(struct side *side, const struct op *op, char *outcome);

/* The operation in words, to be read by people. */
void op_print(const struct op *op, char *text, size_t size);

/* Whether it opened the slot; else what it left the slot as. */
int op_slot_after(const struct op *op, int before, bool worked);

/* Whether the outcome may differ from @plain's, as the list in main.c says. It leaves nothing behind then. */
bool op_is_excused(const struct op *op, const struct side *side, const char *plain,
		   const char *outcome);

void become(int user);

/* A checksum of @n bytes more, going on with @sum. */
uint64_t sum_of(uint64_t sum, const char *buf, ssize_t n);
/* The whole tree below the working directory, as text; the caller frees it. */
char *tree(void);
/* A file's attributes, as two file systems can agree on them. */
void describe(int dirfd, const char *name, int flags, char *text, size_t size);

#endif
