// SPDX-License-Identifier: GPL-2.0-only
/* Paths that lead through directories of other users; see path.h. */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mountinfo.h"

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

/* Whether another user says where the link leads that is open at @fd. */
static bool is_foreign(int fd, const struct statx *link)
{
	struct mount_line mount;
	uid_t user = link->stx_uid;

	/* A user's FUSE daemon may show any owner. */
	if ((user == 0 || user == geteuid()) && mount_line_find(mount_line_id(fd), &mount))
		user = mount.user;
	return user != 0 && user != geteuid();
}

/* Takes one name of the path, which is a link, or no directory. */
static void step_by_link(struct walk *w, const char *name)
{
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;

	/* On the way may be a mount whose daemon is dead, or does not answer: what the kernel knows has to do. */
	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_UID, &st) != 0) {
		end_walk(w, errno);
	} else if (!S_ISLNK(st.stx_mode)) {
		end_walk(w, ENOTDIR);
	} else if (is_foreign(fd, &st) || ++w->links > MAX_LINKS) {
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

/* Takes one name of the path. */
static void step(struct walk *w)
{
	size_t len = strcspn(w->rest, "/");
	char *rest = strdup(w->rest + len), *name = w->rest;
	int fd;

	name[len] = '\0';
	w->rest = rest;
	/* O_DIRECTORY has an automounter mount what belongs there. */
	fd = rest ? openat(w->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd >= 0) {
		close(w->dir);
		w->dir = fd;
	} else if (rest && errno == ENOTDIR) {
		step_by_link(w, name);
	} else {
		end_walk(w, errno);
	}
	free(name);
}

int path_open_dir(const char *path)
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

int path_open_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return path_open_dir(".");
	dir = strndup(path, slash == path ? 1 : slash - path);
	if (!dir)
		return -1;
	fd = path_open_dir(dir);
	free(dir);
	return fd;
}
