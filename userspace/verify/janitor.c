// SPDX-License-Identifier: GPL-2.0-only
#include "verify/janitor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "cmd.h"

struct made {
	int err;
	__u64 free_bytes;
};

/* The directory is flat. Workers may still be dying, so an entry may turn up late. */
static int empty_and_remove(int base, const char *name)
{
	for (int tries = 0; tries < 100; tries++) {
		int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		struct dirent *d;

		while (dir && (d = readdir(dir)))
			if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
				unlinkat(dirfd(dir), d->d_name, 0);
		if (dir)
			closedir(dir);
		if (!unlinkat(base, name, AT_REMOVEDIR) || errno == ENOENT)
			return 0;
		usleep(50000);
	}
	return -1;
}

static void janitor(int line, const char *path, const char *name)
{
	struct made made = {};
	struct statvfs fs;
	char order = 'r';
	int base;

	/* Ctrl-C is for the command; we go when it has gone */
	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0 || mkdirat(base, name, 0755) || fstatvfs(base, &fs))
		made.err = errno;
	else
		made.free_bytes = (__u64)fs.f_bavail * fs.f_frsize;
	if (write(line, &made, sizeof(made)) != sizeof(made) || made.err) {
		if (base >= 0)
			unlinkat(base, name, AT_REMOVEDIR);
		_exit(1);
	}
	/* nothing but EOF: the command was killed */
	if (read(line, &order, 1) < 1)
		order = 'r';
	_exit(order == 'k' ? 0 : empty_and_remove(base, name) != 0);
}

int fl_janitor_start(struct fl_janitor *j, const char *base, double seconds, struct fl_err *err)
{
	struct made made = {};
	struct pollfd p = {.events = POLLIN};
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	int line[2], ready = 0;

	snprintf(j->name, sizeof(j->name), ".fuselens-verify-%d", getpid());
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line))
		return fl_errno(err, errno, "cannot make a socket pair");
	j->pid = fork();
	if (!j->pid) {
		close(line[0]);
		janitor(line[1], base, j->name);
	}
	close(line[1]);
	j->line = p.fd = line[0];
	if (j->pid < 0)
		return fl_errno(err, errno, "cannot fork");
	while (!ready && !fl_interrupted && fl_now_ns() < end)
		ready = poll(&p, 1, 100) > 0;
	if (!ready) {
		kill(j->pid, SIGKILL);
		j->pid = 0; /* nothing to clean up, or nobody can */
		fl_err(err,
		       fl_interrupted
			       ? "interrupted"
			       : "%s does not answer: making a directory there takes longer than %.0f s",
		       base, seconds);
		return fl_hint(err, "'fuselens files' shows the mount without asking its daemon");
	}
	if (read(j->line, &made, sizeof(made)) != sizeof(made))
		made.err = EIO;
	if (made.err) {
		waitpid(j->pid, NULL, 0);
		j->pid = 0;
		return fl_errno(err, made.err, "cannot make a directory in %s", base);
	}
	j->free_bytes = made.free_bytes;
	return 0;
}

void fl_janitor_forget(struct fl_janitor *j)
{
	close(j->line);
	j->line = -1;
}

int fl_janitor_finish(struct fl_janitor *j, bool keep, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	int status = 0;

	if (j->pid <= 0)
		return 0;
	if (keep && write(j->line, "k", 1) != 1)
		keep = false;
	close(j->line);
	do {
		if (waitpid(j->pid, &status, WNOHANG) == j->pid) {
			j->pid = 0;
			return status ? -1 : 0;
		}
		usleep(10000);
	} while (fl_now_ns() < end);
	return -1;
}
