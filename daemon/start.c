// SPDX-License-Identifier: GPL-2.0-only
/* What a daemon needs before it mounts; see start.h. */
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log.h"

/* Newer than some C libraries' headers. */
#ifndef ST_NOEXEC
#define ST_NOEXEC 8
#endif
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000
#endif

size_t raise_file_limit(void)
{
	struct rlimit limit;
	FILE *f = fopen("/proc/sys/fs/nr_open", "re");
	unsigned long most = 0;

	if (f) {
		if (fscanf(f, "%lu", &most) != 1)
			most = 0;
		fclose(f);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024;
	/* Going above the hard limit needs CAP_SYS_RESOURCE; without it, take the hard limit. */
	if (most > limit.rlim_max && setrlimit(RLIMIT_NOFILE, &(struct rlimit){most, most}) == 0)
		return most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

void lift_size_limit(void)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	/* If we may not, let the write fail: the signal would end the mount for all users. */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
}

void keep_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/*
 * FUSE keeps no read times. The source keeps them, as the options of its mount say. If the mirror
 * has other options, the source is read through a mount of our own, which nobody else sees.
 */
static int open_tree_with_times(int source, const struct mount_options *opts)
{
	struct mount_attr attr = mount_times(opts);
	int fd, err;

	if (!attr.attr_set && !attr.attr_clr)
		return fcntl(source, F_DUPFD_CLOEXEC, 3);
	fd = open_tree(source, "",
		       AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd >= 0 &&
	    mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) != 0) {
		err = errno;
		close(fd);
		errno = err;
		fd = -1;
	}
	return fd;
}

/* The mirror's mount takes over what only a mount can enforce, unless the opposite was named. */
static void take_over_flags(int source, struct mount_options *opts)
{
	static const struct {
		unsigned long source, mirror;
	} flags[] = {{ST_NOEXEC, MS_NOEXEC}, {ST_NOSYMFOLLOW, MS_NOSYMFOLLOW}};
	struct statfs fs;

	if (fstatfs(source, &fs) != 0)
		return;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (fs.f_flags & flags[i].source && !(opts->cleared & flags[i].mirror))
			opts->flags |= flags[i].mirror;
}

int source_open(struct mirror *m, const char *source, int source_fd, struct mount_options *opts)
{
	char shown[256];
	struct stat st;
	int fd;

	m->proc_self = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (m->proc_self < 0) {
		log_failure(errno, "mount proc on /proc", "opening /proc/self/fd");
		return -1;
	}
	fd = open_tree_with_times(source_fd, opts);
	if (fd < 0 || fstat(fd, &st) != 0) {
		log_failure(errno, NULL, "opening the source %s",
			    log_name(source, shown, sizeof(shown)));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	take_over_flags(fd, opts);
	m->root = (struct inode){
		.key = {st.st_dev, st.st_ino},
		.fd = fd,
		.type = S_IFDIR,
		.nlookup = 1,
		.io_lock = PTHREAD_MUTEX_INITIALIZER,
	};
	append_init(&m->root.append);
	return 0;
}
