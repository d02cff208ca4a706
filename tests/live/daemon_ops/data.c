// SPDX-License-Identifier: GPL-2.0-only
/* What is in files: writing, appending, cutting, holes, mapping, copying, files without a name. */
#include "ops.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static void case_create_read_write(void)
{
	char buf[100] = "";
	int fd = OPEN(open("f", O_RDWR | O_CREAT | O_EXCL, 0640));

	OPEN(open("f", O_RDWR | O_CREAT | O_EXCL, 0640));
	DO(write(fd, "hello world", 11));
	DO(pwrite(fd, "W", 1, 6));
	DO(pread(fd, buf, 100, 0));
	note("%s", buf);
	DO(pread(fd, buf, 100, 11));
	DO(pread(fd, buf, 100, 1000));
	DO(lseek(fd, 0, SEEK_END));
	look_fd(fd);
	DO(fsync(fd));
	DO(fdatasync(fd));
	DO(close(fd));
	content("f");
	fd = OPEN(open("f", O_RDONLY));
	DO(write(fd, "x", 1));
	DO(ftruncate(fd, 0));
	DO(close(fd));
	fd = OPEN(open("f", O_WRONLY));
	DO(read(fd, buf, 1));
	DO(close(fd));
	fd = OPEN(open("f", O_WRONLY | O_TRUNC));
	look_fd(fd);
	DO(close(fd));
	look("f");
}

static void case_append(void)
{
	int a = OPEN(open("f", O_WRONLY | O_CREAT | O_APPEND, 0600));
	int b = OPEN(open("f", O_WRONLY));

	DO(write(a, "one", 3));
	DO(write(b, "two-two", 7));
	DO(write(a, "three", 5));
	DO(pwrite(a, "four", 4, 0)); /* Linux appends whatever the offset */
	content("f");
	look("f");
	DO(close(a));
	DO(close(b));
}

/* Larger than a request: the pieces of a direct write travel at the same time. */
static void case_append_large(void)
{
	enum { LEN = (4 << 20) + 4096 };
	int fd = OPEN(open("f", O_WRONLY | O_CREAT | O_APPEND | O_DIRECT, 0600));
	char *buf = aligned_alloc(4096, LEN);

	for (int n = 0; buf && n < 4; n++) {
		for (int i = 0; i < LEN; i++)
			buf[i] = (i >> 12) * 7 + n;
		DO(write(fd, buf, LEN));
	}
	free(buf);
	content("f");
	look("f");
	DO(close(fd));
}

static void case_setfl_append(void)
{
	int a = OPEN(open("f", O_WRONLY | O_CREAT | O_APPEND, 0600));
	int b = OPEN(open("f", O_WRONLY));

	DO(write(a, "0123456789", 10));
	DO(fcntl(a, F_SETFL, 0));
	DO(pwrite(a, "X", 1, 0));
	DO(fcntl(b, F_SETFL, O_APPEND));
	DO(write(b, "end", 3));
	content("f");
	DO(close(a));
	DO(close(b));
}

static void case_truncate(void)
{
	int fd;

	put("f", "0123456789");
	DO(truncate("f", 5));
	look("f");
	DO(truncate("f", 70000));
	content("f");
	fd = OPEN(open("f", O_RDWR));
	DO(ftruncate(fd, 3));
	DO(ftruncate(fd, 6));
	DO(ftruncate(fd, -1));
	look_fd(fd);
	DO(close(fd));
	content("f");
	DO(mkdir("d", 0755));
	DO(truncate("d", 0));
	DO(truncate("none", 0));
}

static void case_holes(void)
{
	int fd = OPEN(open("f", O_RDWR | O_CREAT, 0600));

	DO(pwrite(fd, "a", 1, 0));
	DO(pwrite(fd, "b", 1, 1 << 20));
	DO(fsync(fd));
	DO(lseek(fd, 0, SEEK_DATA));
	DO(lseek(fd, 512 << 10, SEEK_DATA));
	DO(lseek(fd, 0, SEEK_HOLE));
	DO(lseek(fd, 1 << 20, SEEK_HOLE));
	DO(lseek(fd, 2 << 20, SEEK_DATA));
	DO(fallocate(fd, 0, 2 << 20, 4096));
	look_fd(fd);
	DO(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 << 20, 4096));
	look_fd(fd);
	DO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	DO(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 8192));
	DO(fallocate(fd, 0, 0, 0));
	DO(posix_fallocate(fd, 0, 100));
	DO(close(fd));
	content("f");
}

