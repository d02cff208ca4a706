/* SPDX-License-Identifier: GPL-2.0-only */
/* One table per enumeration: the names that users see, in text and in JSON alike. */
#ifndef FL_NAMES_H
#define FL_NAMES_H

#include <stddef.h>
#include <linux/types.h>
#include "bpf/abi.h"

enum fl_reason {
	FL_REASON_KERNEL_CANNOT,
	FL_REASON_FLAG_NOT_SET,
	FL_REASON_FLAG_STRIPPED,
	FL_REASON_FLAG_NOT_SET_OR_STRIPPED,
	FL_REASON_BUFFERED,
	FL_REASON_APPEND,
	FL_REASON_PAST_EOF,
	FL_REASON_EOF_RACE,
	FL_REASON_CACHE_IO_MODE,
	FL_REASON_PRIVILEGES,
	FL_REASON_SPLICE,
	FL_REASON_UNKNOWN,
	FL_REASONS,
};

enum fl_method {
	FL_METHOD_STATE_TP, /* BTF tracepoints alone */
	FL_METHOD_STATE_FENTRY,
	FL_METHOD_CALLSITE,
	FL_METHOD_GLOBAL,
	FL_METHODS,
};

/* Can this kernel's write path take the inode lock shared on a route? */
enum fl_can {
	FL_CAN_UNKNOWN,
	FL_CAN_NO,
	FL_CAN_YES,
};

const char *fl_route_name(enum fl_route route);
/* The routes of a bit mask, "direct, cached". Returns buf. */
char *fl_route_names(unsigned int mask, char *buf, size_t len);
const char *fl_nature_name(enum fl_nature nature);
const char *fl_site_role_name(enum fl_site_role role);
int fl_site_role_from_name(const char *name);
const char *fl_mode_name(enum fl_mode mode);
const char *fl_reason_name(enum fl_reason reason);
const char *fl_counter_name(enum fl_counter counter);
const char *fl_hist_name(enum fl_hist_kind kind);
const char *fl_loss_name(enum fl_loss loss);
/* "no", "yes"; NULL for FL_CAN_UNKNOWN. */
const char *fl_can_name(enum fl_can can);
const char *fl_mount_counter_name(enum fl_mount_counter counter);
/* "state-tp", "state-fentry", "callsite", "global": as --evidence takes them. */
const char *fl_method_name(enum fl_method method);
/* One sentence on what a reason means, for people. */
const char *fl_reason_meaning(enum fl_reason reason);

/* Index of name in a table of n names; in the table of an enumeration. -1 where it is not there. */
int fl_name_index(const char *const *table, size_t n, const char *name);
int fl_method_from_name(const char *name);
int fl_route_from_name(const char *name);
int fl_nature_from_name(const char *name);
int fl_mode_from_name(const char *name);

/* The FOPEN_* flags of include/uapi/linux/fuse.h that decide how writes lock. */
enum {
	FL_FOPEN_DIRECT_IO = 1u << 0,
	FL_FOPEN_PARALLEL = 1u << 6, /* FOPEN_PARALLEL_DIRECT_WRITES */
	FL_FOPEN_PASSTHROUGH = 1u << 7,
};
/*
 * FOPEN_* flags by name, joined by '|', unknown bits as hex; "none" for 0.
 * Writes at most len bytes, always ends them with NUL; returns buf.
 */
char *fl_fopen_flag_names(__u32 open_flags, char *buf, size_t len);
/* The bit of a FOPEN_* flag, with FOPEN_ in front or not, in either case; 0 for no flag. */
__u32 fl_fopen_flag_from_name(const char *name);
/* O_* access mode and the flags that matter for writes: "rdwr|direct|append". */
char *fl_open_mode_names(__u32 f_flags, char *buf, size_t len);
/* "cached", "uncached" or "none" for fuse_file's iomode; NULL where the kernel has no I/O modes. */
const char *fl_iomode_name(int iomode);
/* Name of a file system by its magic, or NULL. */
const char *fl_magic_name(unsigned long magic);

#endif
