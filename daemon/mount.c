// SPDX-License-Identifier: GPL-2.0-only
/* Mounting and unmounting; see mount.h. */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000
#endif

static const struct {
	const char *name;
	unsigned long flag;
	bool on;
} flag_options[] = {
	{"ro", MS_RDONLY, true},
	{"rw", MS_RDONLY, false},
	{"nosuid", MS_NOSUID, true},
	{"suid", MS_NOSUID, false},
	{"nodev", MS_NODEV, true},
	{"dev", MS_NODEV, false},
	{"noexec", MS_NOEXEC, true},
	{"exec", MS_NOEXEC, false},
	{"sync", MS_SYNCHRONOUS, true},
	{"async", MS_SYNCHRONOUS, false},
	{"dirsync", MS_DIRSYNC, true},
	{"noatime", MS_NOATIME, true},
	{"atime", MS_NOATIME, false},
	{"nodiratime", MS_NODIRATIME, true},
	{"diratime", MS_NODIRATIME, false},
	{"relatime", MS_RELATIME, true},
	{"norelatime", MS_RELATIME, false},
	{"strictatime", MS_STRICTATIME, true},
	{"nostrictatime", MS_STRICTATIME, false},
	{"lazytime", MS_LAZYTIME, true},
	{"nolazytime", MS_LAZYTIME, false},
	{"nosymfollow", MS_NOSYMFOLLOW, true},
	{"symfollow", MS_NOSYMFOLLOW, false},
};

/* Options that go to the kernel unchanged. */
static const char *const kernel_options[] = {
	"allow_other", "max_read=", "context=", "fscontext=", "defcontext=", "rootcontext=",
};

static int replace(char **string, const char *with)
{
	free(*string);
	*string = strdup(with);
	return *string ? 1 : -1;
}

int mount_option(struct mount_options *opts, const char *option)
{
	for (size_t i = 0; i < sizeof(flag_options) / sizeof(flag_options[0]); i++) {
		if (strcmp(option, flag_options[i].name) != 0)
			continue;
		if (flag_options[i].on) {
			opts->flags |= flag_options[i].flag;
			opts->set |= flag_options[i].flag;
			opts->cleared &= ~flag_options[i].flag;
		} else {
			opts->flags &= ~flag_options[i].flag;
			opts->set &= ~flag_options[i].flag;
			opts->cleared |= flag_options[i].flag;
		}
		return 1;
	}
	if (strcmp(option, "remount") == 0 || strcmp(option, "auto_unmount") == 0) {
		*(option[0] == 'r' ? &opts->remount : &opts->auto_unmount) = true;
		return 1;
	}
	if (strncmp(option, "fsname=", 7) == 0)
		return replace(&opts->fsname, option + 7);
	if (strncmp(option, "subtype=", 8) == 0)
		return replace(&opts->subtype, option + 8);
	for (size_t i = 0; i < sizeof(kernel_options) / sizeof(kernel_options[0]); i++) {
		const char *name = kernel_options[i];
		size_t len = strlen(name);
		char *data;

		if (name[len - 1] == '=' ? strncmp(option, name, len) : strcmp(option, name))
			continue;
		if (asprintf(&data, "%s%s%s", opts->data ?: "", opts->data ? "," : "", option) < 0)
			return -1;
		free(opts->data);
		opts->data = data;
		opts->others |= strcmp(option, "allow_other") == 0;
		return 1;
	}
	return 0;
}

static const char *mount_hint(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "mounting needs root (CAP_SYS_ADMIN)";
	case ENODEV:
	case ENOENT:
		return "this kernel has no FUSE: modprobe fuse";
	case EINVAL:
		return "the kernel did not accept a mount option; its log (dmesg) may say which";
	default:
		return NULL;
	}
}

/* Links that a path may lead through, as in the kernel. */
#define MAX_LINKS 40

/* Puts the target of the link @fd before the @rest of a path, which is freed. Returns NULL with errno. */
static char *follow(int fd, char *rest)
{
	char target[PATH_MAX], *path = NULL;
	ssize_t len = readlinkat(fd, "", target, sizeof(target));

	if (len >= 0 && asprintf(&path, "%.*s/%s", (int)len, target, rest) < 0)
		path = NULL;
	free(rest);
	return path;
}

/* What the walk along a path has come to. */
struct walk {
	int dir;
	char *rest; /* of the path; NULL once there was an error */
	int links;
};

static void end_walk(struct walk *w, int err)
{
	free(w->rest);
	w->rest = NULL;
	errno = err;
}