static void case_unlinked_open(void)
{
	char buf[20] = "";
	int fd = OPEN(open("f", O_RDWR | O_CREAT, 0600)), fd2;

	DO(write(fd, "before", 6));
	DO(unlink("f"));
	look_fd(fd);
	DO(pwrite(fd, "AFTER", 5, 6));
	DO(pread(fd, buf, 20, 0));
	note("%s", buf);
	DO(ftruncate(fd, 4));
	DO(fchmod(fd, 0444));
	DO(fsync(fd));
	look_fd(fd);
	fd2 = OPEN(open("f", O_RDWR | O_CREAT | O_EXCL, 0600));
	DO(write(fd2, "new", 3));
	look_fd(fd);
	look_fd(fd2);
	DO(close(fd));
	DO(close(fd2));
	content("f");
	fd = OPEN(open("g", O_RDWR | O_CREAT, 0600));
	fd2 = OPEN(open("g", O_RDONLY));
	DO(unlink("g"));
	DO(close(fd));
	DO(pread(fd2, buf, 20, 0));
	DO(close(fd2));
}

static void case_tmpfile(void)
{
	char path[64];
	int fd = OPEN(open(".", O_TMPFILE | O_RDWR, 0640));

	DO(write(fd, "nameless", 8));
	look_fd(fd);
	list(".");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* Not DO(): the number in the path differs. */
	note("link: %d", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	look_fd(fd);
	DO(close(fd));
	content("named");
	fd = OPEN(open(".", O_TMPFILE | O_WRONLY | O_EXCL, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	note("link: %d %s", linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW),
	     strerrorname_np(errno));
	DO(close(fd));
	OPEN(open(".", O_TMPFILE | O_RDONLY, 0600));
	OPEN(open("named", O_TMPFILE | O_RDWR, 0600));
	list(".");
}

static void case_copy_and_map(void)
{
	loff_t from = 0, to = 10;
	off_t at = 2;
	char *map;
	int a, b, pipefd[2];

	put("a", "the source of it all");
	a = OPEN(open("a", O_RDWR));
	b = OPEN(open("b", O_RDWR | O_CREAT, 0600));
	DO(copy_file_range(a, &from, b, &to, 10, 0));
	DO(copy_file_range(a, &from, b, &to, 100, 0));
	DO(copy_file_range(a, &from, b, &to, 100, 0));
	content("b");
	DO(sendfile(b, a, &at, 5));
	content("b");
	DO(pipe(pipefd));
	DO(write(pipefd[1], "piped", 5));
	to = 3;
	DO(splice(pipefd[0], NULL, b, &to, 5, 0));
	from = 1;
	DO(splice(b, &from, pipefd[1], NULL, 8, 0));
	content("b");
	DO(close(pipefd[0]));
	DO(close(pipefd[1]));
	DO(ftruncate(b, 8192));
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
	note("mapped %d", map != MAP_FAILED);
	if (map != MAP_FAILED) {
		note("%.5s", map);
		memcpy(map + 5000, "through the map", 15);
		DO(msync(map, 8192, MS_SYNC));
		DO(munmap(map, 8192));
	}
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, a, 0);
	note("private %s", map == MAP_FAILED ? "failed" : map);
	munmap(map, 4096);
	DO(close(a));
	DO(close(b));
	content("b");
}

static void case_direct_io(void)
{
	char *buf = aligned_alloc(4096, 16384);
	int fd = OPEN(open("f", O_RDWR | O_CREAT | O_DIRECT, 0600));

	memset(buf, 'd', 16384);
	DO(write(fd, buf, 16384));
	DO(pwrite(fd, buf, 4096, 32768));
	memset(buf, 0, 16384);
	DO(pread(fd, buf, 16384, 8192));
	note("%c%c", buf[0], buf[8191]);
	look_fd(fd);
	DO(close(fd));
	content("f");
	free(buf);
}

static void case_large(void)
{
	size_t size = 5 << 20;
	char *buf = malloc(size);
	int fd = OPEN(open("f", O_RDWR | O_CREAT, 0600));

	for (size_t i = 0; i < size; i++)
		buf[i] = i * 7 + i / 4096;
	DO(write(fd, buf, size));
	DO(pwrite(fd, buf, 100000, 12345));
	DO(pread(fd, buf, size, 3));
	DO(pwrite(fd, "end", 3, 1L << 33));
	DO(pread(fd, buf, 10, (1L << 33) - 5));
	look_fd(fd);
	DO(ftruncate(fd, 6 << 20));
	DO(close(fd));
	content("f");
	free(buf);
}

const struct ops_case data_cases[] = {
	{"create, read, write", case_create_read_write},
	{"append", case_append},
	{"large direct append", case_append_large},
	{"O_APPEND by fcntl", case_setfl_append,
	 .may_differ = "a passthrough write heeds the O_APPEND of open(2), not that of fcntl(2)"},
	{"truncate", case_truncate},
	{"holes and fallocate", case_holes},
	{"unlinked while open", case_unlinked_open},
	{"O_TMPFILE", case_tmpfile},
	{"copy, splice, map", case_copy_and_map},
	{"O_DIRECT", case_direct_io},
	{"large", case_large},
	{},
};
