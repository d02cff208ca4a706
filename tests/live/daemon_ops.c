// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the same in two directories, a plain one and a mirror of another, and compares every result,
 * errno, byte and attribute. Each case runs in a fresh subdirectory and writes down what it saw; the
 * two records must be equal.
 *
 * usage: daemon_ops PREFIX PLAIN_DIR MIRROR_DIR [xattr]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char *record;
static size_t record_len;
static FILE *out;

#define DO(expr)                                                                          \
	({                                                                                \
		long _res;                                                                \
		errno = 0;                                                                \
		_res = (long)(expr);                                                      \
		note("%s = %ld %s", #expr, _res, _res < 0 ? strerrorname_np(errno) : ""); \
		_res;                                                                     \
	})

/* For calls that return a descriptor: its number is nobody's business. */
#define OPEN(expr)                                                                 \
	({                                                                         \
		int _fd;                                                           \
		errno = 0;                                                         \
		_fd = (expr);                                                      \
		note("%s = %s", #expr, _fd < 0 ? strerrorname_np(errno) : "open"); \
		_fd;                                                               \
	})

static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
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

static void look(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		note("%s: %s", path, strerrorname_np(errno));
	else
		note_stat(path, &st);
}

static void look_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		note("fd: %s", strerrorname_np(errno));
	else
		note_stat("fd", &st);
}

static void content(const char *path)
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

static void list(const char *path)
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

static void put(const char *path, const char *text)
{
	int fd = OPEN(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	DO(write(fd, text, strlen(text)));
	DO(close(fd));
}

static void as_user(uid_t uid, void (*todo)(void))
{
	fflush(out);
	if (setegid(uid) != 0 || seteuid(uid) != 0)
		note("becoming %u: %s", uid, strerrorname_np(errno));
	todo();
	if (seteuid(0) != 0 || setegid(0) != 0)
		abort();
}

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

static void case_chown_nobody(void)
{
	put("f", "x");
	DO(chmod("f", 07777));
	DO(chown("f", -1, -1));
	look("f");
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

static void case_dirs(void)
{
	DO(mkdir("d", 0751));
	DO(mkdir("d", 0755));
	DO(mkdir("none/d", 0755));
	put("f", "x");
	DO(mkdir("f/d", 0755));
	DO(mkdir("d/e", 0700));
	DO(rmdir("d"));
	DO(rmdir("f"));
	DO(rmdir("none"));
	DO(unlink("d"));
	look("d");
	list(".");
	list("d");
	list("f");
	DO(rmdir("d/e"));
	DO(rmdir("d"));
	OPEN(open("f", O_RDONLY | O_DIRECTORY));
	OPEN(open(".", O_WRONLY));
	DO(chdir("f"));
}

static void case_nodes(void)
{
	struct stat st;
	int fd;

	DO(mkfifo("fifo", 0640));
	DO(mknod("regular", S_IFREG | 0604, 0));
	DO(mknod("socket", S_IFSOCK | 0644, 0));
	DO(mknod("char", S_IFCHR | 0600, makedev(1, 3)));
	DO(mknod("block", S_IFBLK | 0600, makedev(7, 200)));
	DO(mknod("fifo", S_IFIFO, 0));
	look("fifo");
	look("regular");
	look("socket");
	look("char");
	look("block");
	list(".");
	fd = OPEN(open("fifo", O_RDWR | O_NONBLOCK));
	DO(write(fd, "x", 1));
	DO(fstat(fd, &st));
	DO(close(fd));
	DO(unlink("socket"));
	list(".");
}

static void case_links(void)
{
	char target[100] = "", longname[300];
	int fd;

	put("a", "text");
	DO(link("a", "b"));
	DO(link("a", "b"));
	DO(link("none", "c"));
	look("a");
	DO(unlink("a"));
	look("b");
	content("b");
	DO(mkdir("d", 0755));
	DO(link("d", "e"));
	DO(symlink("b", "s"));
	DO(symlink("b", "s"));
	DO(symlink("", "empty"));
	DO(symlink("nowhere", "dangling"));
	DO(symlink("loop", "loop"));
	DO(readlink("s", target, sizeof(target)));
	note("%s", target);
	DO(readlink("b", target, sizeof(target)));
	look("s");
	content("s");
	OPEN(open("dangling", O_RDONLY));
	fd = OPEN(open("dangling", O_WRONLY | O_CREAT, 0600));
	DO(close(fd));
	look("nowhere");
	OPEN(open("loop", O_RDONLY));
	OPEN(open("s", O_RDONLY | O_NOFOLLOW));
	DO(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0));
	look("s2");
	look("s");
	DO(lchown("s", 12, 34));
	look("s");
	DO(fchmodat(AT_FDCWD, "s", 0600, 0));
	look("b");
	memset(longname, 'x', 255);
	longname[255] = '\0';
	fd = OPEN(open(longname, O_CREAT | O_WRONLY, 0600));
	DO(close(fd));
	longname[255] = 'x';
	longname[256] = '\0';
	OPEN(open(longname, O_CREAT | O_WRONLY, 0600));
	list(".");
}

static void case_rename(void)
{
	put("a", "a");
	put("b", "bb");
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
	content("a");
	content("b");
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "none", RENAME_EXCHANGE));
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
	DO(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE));
	DO(rename("c", "b"));
	content("b");
	DO(rename("none", "x"));
	DO(mkdir("d", 0755));
	DO(mkdir("e", 0755));
	DO(rename("b", "d"));
	DO(rename("d", "b"));
	DO(rename("d", "d/sub"));
	DO(rename("b", "d/b"));
	DO(rename("e", "d"));
	DO(rename("d", "e"));
	list(".");
	list("e");
	DO(rename("e/b", "e/b"));
	content("e/b");
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

