// SPDX-License-Identifier: GPL-2.0-only
/* Lines of /proc/self/mountinfo; see mountinfo.h. */
#include "mountinfo.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

uint64_t mount_line_id(int fd)
{
	struct statx stx;

	/* Without a mask it is told of a mount, too, that only another user may enter. */
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &stx) == 0 ? stx.stx_mnt_id : 0;
}

static uid_t user_of(const char *text)
{
	const char *options = strrchr(text, ' '),
		   *user = options ? strstr(options, ",user_id=") : NULL;

	return user ? strtoul(user + strlen(",user_id="), NULL, 10) : 0;
}

bool mount_line_find(uint64_t id, struct mount_line *line)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *text = NULL;
	size_t size = 0;
	bool found = false;

	while (f && !found && getline(&text, &size, f) > 0)
		found = sscanf(text, "%" SCNu64 " %" SCNu64 " %*u:%u", &line->id, &line->parent,
			       &line->connection) == 3 &&
			line->id == id;
	if (found)
		line->user = user_of(text);
	free(text);
	if (f)
		fclose(f);
	return found;
}
