/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the operations share. */
#ifndef OPS_H
#define OPS_H

#include "diff.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* The outcome of an lseek() that may find data or a hole, as chance has it. */
#define PREALLOCATED "ok preallocated"

/* What operations write, and where they read to. */
extern char page[1 << 20];

/* Fills the page with what the operation writes: by its value alone. */
void fill(const struct op *op);

/* Tells a result, or the name of its error; returns whether it was one. */
int say(char *out, long res);

uint64_t sum(const char *buf, ssize_t n);

/* Each does one kind of operation on a side, and tells what came of it. */
typedef void do_op(struct side *side, const struct op *op, char *out);

/* ops_file.c: by a descriptor */
do_op do_open, do_close, do_write, do_append, do_read, do_seek, do_ftruncate, do_fallocate, do_sync,
	do_fstat, do_fchmod, do_flock, do_lock, do_copy, do_tmpfile, do_map, do_splice;

/* ops_name.c: by a name */
do_op do_truncate, do_stat, do_chmod, do_chown, do_link, do_symlink, do_readlink, do_unlink,
	do_mkdir, do_rmdir, do_mknod, do_rename, do_setxattr, do_getxattr, do_removexattr,
	do_listxattr, do_setacl, do_getacl, do_removeacl, do_utimens, do_access, do_list, do_handle;

#endif
