/* SPDX-License-Identifier: GPL-2.0-only */
/* One mount from beginning to end: background, device, signals, loop. */
#ifndef FUSELENS_DAEMON_SESSION_H
#define FUSELENS_DAEMON_SESSION_H

#include "options.h"

/*
 * Mounts, and serves until unmounted or asked to stop. Unless opts->foreground is set, this runs in
 * the background, and the caller's process returns once the mount is live. Returns the exit code.
 */
int session_run(struct options *opts);

#endif
