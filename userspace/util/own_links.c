// SPDX-License-Identifier: GPL-2.0-only
#include "util/own_links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* as in the kernel */
#define MAX_LINKS 40

/* A path, as far as its links have been followed. */
struct way {
	int dir; /* where path begins: AT_FDCWD, or where a link of /proc led */
	char path[PATH_MAX];
	bool ends; /* path is a link of /proc to the file itself */
};

/* ELOOP where a link is in path. With O_NOFOLLOW among the flags the last name may be one. */
static int open_plain(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_NO_SYMLINKS,
	};

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/*
 * Whether the link at path, which is open at fd, is one of /proc/PID that lead to a file itself: what they say is no
 * path for us.
 */
static bool is_magic(int fd, const struct way *w)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
	struct statfs fs;
	int to;

	if (fstatfs(fd, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	to = syscall(SYS_openat2, w->dir, w->path, &how, sizeof(how));
	if (to >= 0)
		close(to);
	return to < 0 && errno == ELOOP;
}

/* Who made the mount with this line in mountinfo: root, unless it is FUSE's. */
static uid_t mounter_in(const char *line)
{
	const char *options = strrchr(line, ' '),
		   *user = options ? strstr(options, ",user_id=") : NULL;

	return user ? strtoul(user + strlen(",user_id="), NULL, 10) : 0;
}

/* Line by line, because users' mounts may make the file very long. */
uid_t fl_mounter_of(int fd)
{
	uid_t mounter = FL_MOUNTER_UNKNOWN;
	bool found = false;
	struct statx stx;
	char *line = NULL;
	size_t room = 0;
	int mounts;
	FILE *f;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &stx))
		return 0;
	mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	f = mounts < 0 ? NULL : fdopen(mounts, "r");
	while (f && !found && getline(&line, &room, f) > 0)
		found = strtoull(line, NULL, 10) == stx.stx_mnt_id;
	if (found)
		mounter = mounter_in(line);
	else if (f && feof(f))
		mounter = 0; /* a mount of another namespace */
	free(line);
	if (f)
		fclose(f);
	else if (mounts >= 0)
		close(mounts);
	return mounter;
}

static bool is_strange(uid_t user)
{
	return user && user != geteuid();
}

/*
 * Whether a stranger decides where the link leads that is open at fd: its owner, or whoever mounted the FUSE file
 * system that it is on, whose daemon may show any owner.
 */
static bool is_of_stranger(int fd, const struct stat *link, uid_t *stranger)
{
	uid_t user = is_strange(link->st_uid) ? link->st_uid : fl_mounter_of(fd);

	if (is_strange(user))
		*stranger = user;
	return is_strange(user);
}

/* Puts the target of the link that is open at fd in the place of the first len bytes of the path. */
static int expand(int fd, struct way *w, size_t len)
{
	char target[PATH_MAX], all[2 * PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t dir = len;

	if (n < 0)
		return -1;
	target[n] = '\0';
	while (dir && w->path[dir - 1] != '/')
		dir--;
	n = snprintf(all, sizeof(all), "%.*s%s%s", target[0] == '/' ? 0 : (int)dir, w->path, target,
		     w->path + len);
	if (n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->path, all, n + 1);
	return 0;
}

/* Follows the link of /proc that is the first len bytes of the path; the rest goes on from there. */
static int jump(struct way *w, size_t len)
{
	char link[PATH_MAX];
	int dir;

	snprintf(link, sizeof(link), "%.*s", (int)len, w->path);
	dir = openat(w->dir, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	if (w->dir >= 0)
		close(w->dir);
	w->dir = dir;
	len += strspn(w->path + len, "/");
	memmove(w->path, w->path + len, strlen(w->path + len) + 1);
	if (!w->path[0])
		strcpy(w->path, ".");
	return 0;
}

/* Follows the link open at fd, the first len bytes of the path. Returns 1, 0 at the way's end, or -1 with errno set. */
static int follow(int fd, const struct stat *link, struct way *w, size_t len, bool magic,
		  uid_t *stranger)
{
	if (is_of_stranger(fd, link, stranger)) {
		errno = ELOOP;
		return -1;
	}
	w->ends = magic && !w->path[len];
	if (w->ends)
		return 0;
	return (magic ? jump(w, len) : expand(fd, w, len)) ? -1 : 1;
}

/* Follows the first link of the path. Returns 1 if there was one, 0 if there is none, or -1 with errno set. */
static int follow_first(struct way *w, uid_t *stranger)
{
	size_t len = 0;
	struct stat st;
	int fd, ret = 0;

	while (!ret && !w->ends && w->path[len]) {
		bool link, magic;
		char old;

		len += strspn(w->path + len, "/");
		len += strcspn(w->path + len, "/");
		old = w->path[len];
		w->path[len] = '\0';
		fd = open_plain(w->dir, w->path, O_PATH | O_NOFOLLOW, 0);
		link = fd >= 0 && !fstat(fd, &st) && S_ISLNK(st.st_mode);
		magic = link && is_magic(fd, w);
		w->path[len] = old;
		if (fd < 0)
			return 0; /* as the caller will find */
		if (link)
			ret = follow(fd, &st, w, len, magic, stranger);
		close(fd);
	}
	return ret;
}

/* As fl_open_by_own_links(), where there is a link in path. */
static int open_by_links(const char *path, int flags, mode_t mode, uid_t *stranger)
{
	struct way w = {.dir = AT_FDCWD};
	int fd = -1, more = 1, why;

	if (snprintf(w.path, sizeof(w.path), "%s", path) >= (int)sizeof(w.path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int i = 0; i < MAX_LINKS && more > 0; i++)
		more = follow_first(&w, stranger);
	if (more >= 0)
		fd = w.ends ? openat(w.dir, w.path, flags | O_CLOEXEC, mode)
			    : open_plain(w.dir, w.path, flags, mode);
	why = errno;
	if (w.dir >= 0)
		close(w.dir);
	errno = why;
	return fd;
}

int fl_open_by_own_links(const char *path, int flags, mode_t mode, uid_t *stranger)
{
	int fd = open_plain(AT_FDCWD, path, flags, mode);

	*stranger = -1;
	/* kernels before 5.6, on which fuselens can only render results */
	if (fd < 0 && errno == ENOSYS)
		return open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd >= 0 || errno != ELOOP)
		return fd;
	return open_by_links(path, flags, mode, stranger);
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

int fl_own_links_errno(struct fl_err *err, int why, uid_t stranger, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (stranger == (uid_t)-1)
		return fl_errno(err, why, "%s", what);
	fl_err(err, "%s: there is a link of user %u on the way", what, stranger);
	return fl_hint(
		err,
		"that user decides where it leads, with sudo, too: give a path without it, as realpath(1) prints it");
}
