/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel: its types (BTF), and its lock calls (the call-site map). Opened once, while all
 * privileges are there; what is asked of it later needs none.
 */
#ifndef FL_KERNEL_H
#define FL_KERNEL_H

#include "kernel/btf.h"
#include "kernel/callsite_map.h"

struct fl_kernel;

/*
 * Opens what takes privileges to open, and reads nothing yet: each thing is read once, when it is first
 * asked for, and an error of opening it is reported then. NULL when out of memory.
 */
struct fl_kernel *fl_kernel_open(void);
void fl_kernel_close(struct fl_kernel *k);

/* The version of the running libbpf, as "1.5". */
const char *fl_kernel_libbpf_version(void);

/* Owned by k. NULL when out of memory, which all functions of btf.h take. */
const struct fl_btf *fl_kernel_btf(struct fl_kernel *k);
/*
 * The call-site map, owned by k; NULL with err set to the reason where the kernel's text cannot be read.
 * It takes CAP_SYSLOG at fl_kernel_open() for the addresses and CAP_SYS_RAWIO for the text.
 */
const struct fl_callsite_map *fl_kernel_callsites(struct fl_kernel *k, struct fl_err *err);
/*
 * Call this when the code may have changed: a livepatch came or went. The map is then read again
 * when it is needed next. Maps that were returned earlier stay valid until fl_kernel_close().
 */
void fl_kernel_read_again(struct fl_kernel *k);
/* Looks whether a livepatch came or went since the last call, and if so does the same. */
void fl_kernel_follow(struct fl_kernel *k);
/* What its write path can do, by route; FL_CAN_UNKNOWN where the text cannot be read. */
void fl_kernel_can(struct fl_kernel *k, enum fl_can can[FL_ROUTES]);
/* Where the two locks lie, as far as BTF knows. */
struct fl_lock_offsets fl_kernel_lock_offsets(struct fl_kernel *k);

#endif
