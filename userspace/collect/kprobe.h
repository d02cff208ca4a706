/* SPDX-License-Identifier: GPL-2.0-only */
/* Kprobes by address, made as perf events: they leave nothing in tracefs and end with the process. */
#ifndef FL_KPROBE_H
#define FL_KPROBE_H

#include <stdbool.h>
#include <linux/types.h>
#include "util/err.h"

struct bpf_link;
struct bpf_program;

/* Whether this kernel has kprobes; if not, err says why. */
bool fl_kprobes_available(struct fl_err *err);
/* A kprobe that does nothing, until the caller closes the descriptor. Returns that, or -1 with errno set. */
int fl_kprobe_open(__u64 addr);
/* Attaches prog to the instruction at addr. NULL with errno set. */
struct bpf_link *fl_kprobe_attach(struct bpf_program *prog, __u64 addr, __u64 cookie);
/* Times that the kprobe fired and was skipped; 0 where the kernel does not tell (before v6.8). */
__u64 fl_kprobe_misses(const struct bpf_link *link);

#endif
