// SPDX-License-Identifier: GPL-2.0-only
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define MAX_FILE (64u << 20)

char *fl_read_all(int fd, size_t max, size_t *len)
{
	size_t room = 1 << 16;
	char *text = malloc(room), *grown;
	ssize_t got;

	*len = 0;
	while (text) {
		got = read(fd, text + *len, room - *len - 1);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			break;
		*len += got;
		text[*len] = '\0';
		if (!got)
			return text;
		if (*len > max) {
			errno = EFBIG;
			break;
		}
		if (room - *len > 1)
			continue;
		room *= 2;
		grown = realloc(text, room);
		if (!grown)
			break;
		text = grown;
	}
	free(text);
	return NULL;
}

char *fl_read_file(const char *path, size_t *len, struct fl_err *err)
{
	return fl_read_fd(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), path, len, err);
}

char *fl_read_fd(int fd, const char *path, size_t *len, struct fl_err *err)
{
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st)) {
		fl_errno(err, errno, "cannot read %s", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		fl_err(err, "%s: not a regular file", path);
		goto fail;
	}
	/* read from the beginning, whatever the descriptor's position */
	lseek(fd, 0, SEEK_SET);
	text = fl_read_all(fd, MAX_FILE, len);
	if (!text) {
		if (errno == EFBIG)
			fl_err(err, "%s: larger than 64 MiB", path);
		else
			fl_errno(err, errno, "cannot read %s", path);
		goto fail;
	}
	close(fd);
	return text;
fail:
	if (fd >= 0)
		close(fd);
	return NULL;
}

char *fl_path_of(int fd)
{
	char link[32], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (n == sizeof(path))
		errno = ENAMETOOLONG;
	return n >= 0 && n < (ssize_t)sizeof(path) ? strndup(path, n) : NULL;
}

size_t fl_read_proc(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	while (fd >= 0 && n < len - 1 && (got = read(fd, buf + n, len - 1 - n)) > 0)
		n += got;
	if (fd >= 0)
		close(fd);
	buf[n] = '\0';
	return n;
}

bool fl_read_line(const char *path, char *buf, size_t len)
{
	bool ok = fl_read_proc(path, buf, len) > 0;

	buf[strcspn(buf, "\n")] = '\0';
	return ok;
}
