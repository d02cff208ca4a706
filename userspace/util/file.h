/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files into memory. */
#ifndef FL_FILE_H
#define FL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"

/*
 * What is left to read from fd, with a NUL behind its *len bytes; files in /proc have no size to ask for. The
 * caller frees it. NULL with errno set, EFBIG where it is more than max bytes.
 */
char *fl_read_all(int fd, size_t max, size_t *len);

/*
 * A whole regular file of at most 64 MiB, with a NUL behind its *len bytes. The caller frees it. NULL with
 * err set; errno is ENOENT where there is no such file.
 */
char *fl_read_file(const char *path, size_t *len, struct fl_err *err);
/* The same of the descriptor fd, which it closes; path is for messages. */
char *fl_read_fd(int fd, const char *path, size_t *len, struct fl_err *err);

/* The path by which the kernel knows the file that is open at fd. The caller frees it; NULL with errno set. */
char *fl_path_of(int fd);

/*
 * The first len - 1 bytes of a file in /proc or /sys, with a NUL behind them. Returns their number; 0, and
 * an empty text, where it cannot be read.
 */
size_t fl_read_proc(const char *path, char *buf, size_t len);
/* The same, but the first line only, without its newline. Returns whether the file could be read. */
bool fl_read_line(const char *path, char *buf, size_t len);

#endif
