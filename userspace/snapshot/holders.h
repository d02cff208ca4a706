/* SPDX-License-Identifier: GPL-2.0-only */
/* How many tasks held the inode lock together, as each write that shared it found it (struct fl_holders). Pure. */
#ifndef FL_HOLDERS_H
#define FL_HOLDERS_H

#include <linux/types.h>
#include "bpf/abi.h"

struct fl_json_reader;
struct fl_snapshot;
struct json_object;

/* The sum over all files of a snapshot. */
void fl_holders_sum(const struct fl_snapshot *s, struct fl_holders *sum);
/* How many writes were looked at. The functions below need one at least. */
__u64 fl_holders_looks(const struct fl_holders *h);
double fl_holders_mean(const struct fl_holders *h);
/* The quantile q in 0..1, and the most at once. FL_HOLDERS stands for as many or more. */
__u32 fl_holders_quantile(const struct fl_holders *h, double q);
__u32 fl_holders_most(const struct fl_holders *h);
/* "7", or "64 or more". buf needs 16 bytes. */
const char *fl_holders_text(__u32 holders, char *buf);

/* JSON, which the caller puts (of NULL: as of none); and back, from what is under key. */
struct json_object *fl_holders_to_json(const struct fl_holders *h);
void fl_holders_from_json(struct fl_json_reader *r, struct json_object *o, const char *key,
			  struct fl_holders *h);

#endif
