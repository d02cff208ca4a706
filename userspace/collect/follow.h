/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When buffered writes are followed to their end. That takes a program which every direct I/O through
 * iomap pays for, so it is attached only while there may be buffered writes (bpf/buffered.bpf.h).
 */
#ifndef FL_FOLLOW_H
#define FL_FOLLOW_H

#include <stdbool.h>
#include <linux/types.h>
#include "bpf/abi.h"

struct bpf_object;

struct fl_follow {
	struct fl_tp_state *state; /* shared with BPF; NULL where the form does not follow */
	__u64 first_write_ns;	   /* when there was a write for the first time; 0: not yet */
};

enum fl_follow_step {
	FL_FOLLOW_STAY,
	FL_FOLLOW_ATTACH, /* then to be told by fl_follow_attached() */
	FL_FOLLOW_DETACH,
};

/* Maps what is shared, where the loaded object has it. */
void fl_follow_open(struct fl_follow *f, struct bpf_object *obj);
void fl_follow_close(struct fl_follow *f);
/* The program is attached: from now on buffered writes are followed. */
void fl_follow_attached(struct fl_follow *f);
/* What is to be done now. Once it has said to detach, buffered writes are not followed any more. */
enum fl_follow_step fl_follow_step(struct fl_follow *f, bool attached, bool any_write,
				   __u64 now_ns);

/* Whether io_uring may have tried to write where nothing saw it. */
bool fl_follow_unseen_tries(const struct fl_follow *f);

#endif
