// SPDX-License-Identifier: GPL-2.0-only
/* What is in a tree, in words that two file systems can agree on. */
#include "diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Times that were set are small; those of the clock differ from side to side. */
static void print_time(char *to, size_t size, struct timespec t)
{
	if (t.tv_sec < 1000000000)
		snprintf(to, size, "%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
	else
		snprintf(to, size, "now");
}

static void print_stat(const struct stat *st, char *text, size_t size)
{
	char atime[32], mtime[32], ctime[32];

	print_time(atime, sizeof(atime), st->st_atim);
	print_time(mtime, sizeof(mtime), st->st_mtim);
	print_time(ctime, sizeof(ctime), st->st_ctim);
	if (S_ISFIFO(st->st_mode))
		atime[0] = mtime[0] = ctime[0] = '\0';
	snprintf(text, size, "mode %o nlink %lu owner %u:%u size %ld rdev %lx a %s m %s c %s",
		 st->st_mode, (unsigned long)st->st_nlink, st->st_uid, st->st_gid,
		 S_ISDIR(st->st_mode) ? 0L : (long)st->st_size, (unsigned long)st->st_rdev,
		 S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode) ? "-" : atime, mtime, ctime);
}

void describe(int dirfd, const char *name, int flags, char *text, size_t size)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, flags) != 0)
		snprintf(text, size, "%s", strerrorname_np(errno));
	else
		print_stat(&st, text, size);
}

/* By words of 8 bytes: the trees' content is what a sequence reads most of. */
uint64_t sum_of(uint64_t sum, const char *buf, ssize_t n)
{
	uint64_t word;
	ssize_t i = 0;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, buf + i, 8);
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 29;
	}
	for (; i < n; i++)
		sum = sum * 33 + (unsigned char)buf[i];
	return sum;
}

static void content(FILE *out, const char *path)
{
	char buf[65536];
	uint64_t sum = 0;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOATIME);
	ssize_t n;

	if (fd < 0) {
		fprintf(out, " %s", strerrorname_np(errno));
		return;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum = sum_of(sum, buf, n);
	fprintf(out, " content %lx%s", (unsigned long)sum, n < 0 ? " and an error" : "");
	close(fd);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void attributes(FILE *out, const char *path)
{
	char names[4096], value[1024], *sorted[64];
	ssize_t len = llistxattr(path, names, sizeof(names));
	int n = 0;

	for (ssize_t at = 0; at < len && n < 64; at += strlen(names + at) + 1)
		sorted[n++] = names + at;
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (int i = 0; i < n; i++) {
		ssize_t size = lgetxattr(path, sorted[i], value, sizeof(value));

		fprintf(out, " %s=", sorted[i]);
		for (ssize_t k = 0; k < size; k++)
			fprintf(out, "%02x", (unsigned char)value[k]);
	}
}

static void walk(FILE *out, const char *path)
{
	char text[512], *names[512];
	struct stat st;
	struct dirent *de;
	DIR *dir;
	int n = 0;

	describe(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, text, sizeof(text));
	fprintf(out, "%s: %s", path, text);
	attributes(out, path);
	if (lstat(path, &st) != 0)
		st.st_mode = 0;
	if (S_ISREG(st.st_mode))
		content(out, path);
	if (S_ISLNK(st.st_mode)) {
		ssize_t len = readlink(path, text, sizeof(text) - 1);

		fprintf(out, " -> %.*s", (int)len, text);
	}
	fputc('\n', out);
	if (!S_ISDIR(st.st_mode) || !(dir = opendir(path)))
		return;
	while ((de = readdir(dir)) && n < 512)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0 &&
		    asprintf(&names[n], "%s/%s", path, de->d_name) > 0)
			n++;
	closedir(dir);
	qsort(names, n, sizeof(*names), by_name);
	for (int i = 0; i < n; i++) {
		walk(out, names[i]);
		free(names[i]);
	}
}

char *tree(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	walk(out, ".");
	fclose(out);
	return text;
}
