// SPDX-License-Identifier: GPL-2.0-only
/* What is about files: mode, owner, times, extended attributes, other users' rights, locks, statfs. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

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

static void case_chown_nobody(void)
{
	put("f", "x");
	DO(chmod("f", 07777));
	DO(chown("f", -1, -1));
	look("f");
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

static void case_statfs(void)
{
	struct statfs fs;

	DO(statfs(".", &fs));
	note("bsize %ld frsize %ld namelen %ld blocks %ld files %d", (long)fs.f_bsize,
	     (long)fs.f_frsize, (long)fs.f_namelen, (long)fs.f_blocks, fs.f_files > 0);
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

const struct ops_case attr_cases[] = {
	{"attributes", case_attributes},
	{"chown to nobody else", case_chown_nobody},
	{"another user", case_other_user},
	{"locks", case_locks},
	{"statfs", case_statfs},
	{"extended attributes", case_xattr, true},
	{},
};
