/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the source's own mounts take away. On a mount with nosuid or nodev, setuid bits and devices have
 * no effect. The mirror crosses mounts, and its one mount may lack these options. So it does not show
 * what has no effect in the source.
 */
#ifndef FUSELENS_DAEMON_HIDDEN_H
#define FUSELENS_DAEMON_HIDDEN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "mirror.h"

/* Takes from the attributes of the file at @fd what has no effect there. */
void hide(const struct mirror *m, int fd, struct stat *attr);
/* Whether capabilities in the extended attributes of the file at @fd have no effect. */
bool hides_capabilities(const struct mirror *m, int fd);
/* Whether the file at @fd can't be executed there. */
bool on_noexec_mount(int fd);

#endif
