// SPDX-License-Identifier: GPL-2.0-only
/* Finding a mount again, and ending it; see mounted.h. */
#include "mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log.h"
#include "mountinfo.h"
#include "path.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000
#endif

/* What the kernel knows of the directory that is open at @fd. Sends no request to a daemon. */
static int look(int fd, struct statx *stx)
{
	/*
	 * A later mount may get the plain id of an earlier one. Linux 6.8 has an id that is never
	 * reused.
	 */
	unsigned int ids = STATX_MNT_ID | STATX_MNT_ID_UNIQUE;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO | ids, stx) !=
	    0)
		return -1;
	return stx->stx_mask & ids ? 0 : -1;
}

/* Opens what is at the mount point now, the uppermost of several mounts. Sends no request to its daemon. */
static int open_top(const struct mounted *mounted)
{
	return openat(mounted->parent, mounted->name,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_ours(const struct mounted *mounted, int top)
{
	struct statx stx;

	return look(top, &stx) == 0 && stx.stx_mnt_id == mounted->mnt_id;
}

/* Mounts at one place, at most. */
#define MAX_STACK 100

/* Whether the mount that is open at @top lies on ours; with @users only if users made it and all in between. */
static bool lies_on_ours(const struct mounted *mounted, int top, bool users)
{
	struct mount_line line = {.parent = mount_line_id(top)};

	for (int n = 0; n < MAX_STACK && mount_line_find(line.parent, &line); n++) {
		if (n > 0 && line.id == mounted->plain_id && line.connection == mounted->connection)
			return true;
		if (users && line.user == 0)
			return false;
	}
	return false;
}

int mounted_place(struct mounted *mounted, int below)
{
	char link[32], path[PATH_MAX];
	struct statx is = {0}, wanted = {0};
	const char *name;
	ssize_t len;
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", below);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return -1;
	path[len] = '\0';
	mounted->parent = path_open_parent(path, &name);
	if (mounted->parent < 0)
		return -1;
	snprintf(mounted->name, sizeof(mounted->name), "%s", name);
	fd = open_top(mounted);
	if (fd >= 0 && look(fd, &is) == 0 && look(below, &wanted) == 0 &&
	    is.stx_mnt_id == wanted.stx_mnt_id && is.stx_ino == wanted.stx_ino) {
		close(fd);
		return 0;
	}
	if (fd >= 0)
		close(fd);
	close(mounted->parent);
	errno = ESTALE;
	return -1;
}

int mounted_note(struct mounted *mounted, int root)
{
	struct statx stx;

	if (look(root, &stx) != 0)
		return -1;
	mounted->mnt_id = stx.stx_mnt_id;
	mounted->plain_id = mount_line_id(root);
	mounted->connection = stx.stx_dev_minor;
	return 0;
}

bool mounted_is_there(const struct mounted *mounted)
{
	int top = open_top(mounted);
	bool there = top >= 0 && (is_ours(mounted, top) || lies_on_ours(mounted, top, false));

	if (top >= 0)
		close(top); /* an open descriptor would keep the mount busy */
	return there;
}

/*
 * Detaches what is at the mount point, if it is ours, or a user's on ours. Returns 0 when nothing is left to do, 1
 * if the next one is to be looked at, or -1 with errno.
 */
static int detach_top(const struct mounted *mounted, bool write_back)
{
	char path[32];
	int top = open_top(mounted), dir, res = 0;
	struct statfs fs;
	bool ours;

	if (top < 0)
		return 0;
	ours = is_ours(mounted, top);
	/* A user's mount on ours goes with it. */
	if (ours || lies_on_ours(mounted, top, true)) {
		dir = ours && write_back ? openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					 : -1;
		if (dir >= 0) {
			syncfs(dir);
			/* answered when the daemon has read all that was sent before */
			fstatfs(dir, &fs);
			close(dir);
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", top);
		res = umount2(path, MNT_DETACH) != 0 ? -1 : !ours;
	}
	close(top);
	return res;
}

static int detach(const struct mounted *mounted, bool write_back)
{
	int res = 1;

	/* Who owns the root of the source may mount there (fusermount3(1)), and again while this goes on. */
	for (int n = 0; n < MAX_STACK && res > 0; n++)
		res = detach_top(mounted, write_back);
	return res;
}

void mount_detach(const struct mounted *mounted)
{
	char shown[256];

	if (detach(mounted, true) != 0)
		log_failure(errno, "umount -l removes it", "unmounting %s",
			    log_name(mounted->mountpoint, shown, sizeof(shown)));
}

/* Opens the root of the fusectl file system, which need not be mounted anywhere. Returns -1 with errno. */
static int open_fusectl(void)
{
	int fs = fsopen("fusectl", FSOPEN_CLOEXEC), root = -1, err;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	err = errno;
	if (fs >= 0)
		close(fs);
	errno = err;
	return root;
}

void mount_abort(const struct mounted *mounted)
{
	char path[32];
	struct pollfd dev = {.fd = mounted->dev};
	int connections, fd = -1;

	/* when it has ended, another mount may have its number */
	if (poll(&dev, 1, 0) > 0 && dev.revents & POLLERR)
		return;
	snprintf(path, sizeof(path), "%u/abort", mounted->connection);
	connections = open_fusectl();
	if (connections >= 0)
		fd = openat(connections, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		log_failure(errno, "echo 1 to the file 'abort' of the fusectl file system ends it",
			    "ending the connection to the kernel");
	if (fd >= 0)
		close(fd);
	if (connections >= 0)
		close(connections);
}

/* The process that waits. It keeps nothing of the daemon's open except its end of the pipe. */
static void watch(const struct mounted *mounted, int pipe_end)
{
	struct mounted found = *mounted;
	char byte;
	int null;

	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    (pipe_end = fcntl(pipe_end, F_DUPFD, 5)) < 0 || dup2(mounted->parent, 4) < 0 ||
	    dup2(pipe_end, 3) < 0 || close_range(5, ~0U, 0) != 0 || chdir("/") != 0)
		_exit(1);
	found.parent = 4;
	while (read(3, &byte, 1) < 0 && errno == EINTR)
		;
	detach(&found, false);
	_exit(0);
}

int mount_watch(const struct mounted *mounted)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
		log_failure(errno, NULL, "starting the process that unmounts");
		return -1;
	}
	if (child == 0) {
		close(ends[1]);
		watch(mounted, ends[0]);
	}
	close(ends[0]);
	return 0; /* the other end stays open as long as the daemon lives */
}
