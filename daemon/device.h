/* SPDX-License-Identifier: GPL-2.0-only */
/* How libfuse reaches /dev/fuse: through functions of ours, which see each request. */
#ifndef FUSELENS_DAEMON_DEVICE_H
#define FUSELENS_DAEMON_DEVICE_H

#include "mirror.h"

/*
 * Gives the session the mirror's device. Returns 0, or an error of libfuse. With io_uring libfuse cannot
 * use functions of ours, so with that transport the requests go unseen and are not counted.
 */
int device_set(struct fuse_session *se, struct mirror *m, bool io_uring);

#endif
