/* SPDX-License-Identifier: GPL-2.0-only */
/* Compressed replies, for scrapers that ask for them. Pure. */
#ifndef FL_EXPORT_GZIP_H
#define FL_EXPORT_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* Whether an Accept-Encoding header (NULL: none) allows gzip; "gzip;q=0" does not. */
bool fl_gzip_wanted(const char *accept);
/*
 * Compresses len bytes at data into a gzip member; the caller frees it. NULL if it would not be
 * shorter, or if out of memory.
 */
char *fl_gzip(const char *data, size_t len, size_t *out_len);

#endif