static void case_attributes(void)
{
	struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
	struct stat st;
	int fd;

	put("f", "x");
	DO(chmod("f", 06711));
	look("f");
	DO(chown("f", 1000, 2000));
	look("f");
	DO(chmod("f", 02745));
	DO(chown("f", -1, 3000));
	look("f");
	DO(utimensat(AT_FDCWD, "f", times, 0));
	DO(stat("f", &st));
	note("times %ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
	     st.st_mtim.tv_nsec);
	times[0].tv_nsec = UTIME_OMIT;
	times[1] = (struct timespec){1200000000, 5};
	DO(utimensat(AT_FDCWD, "f", times, 0));
	DO(stat("f", &st));
	note("times %ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
	     st.st_mtim.tv_nsec);
	times[1].tv_nsec = UTIME_NOW;
	DO(utimensat(AT_FDCWD, "f", times, 0));
	DO(stat("f", &st));
	note("touched %d", st.st_mtim.tv_sec > 1700000000);
	DO(symlink("f", "s"));
	times[0] = times[1] = (struct timespec){1300000000, 7};
	DO(utimensat(AT_FDCWD, "s", times, AT_SYMLINK_NOFOLLOW));
	DO(lstat("s", &st));
	note("times of the link %ld.%09ld", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	/* Root's write too takes these bits from a file passed through; see daemon_modes.sh. */
	DO(chmod("f", 0644));
	DO(utimensat(AT_FDCWD, "f", times, 0));
	fd = OPEN(open("f", O_WRONLY));
	DO(write(fd, "y", 1));
	DO(fstat(fd, &st));
	note("written %d", st.st_mtim.tv_sec > 1700000000);
	DO(close(fd));
}

static void user_makes(void)
{
	int fd = OPEN(open("open/f", O_RDWR | O_CREAT, 0666));

	DO(write(fd, "mine", 4));
	DO(close(fd));
	DO(mkdir("open/d", 0777));
	DO(mknod("open/n", S_IFREG | 0666, 0));
	DO(symlink("x", "open/s"));
	DO(mkfifo("open/p", 0666));
	fd = OPEN(open("setgid/f", O_RDWR | O_CREAT, 02777));
	DO(close(fd));
	DO(mkdir("setgid/d", 0777));
	fd = OPEN(open("open", O_TMPFILE | O_RDWR, 0666));
	look_fd(fd);
	DO(close(fd));
	OPEN(open("closed/f", O_RDWR | O_CREAT, 0666));
	OPEN(open("secret", O_RDONLY));
	OPEN(open("readonly", O_RDWR));
	fd = OPEN(open("readonly", O_RDONLY));
	DO(close(fd));
	DO(chmod("readonly", 0666));
	DO(chown("readonly", 1000, 1000));
	DO(truncate("readonly", 0));
	DO(unlink("sticky/theirs"));
	DO(rename("sticky/theirs", "open/theirs"));
	DO(access("secret", R_OK));
	DO(link("secret", "open/link"));
	DO(chmod("open/f", 06777));
	DO(mknod("open/dev", S_IFCHR | 0600, makedev(1, 3)));
	list("closed");
}

static void case_other_user(void)
{
	put("secret", "s");
	DO(chmod("secret", 0600));
	put("readonly", "r");
	DO(mkdir("open", 0777));
	DO(chmod("open", 0777));
	DO(mkdir("closed", 0700));
	DO(mkdir("sticky", 0777));
	DO(chmod("sticky", 01777));
	put("sticky/theirs", "t");
	DO(mkdir("setgid", 0777));
	DO(chown("setgid", 0, 4242));
	DO(chmod("setgid", 02777));
	as_user(1000, user_makes);
	look("open/f");
	look("open/d");
	look("open/n");
	look("open/s");
	look("open/p");
	look("setgid/f");
	look("setgid/d");
	umask(027);
	put("masked", "m");
	DO(mkdir("masked_dir", 0777));
	umask(0);
	put("unmasked", "m");
	umask(022);
	look("masked");
	look("masked_dir");
	look("unmasked");
}

static void case_names(void)
{
	static const char *const names[] = {
		"new\nline",   "tab\t",	       "\033[31mred", "'quote'", "\"double\"",
		"back\\slash", "\xff\xfe\x80", "percent%s%n", " ",	 "-rf",
		"$(x)`y`;z",   "\x7f",	       "\xc3\xa9",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char other[100];

		put(names[i], names[i]);
		content(names[i]);
		snprintf(other, sizeof(other), "%s.2", names[i]);
		DO(rename(names[i], other));
		DO(link(other, names[i]));
		DO(unlink(other));
		DO(symlink(names[i], other));
		content(other);
	}
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

static void case_locks(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 10};
	int a, b;
	pid_t child;

	put("f", "0123456789");
	a = OPEN(open("f", O_RDWR));
	b = OPEN(open("f", O_RDWR));
	DO(flock(a, LOCK_EX | LOCK_NB));
	DO(flock(b, LOCK_SH | LOCK_NB));
	DO(flock(a, LOCK_SH | LOCK_NB));
	DO(flock(b, LOCK_SH | LOCK_NB));
	DO(flock(a, LOCK_UN));
	DO(flock(b, LOCK_EX | LOCK_NB));
	DO(close(b));
	DO(flock(a, LOCK_EX | LOCK_NB));
	DO(fcntl(a, F_SETLK, &lock));
	fflush(out);
	child = fork();
	if (child == 0)
		_exit(fcntl(a, F_SETLK, &lock) == -1 && errno == EAGAIN ? 0 : 1);
	int status = -1;

	waitpid(child, &status, 0);
	note("a second owner is refused: %d", status == 0);
	DO(close(a));
}

static void case_statfs(void)
{
	struct statfs fs;

	DO(statfs(".", &fs));
	note("bsize %ld frsize %ld namelen %ld blocks %ld files %d", (long)fs.f_bsize,
	     (long)fs.f_frsize, (long)fs.f_namelen, (long)fs.f_blocks, fs.f_files > 0);
}

static void case_many_entries(void)
{
	char name[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "entry-%04d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	list(".");
	for (int i = 0; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "entry-%04d", i);
		unlink(name);
	}
	list(".");
}

static void case_readdir_seek(void)
{
	char first[256] = "", again[256] = "";
	struct dirent *de;
	DIR *dir;
	long at;

	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%04d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	dir = opendir(".");
	for (int i = 0; i < 150; i++)
		readdir(dir);
	at = telldir(dir);
	de = readdir(dir);
	snprintf(first, sizeof(first), "%s", de ? de->d_name : "(end)");
	while (readdir(dir))
		;
	seekdir(dir, at);
	de = readdir(dir);
	snprintf(again, sizeof(again), "%s", de ? de->d_name : "(end)");
	note("seekdir finds the same entry: %d", strcmp(first, again) == 0);
	rewinddir(dir);
	int n = 0;

	while (readdir(dir))
		n++;
	note("rewound: %d entries", n);
	close(open("later", O_CREAT | O_WRONLY, 0600));
	rewinddir(dir);
	for (n = 0; readdir(dir); n++)
		;
	note("with the new one: %d entries", n);
	closedir(dir);
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

static void case_xattr(void)
{
	char buf[200] = "";
	ssize_t n;

	put("f", "x");
	DO(setxattr("f", "user.one", "1", 1, 0));
	DO(setxattr("f", "user.one", "2", 1, XATTR_CREATE));
	DO(setxattr("f", "user.two", "2", 1, XATTR_REPLACE));
	DO(setxattr("f", "user.two", "two", 3, 0));
	DO(getxattr("f", "user.two", NULL, 0));
	DO(getxattr("f", "user.two", buf, 1));
	DO(getxattr("f", "user.two", buf, sizeof(buf)));
	note("%s", buf);
	DO(getxattr("f", "user.none", buf, sizeof(buf)));
	n = DO(listxattr("f", buf, sizeof(buf)));
	for (ssize_t i = 0; i < n; i += strlen(buf + i) + 1)
		note("attribute %s", buf + i);
	DO(listxattr("f", NULL, 0));
	DO(removexattr("f", "user.one"));
	DO(removexattr("f", "user.one"));
	DO(listxattr("f", buf, sizeof(buf)));
	DO(mkdir("d", 0700));
	DO(setxattr("d", "user.dir", "", 0, 0));
	DO(getxattr("d", "user.dir", buf, sizeof(buf)));
	DO(symlink("f", "s"));
	DO(lsetxattr("s", "user.link", "x", 1, 0));
	DO(lsetxattr("s", "trusted.link", "x", 1, 0));
	DO(lgetxattr("s", "trusted.link", buf, sizeof(buf)));
	DO(getxattr("f", "trusted.link", buf, sizeof(buf)));
}

static const struct {
	const char *name;
	void (*run)(void);
	bool needs_xattr;
	const char *may_differ; /* why the kernel, not the daemon, may do otherwise here */
} cases[] = {
	{"create, read, write", case_create_read_write},
	{"append", case_append},
	{"large direct append", case_append_large},
	{"O_APPEND by fcntl", case_setfl_append,
	 .may_differ = "a passthrough write heeds the O_APPEND of open(2), not that of fcntl(2)"},
	{"truncate", case_truncate},
	{"holes and fallocate", case_holes},
	{"directories", case_dirs},
	{"special files", case_nodes},
	{"links", case_links},
	{"rename and its flags", case_rename},
	{"unlinked while open", case_unlinked_open},
	{"O_TMPFILE", case_tmpfile},
	{"attributes", case_attributes},
	{"chown to nobody else", case_chown_nobody,
	 .may_differ =
		 "with FUSE_HANDLE_KILLPRIV_V2 the kernel sends no SETATTR for chown(-1, -1)"},
	{"another user", case_other_user},
	{"odd names", case_names},
	{"copy, splice, map", case_copy_and_map},
	{"O_DIRECT", case_direct_io},
	{"locks", case_locks},
	{"statfs", case_statfs},
	{"1,000 entries", case_many_entries},
	{"seekdir", case_readdir_seek},
	{"large", case_large},
	{"extended attributes", case_xattr, true},
};

static char *run_in(const char *top, size_t i)
{
	char dir[PATH_MAX];
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *done;

	out = open_memstream(&record, &record_len);
	snprintf(dir, sizeof(dir), "%s/case-%zu", top, i);
	umask(022);
	if (mkdir(dir, 0755) != 0 || chdir(dir) != 0)
		note("%s: %s", dir, strerror(errno));
	else
		cases[i].run();
	fclose(out);
	done = record;
	if (fchdir(back) != 0)
		abort();
	close(back);
	return done;
}

/* Prints the first line that differs. */
static void explain(const char *plain, const char *mirror)
{
	while (*plain && *mirror) {
		int a = strcspn(plain, "\n"), b = strcspn(mirror, "\n");

		if (a != b || strncmp(plain, mirror, a) != 0) {
			printf("# plain:  %.*s\n# mirror: %.*s\n", a, plain, b, mirror);
			return;
		}
		plain += a + (plain[a] == '\n');
		mirror += b + (mirror[b] == '\n');
	}
	printf("# one record is longer\n");
}

/* Removes what a case made that may differ. */
static void level(const char *plain, const char *mirror, size_t i)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/case-%zu/f", plain, i);
	unlink(path);
	snprintf(path, sizeof(path), "%s/case-%zu/f", mirror, i);
	unlink(path);
}

int main(int argc, char **argv)
{
	bool xattr = argc > 4, failed = false;

	if (argc < 4) {
		fprintf(stderr, "usage: daemon_ops PREFIX PLAIN_DIR MIRROR_DIR [xattr]\n");
		return 2;
	}
	setgroups(0, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *plain, *mirror;

		if (cases[i].needs_xattr && !xattr)
			continue;
		plain = run_in(argv[2], i);
		mirror = run_in(argv[3], i);
		if (strcmp(plain, mirror) == 0) {
			printf("ok - %s: %s\n", argv[1], cases[i].name);
		} else if (cases[i].may_differ) {
			printf("skip - %s: %s: %s\n", argv[1], cases[i].name, cases[i].may_differ);
			/* Equal again, for the comparison of the trees. */
			level(argv[2], argv[3], i);
		} else {
			printf("not ok - %s: %s\n", argv[1], cases[i].name);
			explain(plain, mirror);
			failed = true;
		}
		fflush(stdout);
		free(plain);
		free(mirror);
	}
	return failed;
}
