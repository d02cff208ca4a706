/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's symbols and machine code: /proc/kallsyms and /proc/kcore. */
#ifndef FL_KERNEL_TEXT_H
#define FL_KERNEL_TEXT_H

#include "kernel/callsite_map.h"

/*
 * The call-site map of the running kernel, made at the first call and kept; NULL with err set to the
 * reason where the text cannot be read. Needs CAP_SYSLOG for the addresses and CAP_SYS_RAWIO for the
 * text. Owned by this file.
 */
const struct fl_callsite_map *fl_kernel_callsites(struct fl_err *err);
/* What its write path can do, by route; FL_CAN_UNKNOWN where the text cannot be read. */
void fl_kernel_can(enum fl_can can[FL_ROUTES]);
/* Frees the map. */
void fl_kernel_text_done(void);

/* The parts, for those who record them. */
int fl_kernel_symbols_read(struct fl_symbols *s, struct fl_err *err);
struct fl_kcore {
	int fd;
	struct fl_kcore_part {
		__u64 addr, size, offset;
	} * part;
	size_t nparts;
};
int fl_kcore_open(struct fl_kcore *k, struct fl_err *err);
/* Signature of struct fl_text's read; ctx is the struct fl_kcore. */
int fl_kcore_read(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err);
void fl_kcore_close(struct fl_kcore *k);
struct fl_lock_offsets fl_kernel_lock_offsets(void);

#endif
