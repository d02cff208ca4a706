/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's symbols and machine code: /proc/kallsyms and /proc/kcore. */
#ifndef FL_KCORE_H
#define FL_KCORE_H

#include "kernel/kallsyms.h"

/* A descriptor of /proc/kallsyms, or -1 with err set. With CAP_SYSLOG it shows addresses. */
int fl_kallsyms_open(struct fl_err *err);
void fl_kallsyms_close(int fd);
/* Reads it, from the start of the file; to be called once. Returns 0, or -1 with err set. */
int fl_kallsyms_read(int fd, struct fl_symbols *s, struct fl_err *err);

/* The kernel's memory, and which addresses lie where in the file. */
struct fl_kcore {
	int fd;
	__u16 machine; /* whose code it is: e_machine of ELF */
	struct fl_kcore_part {
		__u64 addr, size, offset;
	} * part;
	size_t nparts;
};
/* Opens /proc/kcore, which takes CAP_SYS_RAWIO. Returns 0, or -1 with err set. */
int fl_kcore_open(struct fl_kcore *k, struct fl_err *err);
/* Signature of struct fl_text's read; ctx is the struct fl_kcore. */
int fl_kcore_read(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err);
void fl_kcore_close(struct fl_kcore *k);

#endif
