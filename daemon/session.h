/* SPDX-License-Identifier: GPL-2.0-only */
/* One mount from beginning to end: background, device, signals, loop. */
#ifndef FUSELENS_DAEMON_SESSION_H
#define FUSELENS_DAEMON_SESSION_H

#include "options.h"

/*
 * Mounts and serves until unmounted or told to stop. In the background unless opts->foreground: then
 * the caller's process returns from here once the mount is live. Returns the exit code.
 */
int session_run(struct options *opts);

#endif
