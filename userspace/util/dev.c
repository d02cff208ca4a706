// SPDX-License-Identifier: GPL-2.0-only
#include "util/dev.h"

#include <fcntl.h>
#include <sys/stat.h>

__u32 fl_dev_of(int fd)
{
	struct statx stx;

	/* with an empty mask it answers even for a mount that only another user may use (fuse_update_get_attr()) */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &stx))
		return 0;
	return fl_dev(stx.stx_dev_major, stx.stx_dev_minor);
}
