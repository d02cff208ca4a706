/* SPDX-License-Identifier: GPL-2.0-only */
/* Device numbers as the kernel keeps them: 12 bits of major, 20 bits of minor. */
#ifndef FL_DEV_H
#define FL_DEV_H

#include <linux/types.h>

static inline __u32 fl_dev(unsigned int major, unsigned int minor)
{
	return major << 20 | minor;
}

/* The device of the file system that fd is on; 0 if that is not known. Asks no daemon. */
__u32 fl_dev_of(int fd);

#endif
