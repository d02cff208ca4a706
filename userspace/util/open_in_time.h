/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening a path whose file system may not answer. */
#ifndef FL_OPEN_IN_TIME_H
#define FL_OPEN_IN_TIME_H

#include "util/err.h"

/*
 * Opens path with O_PATH: from what the kernel remembers of it, otherwise in a child that is given up after
 * seconds or when we are interrupted. Returns a descriptor; -1 with errno set, ETIMEDOUT or EINTR
 * where there was no answer.
 */
int fl_open_in_time(const char *path, double seconds);

#endif