/* Takes one name of the path. */
static void step(struct walk *w)
{
	size_t len = strcspn(w->rest, "/");
	char *rest = strdup(w->rest + len), *name = w->rest;
	struct statx st;
	int fd = -1;

	name[len] = '\0';
	if (rest)
		fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	free(name);
	w->rest = rest;
	/* On the way may be a mount whose daemon is dead, or does not answer: what the kernel knows has to do. */
	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_UID, &st) != 0) {
		end_walk(w, errno);
	} else if (S_ISDIR(st.stx_mode)) {
		close(w->dir);
		w->dir = fd;
		return;
	} else if (!S_ISLNK(st.stx_mode)) {
		end_walk(w, ENOTDIR);
	} else if ((st.stx_uid != 0 && st.stx_uid != geteuid()) || ++w->links > MAX_LINKS) {
		end_walk(w, ELOOP);
	} else {
		w->rest = follow(fd, w->rest);
		if (w->rest && w->rest[0] == '/') {
			close(w->dir);
			w->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		}
	}
	if (fd >= 0)
		close(fd);
}

int mount_point_open(const char *path)
{
	struct walk w = {.dir = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC),
			 .rest = strdup(path)};
	int fd = -1, err;

	while (w.dir >= 0 && w.rest && w.rest[strspn(w.rest, "/")]) {
		memmove(w.rest, w.rest + strspn(w.rest, "/"),
			strlen(w.rest + strspn(w.rest, "/")) + 1);
		step(&w);
	}
	/* Not 0 to 2, which become /dev/null. */
	if (w.dir >= 0 && w.rest)
		fd = fcntl(w.dir, F_DUPFD_CLOEXEC, 3);
	err = errno;
	if (w.dir >= 0)
		close(w.dir);
	free(w.rest);
	errno = err;
	return fd;
}

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

/*
 * Opens the current mount at the mount point and sets its mount id. Sends no request to its daemon.
 */
static int open_top(const struct mounted *mounted, uint64_t *mnt_id)
{
	int fd = openat(mounted->parent, mounted->name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statx stx;

	if (fd < 0)
		return -1;
	if (look(fd, &stx) != 0) {
		close(fd);
		return -1;
	}
	*mnt_id = stx.stx_mnt_id;
	return fd;
}

/*
 * Opens the directory that has @below, and finds its name there. It goes by the path, since the way up from a mount
 * whose daemon is dead, or does not answer, is closed. Returns 0, or -1 with errno: ESTALE if the path leads elsewhere
 * by now.
 */
static int find_parent(struct mounted *mounted, int below)
{
	char link[32], path[PATH_MAX], *name;
	struct statx is = {0}, wanted = {0};
	uint64_t mnt_id;
	ssize_t len;
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", below);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return -1;
	path[len] = '\0';
	name = strrchr(path, '/');
	errno = ESTALE;
	if (!name || strlen(name + 1) >= sizeof(mounted->name))
		return -1;
	strcpy(mounted->name, name + 1);
	name[name == path] = '\0';
	mounted->parent = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mounted->parent < 0)
		return -1;
	fd = open_top(mounted, &mnt_id);
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

int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint, int below,
	       const struct mount_options *opts)
{
	char shown[256], type[128], where[32], *data = NULL;
	struct statx stx;
	int dev, fd, err;

	*mounted = (struct mounted){.mountpoint = mountpoint};
	if (find_parent(mounted, below) != 0) {
		log_failure(errno, "was it renamed or removed meanwhile?", "mount point %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		return -1;
	}
	mounted->dev = dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		log_failure(errno, mount_hint(errno), "opening /dev/fuse");
		return -1;
	}
	/*
	 * default_permissions: the daemon acts with its own rights, so the kernel has to check the
	 * caller's.
	 */
	if (asprintf(&data, "fd=%d,rootmode=%o,user_id=%u,group_id=%u,default_permissions%s%s", dev,
		     S_IFDIR, geteuid(), getegid(), opts->data ? "," : "", opts->data ?: "") < 0) {
		log_failure(ENOMEM, NULL, "mounting");
		goto fail;
	}
	snprintf(type, sizeof(type), "fuse.%s", opts->subtype ?: "fuselens");
	snprintf(where, sizeof(where), "/proc/self/fd/%d", below);
	if (mount(opts->fsname ?: source, where, type, opts->flags, data) != 0) {
		err = errno;
		log_failure(err, mount_hint(err), "mounting on %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		goto fail;
	}
	free(data);
	/* From here on nobody can rename the directory. */
	fd = open_top(mounted, &mounted->mnt_id);
	if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stx) == 0)
		mounted->connection = stx.stx_dev_minor;
	if (fd >= 0)
		close(fd); /* an open descriptor would keep the mount busy */
	return 0;
