// SPDX-License-Identifier: GPL-2.0-only
#include "ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

FILE *out;

void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	fputc('\n', out);
}

static void note_stat(const char *what, const struct stat *st)
{
	note("%s: mode %o nlink %lu uid %u gid %u size %ld rdev %lx", what, st->st_mode,
	     (unsigned long)st->st_nlink, st->st_uid, st->st_gid,
	     S_ISDIR(st->st_mode) ? 0L : (long)st->st_size, (unsigned long)st->st_rdev);
}

void look(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		note("%s: %s", path, strerrorname_np(errno));
	else
		note_stat(path, &st);
}

void look_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		note("fd: %s", strerrorname_np(errno));
	else
		note_stat("fd", &st);
}

void content(const char *path)
{
	char buf[65536];
	int fd = open(path, O_RDONLY);
	unsigned long sum = 5381, total = 0;
	ssize_t n;

	if (fd < 0) {
		note("content %s: %s", path, strerrorname_np(errno));
		return;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		total += n;
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 33 + (unsigned char)buf[i];
	}
	note("content %s: %lu bytes, hash %lx, end %zd", path, total, sum, n);
	close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void list(const char *path)
{
	DIR *dir = opendir(path);
	char *names[4096];
	size_t n = 0;
	struct dirent *de;

	if (!dir) {
		note("list %s: %s", path, strerrorname_np(errno));
		return;
	}
	while ((de = readdir(dir)) && n < 4096)
		if (asprintf(&names[n], "%s type %d", de->d_name, de->d_type) > 0)
			n++;
	closedir(dir);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		note("entry %s", names[i]);
		free(names[i]);
	}
}

void put(const char *path, const char *text)
{
	int fd = OPEN(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	DO(write(fd, text, strlen(text)));
	DO(close(fd));
}

void as_user(uid_t uid, void (*todo)(void))
{
	fflush(out);
	if (setegid(uid) != 0 || seteuid(uid) != 0)
		note("becoming %u: %s", uid, strerrorname_np(errno));
	todo();
	if (seteuid(0) != 0 || setegid(0) != 0)
		abort();
}
