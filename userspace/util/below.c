// SPDX-License-Identifier: GPL-2.0-only
#include "util/below.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "util/file.h"

#define MAX_DEPTH 32

int fl_below_open(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	int fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	/*
	 * kernels before 5.6, on which fuselens can only render results: check only the last
	 * component
	 */
	if (fd < 0 && errno == ENOSYS)
		fd = openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	return fd;
}

int fl_below_mkdir(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode))
		return -1;
	return fl_below_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
}

int fl_below_write(int dir, const char *name, const char *text, struct fl_err *err)
{
	FILE *f = NULL;
	int fd, bad;

	/* make a new file, so that nobody else has it open or linked */
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return fl_errno(err, errno, "cannot replace %s", name);
	fd = fl_below_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f) {
		fl_errno(err, errno, "cannot write %s", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	bad = fputs(text, f) < 0;
	bad |= fflush(f) || fsync(fd);
	if (bad)
		fl_errno(err, errno, "cannot write %s", name);
	if (fclose(f) && !bad)
		bad = fl_errno(err, errno, "cannot write %s", name);
	return bad ? fl_hint(err, "is the disk full?") : 0;
}

char *fl_below_read(int dir, const char *path, size_t *len, struct fl_err *err)
{
	int fd = fl_below_open(dir, path, O_RDONLY | O_NONBLOCK, 0), saved;

	if (fd < 0) {
		saved = errno;
		fl_errno(err, saved, "cannot read %s", path);
		errno = saved;
		return NULL;
	}
	return fl_read_fd(fd, path, len, err);
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int empty(int dir, int depth, unsigned long *most);

/* Returns whether it is gone. Takes what was looked at from *most. */
static bool remove_entry(int dir, const char *name, int depth, unsigned long *most)
{
	int fd;

	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return true;
	if ((errno != EISDIR && errno != EPERM) || depth >= MAX_DEPTH)
		return false;
	fd = fl_below_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return false;
	empty(fd, depth + 1, most);
	close(fd);
	return !unlinkat(dir, name, AT_REMOVEDIR) || errno == ENOENT;
}

static int empty(int dir, int depth, unsigned long *most)
{
	/* open it again: a duplicate would share its position in the directory with dir */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), left, why = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool removed;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	/* repeat until nothing more can be removed: readdir may skip entries while others go */
	do {
		left = 0;
		removed = false;
		rewinddir(d);
		while (*most && (entry = readdir(d))) {
			if (is_dot(entry->d_name))
				continue;
			--*most;
			if (remove_entry(dir, entry->d_name, depth, most)) {
				removed = true;
			} else {
				why = errno;
				left++;
			}
		}
	} while (removed && *most);
	closedir(d);
	errno = *most ? why : EOVERFLOW;
	return left || !*most ? -1 : 0;
}

int fl_below_empty_most(int dir, unsigned long most)
{
	return empty(dir, 0, &most);
}

int fl_below_empty(int dir)
{
	return fl_below_empty_most(dir, FL_BELOW_MOST);
}

int fl_below_remove(int dir, const char *name)
{
	unsigned long most = FL_BELOW_MOST;

	if (remove_entry(dir, name, 0, &most))
		return 0;
	return -1;
}

static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d)))
		found = !is_dot(entry->d_name);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return d && !found;
}

/*
 * Returns the same directory as the root of a mount that is attached nowhere; -1 if that is not
 * allowed.
 */
static int confined(int dir)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID,
	};
	int tree = syscall(SYS_open_tree, dir, "",
			   AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int fd = -1;

	if (tree < 0)
		return -1;
	if (!syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* the mount exists as long as a process is in it */
	close(tree);
	return fd;
}

static int guard(int fd, const char *name, struct fl_err *err)
{
	int alone = confined(fd);
	struct stat st;

	if (fstat(fd, &st)) {
		fl_errno(err, errno, "cannot look at %s", name);
	} else if (!is_empty(fd)) {
		fl_err(err,
		       "%s was just made and is not empty: somebody put another one in its place",
		       name);
	} else if (alone < 0 && (st.st_uid != geteuid() || st.st_mode & 022)) {
		/*
		 * on a separate mount nobody can lead us away; without one, the directory's owner
		 * can
		 */
		fl_err(err, "%s was just made and belongs to user %u", name, st.st_uid);
		fl_hint(err, "the file system maps users: run as root, or as that user");
	} else {
		if (alone < 0)
			return fd;
		close(fd);
		return alone;
	}
	if (alone >= 0)
		close(alone);
	close(fd);
	return -1;
}

int fl_below_own(int base, const char *prefix, char *name, struct fl_err *err)
{
	unsigned long long secret;
	int fd;

	if (getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
		return fl_errno(err, errno, "cannot draw a name");
	snprintf(name, FL_OWN_NAME, "%s%016llx", prefix, secret);
	fd = fl_below_mkdir(base, name, 0700);
	if (fd < 0)
		return fl_errno(err, errno, "cannot make a directory in it");
	return guard(fd, name, err);
}

static bool is_same(int base, const char *name, int dir)
{
	struct stat a, b;

	return !fstatat(base, name, &a, AT_SYMLINK_NOFOLLOW) && !fstat(dir, &b) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int fl_below_own_remove(int base, const char *name, int dir)
{
	if (fl_below_empty(dir))
		return -1;
	if (!is_same(base, name, dir)) {
		errno = ENOENT;
		return -1;
	}
	return unlinkat(base, name, AT_REMOVEDIR);
}
