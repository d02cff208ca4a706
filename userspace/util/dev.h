/* SPDX-License-Identifier: GPL-2.0-only */
/* Device numbers as the kernel keeps them: 12 bits of major, 20 bits of minor. */
#ifndef FL_DEV_H
#define FL_DEV_H

#include <linux/types.h>

static inline __u32 fl_dev(unsigned int major, unsigned int minor)
{
	return major << 20 | minor;
}

#endif