fail:
	free(data);
	close(dev);
	return -1;
}

void mount_detach(const struct mounted *mounted)
{
	char path[32], shown[256];
	uint64_t mnt_id;
	int top, dir;

	/* The mount that is there now may be another one, or the one below ours. */
	top = open_top(mounted, &mnt_id);
	if (top < 0)
		return;
	if (mnt_id == mounted->mnt_id) {
		dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0) {
			syncfs(dir);
			close(dir);
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", top);
		if (umount2(path, MNT_DETACH) != 0)
			log_failure(errno, "umount -l removes it", "unmounting %s",
				    log_name(mounted->mountpoint, shown, sizeof(shown)));
	}
	close(top);
}

void mount_abort(const struct mounted *mounted)
{
	char path[64];
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%u/abort", mounted->connection);
	if (mounted->connection)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		log_failure(errno, "mount the fusectl file system on /sys/fs/fuse/connections",
			    "ending the connection to the kernel");
	if (fd >= 0)
		close(fd);
}

/* The same flags for mount(2) and mount_setattr(2), except those for times. */
static const struct {
	unsigned long flag;
	uint64_t attr;
} attributes[] = {
	{MS_RDONLY, MOUNT_ATTR_RDONLY},		{MS_NOSUID, MOUNT_ATTR_NOSUID},
	{MS_NODEV, MOUNT_ATTR_NODEV},		{MS_NOEXEC, MOUNT_ATTR_NOEXEC},
	{MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

struct mount_attr mount_times(const struct mount_options *opts)
{
	struct mount_attr attr = {0};
	unsigned long kinds = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

	if ((opts->set | opts->cleared) & kinds) {
		attr.attr_clr = MOUNT_ATTR__ATIME;
		/* MOUNT_ATTR_RELATIME is 0: none of the others is set. */
		attr.attr_set = opts->set & MS_NOATIME	     ? MOUNT_ATTR_NOATIME
				: opts->set & MS_STRICTATIME ? MOUNT_ATTR_STRICTATIME
							     : MOUNT_ATTR_RELATIME;
	}
	if (opts->set & MS_NODIRATIME)
		attr.attr_set |= MOUNT_ATTR_NODIRATIME;
	if (opts->cleared & MS_NODIRATIME)
		attr.attr_clr |= MOUNT_ATTR_NODIRATIME;
	return attr;
}

/* The file system's own flags: read-only or not, synchronous or not. */
static int reconfigure(const char *mountpoint, const struct mount_options *opts)
{
	static const struct {
		unsigned long flag;
		const char *on, *off;
	} words[] = {
		{MS_RDONLY, "ro", "rw"},
		{MS_SYNCHRONOUS, "sync", "async"},
		{MS_DIRSYNC, "dirsync", NULL},
		{MS_LAZYTIME, "lazytime", "nolazytime"},
	};
	int fs = fspick(AT_FDCWD, mountpoint, FSPICK_CLOEXEC), res = 0, err;

	if (fs < 0)
		return -1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && res == 0; i++) {
		const char *word = opts->set & words[i].flag	   ? words[i].on
				   : opts->cleared & words[i].flag ? words[i].off
								   : NULL;

		if (word)
			res = fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	}
	if (res == 0)
		res = fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	err = errno;
	close(fs);
	errno = err;
	return res;
}

int mount_remount(const char *mountpoint, int root, const struct mount_options *opts)
{
	struct mount_attr attr = mount_times(opts);
	char shown[256], where[32];

	snprintf(where, sizeof(where), "/proc/self/fd/%d", root);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (opts->set & attributes[i].flag)
			attr.attr_set |= attributes[i].attr;
		if (opts->cleared & attributes[i].flag)
			attr.attr_clr |= attributes[i].attr;
	}
	if (reconfigure(where, opts) == 0 &&
	    mount_setattr(AT_FDCWD, where, 0, &attr, sizeof(attr)) == 0)
		return 0;
	log_failure(errno, errno == EBUSY ? "files are open for writing there" : mount_hint(errno),
		    "changing the mount on %s", log_name(mountpoint, shown, sizeof(shown)));
	return -1;
}

/* The process that waits. It keeps nothing of the daemon's open except its end of the pipe. */
static void watch(const struct mounted *mounted, int pipe_end)
{
	struct mounted found = *mounted;
	char path[32], byte;
	uint64_t mnt_id;
	int top, null;

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
	top = open_top(&found, &mnt_id);
	if (top >= 0 && mnt_id == mounted->mnt_id) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", top);
		umount2(path, MNT_DETACH);
	}
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
