// SPDX-License-Identifier: GPL-2.0-only
#include "util/own_links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* as in the kernel */
#define MAX_LINKS 40

static int open_plain(const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_NO_SYMLINKS,
	};

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/*
 * Whether the link at path, which is open at fd, is one of /proc/PID that lead to a file itself: what they say is no
 * path for us, and only root and that user get there.
 */
static bool is_magic(int fd, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	struct statfs fs;
	int to;

	if (fstatfs(fd, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	to = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (to >= 0)
		close(to);
	return to < 0 && errno == ELOOP;
}

/* Puts the target of the link that is open at fd in the place of the first len bytes of path. */
static int expand(int fd, char *path, size_t len)
{
	char target[PATH_MAX], all[2 * PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t dir = len;

	if (n < 0)
		return -1;
	target[n] = '\0';
	while (dir && path[dir - 1] != '/')
		dir--;
	n = snprintf(all, sizeof(all), "%.*s%s%s", target[0] == '/' ? 0 : (int)dir, path, target,
		     path + len);
	if (n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, all, n + 1);
	return 0;
}

/*
 * Expands the first link in path, which has PATH_MAX bytes. Returns 1 if there was one, 0 if there is none to expand,
 * or -1 with errno set.
 */
static int expand_first(char *path, bool *proc, uid_t *stranger)
{
	size_t len = 0;
	struct stat st;
	int fd, ret = 0;

	while (!ret && path[len]) {
		bool magic;
		char old;

		len += strspn(path + len, "/");
		len += strcspn(path + len, "/");
		old = path[len];
		path[len] = '\0';
		fd = open_plain(path, O_PATH, 0);
		magic = fd >= 0 && is_magic(fd, path);
		path[len] = old;
		if (fd < 0)
			return 0; /* as the caller will find */
		if (!fstat(fd, &st) && S_ISLNK(st.st_mode)) {
			*proc = magic && !old;
			if (st.st_uid && st.st_uid != geteuid())
				*stranger = st.st_uid;
			if (*stranger != (uid_t)-1 || (magic && old)) {
				errno = ELOOP;
				ret = -1;
			} else if (!magic) {
				ret = expand(fd, path, len) ? -1 : 1;
			}
		}
		close(fd);
	}
	return ret;
}

int fl_open_by_own_links(const char *path, int flags, mode_t mode, uid_t *stranger)
{
	char now[PATH_MAX];
	bool proc = false;
	int fd, more = 1;

	*stranger = -1;
	/* kernels before 5.6, on which fuselens can only render results */
	fd = open_plain(path, flags, mode);
	if (fd < 0 && errno == ENOSYS)
		return open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd >= 0 || errno != ELOOP)
		return fd;
	if (snprintf(now, sizeof(now), "%s", path) >= (int)sizeof(now)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int i = 0; i < MAX_LINKS && more > 0; i++)
		more = expand_first(now, &proc, stranger);
	if (more < 0)
		return -1;
	return proc ? open(now, flags | O_CLOEXEC, mode) : open_plain(now, flags, mode);
}

int fl_open_parent_by_own_links(const char *path, char *name, uid_t *stranger)
{
	size_t len = strlen(path), dir;
	char parent[PATH_MAX];

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (dir = len; dir && path[dir - 1] != '/';)
		dir--;
	*stranger = -1;
	if (len - dir >= FL_OWN_LINKS_NAME || dir >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(name, FL_OWN_LINKS_NAME, "%.*s", (int)(len - dir), path + dir);
	snprintf(parent, sizeof(parent), "%.*s", dir ? (int)dir : 1, dir ? path : ".");
	return fl_open_by_own_links(parent, O_PATH | O_DIRECTORY, 0, stranger);
}
