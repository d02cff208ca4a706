/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases share: whatever they do goes into a record of calls, results and errors. */
#ifndef OPS_H
#define OPS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define DO(expr)                                                                          \
	({                                                                                \
		long _res;                                                                \
		errno = 0;                                                                \
		_res = (long)(expr);                                                      \
		note("%s = %ld %s", #expr, _res, _res < 0 ? strerrorname_np(errno) : ""); \
		_res;                                                                     \
	})

/* For calls that return a descriptor: its number is nobody's business. */
#define OPEN(expr)                                                                 \
	({                                                                         \
		int _fd;                                                           \
		errno = 0;                                                         \
		_fd = (expr);                                                      \
		note("%s = %s", #expr, _fd < 0 ? strerrorname_np(errno) : "open"); \
		_fd;                                                               \
	})

/* Of the case that runs. */
extern FILE *out;

void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A file's attributes, those that two file systems can agree on. */
void look(const char *path);
void look_fd(int fd);
/* Length and hash of what is in a file. */
void content(const char *path);
/* A directory's entries in order of their names. */
void list(const char *path);
/* Makes a file with text in it. */
void put(const char *path, const char *text);
void as_user(uid_t uid, void (*todo)(void));

struct ops_case {
	const char *name; /* NULL ends a table */
	void (*run)(void);
	bool needs_xattr;
	const char *may_differ; /* why the kernel, not the daemon, may do otherwise here */
};

extern const struct ops_case names_cases[], data_cases[], attr_cases[];

#endif
