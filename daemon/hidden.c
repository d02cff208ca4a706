// SPDX-License-Identifier: GPL-2.0-only
/* What mounts of the source take away; see hidden.h. */
#include "hidden.h"

#include <sys/statvfs.h>

/* Whether the file is on a mount with @flag. If that is not known, it is. */
static bool has_flag(int fd, unsigned long flag)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) != 0 || fs.f_flag & flag;
}

bool hides_capabilities(const struct mirror *m, int fd)
{
	return m->suid && has_flag(fd, ST_NOSUID);
}

void hide(const struct mirror *m, int fd, struct stat *attr)
{
	/* The mount is looked at only for the few files that matter. */
	if (m->suid && S_ISREG(attr->st_mode) && attr->st_mode & (S_ISUID | S_ISGID) &&
	    has_flag(fd, ST_NOSUID))
		attr->st_mode &= ~(S_ISUID | S_ISGID);
	if (m->devices && (S_ISCHR(attr->st_mode) || S_ISBLK(attr->st_mode)) &&
	    has_flag(fd, ST_NODEV))
		attr->st_rdev = 0; /* no driver has this number */
}

bool on_noexec_mount(int fd)
{
	return has_flag(fd, ST_NOEXEC);
}
