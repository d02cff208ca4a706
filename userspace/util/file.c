// SPDX-License-Identifier: GPL-2.0-only
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define MAX_FILE (64u << 20)

char *fl_read_file(const char *path, size_t *len, struct fl_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st)) {
		fl_errno(err, errno, "cannot read %s", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		fl_err(err, "%s: %s", path,
		       S_ISREG(st.st_mode) ? "larger than 64 MiB" : "not a regular file");
		goto fail;
	}
	text = malloc(st.st_size + 1);
	if (!text) {
		fl_err(err, "out of memory");
		goto fail;
	}
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, text + n, st.st_size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fl_errno(err, errno, "cannot read %s", path);
			goto fail;
		}
		if (!got)
			break;
		n += got;
	}
	text[n] = '\0';
	*len = n;
	close(fd);
	return text;
fail:
	free(text);
	if (fd >= 0)
		close(fd);
	return NULL;
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
