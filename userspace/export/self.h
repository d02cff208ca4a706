/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exporter itself uses, as the process_ metrics that Prometheus' own clients have. */
#ifndef FL_EXPORT_SELF_H
#define FL_EXPORT_SELF_H

#include <linux/types.h>

struct fl_self {
	double cpu_seconds;
	__u64 resident_bytes, virtual_bytes;
	__u64 open_fds, max_fds;
	double start_seconds; /* since 1970 */
};

/* What cannot be read stays 0. start_seconds is the caller's. */
void fl_self_read(struct fl_self *self);

#endif
