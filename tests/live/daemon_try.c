// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that the shell can't make, for the tests of the daemon. Prints what came of them: "ok", a
 * number, or the error's name.
 *
 * usage: daemon_try append FILE CHAR SIZE write|direct|aio    one write(2), or one request, with O_APPEND
 *        daemon_try bits DIR                    setuid and setgid bits after a change by another user
 *        daemon_try handle FILE                 name_to_handle_at()
 *        daemon_try node FILE                   the number by which the kernel knows it, in hex
 *        daemon_try close FILE                  what close(2) says
 *        daemon_try map FILE                    times around writes through a shared mapping
 *        daemon_try scribble FILE               a store to a shared mapping of a file open with O_APPEND
 *        daemon_try fill FILE MIB               the MiB that could be written
 *        daemon_try lease FILE...               holds a write lease on each until it is killed
 *        daemon_try read-lease FILE...          holds a read lease on each
 *        daemon_try cut FILE                    truncate(2) to no bytes
 *        daemon_try place FILE OFFSET           one write to OFFSET of a file open with O_APPEND
 *        daemon_try hold DIR|FILE               holds the lock of its inode until it is killed
 *        daemon_try durable FILE write|append   one pwritev2(2) with RWF_DSYNC
 *        daemon_try unwritten FILE              its extents that have no place on the disk yet
 *        daemon_try copy FROM TO                copy_file_range(2) of the whole file
 *        daemon_try flood FILE COUNT            so many asynchronous writes of a block at once; waits for none
 *        daemon_try late FILE chmod|open        opens it; at SIGUSR1 makes a setuid file of it, or opens it to write
 *        daemon_try late FILE tag               the same, and reads user.tag
 *        daemon_try late DIR make               the same, and makes "new" in it
 *        daemon_try dirty FILE                  stores to every second page of a shared mapping, and msync(2)
 *        daemon_try store FILE                  the same, and waits until it is killed instead of msync(2)
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <linux/aio_abi.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static int say(long res)
{
	if (res < 0)
		puts(strerrorname_np(errno));
	else if (res == 0)
		puts("ok");
	else
		printf("%ld\n", res);
	return res < 0;
}

static long aio_write(int fd, const void *buf, size_t size)
{
	struct iocb cb = {.aio_fildes = fd,
			  .aio_lio_opcode = IOCB_CMD_PWRITE,
			  .aio_buf = (uintptr_t)buf,
			  .aio_nbytes = size};
	struct iocb *list = &cb;
	struct io_event event;
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 1, &ctx) != 0 || syscall(SYS_io_submit, ctx, 1, &list) != 1 ||
	    syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) != 1)
		return -1;
	syscall(SYS_io_destroy, ctx);
	if (event.res < 0)
		errno = -event.res;
	return event.res < 0 ? -1 : event.res;
}

static int try_append(const char *file, int c, size_t size, const char *how)
{
	int flags = strcmp(how, "write") != 0 ? O_DIRECT : 0;
	int fd = open(file, O_WRONLY | O_APPEND | flags);
	void *buf = aligned_alloc(4096, (size + 4095) & ~4095UL);

	if (fd < 0 || !buf)
		return say(-1);
	memset(buf, c, size);
	return say(strcmp(how, "aio") == 0 ? aio_write(fd, buf, size) : write(fd, buf, size));
}

static void change(const char *file, const char *what)
{
	int flags = strcmp(what, "append") == 0	   ? O_APPEND
		    : strcmp(what, "direct") == 0  ? O_DIRECT
		    : strcmp(what, "O_TRUNC") == 0 ? O_TRUNC
						   : 0;
	static char buf[4096] __attribute__((aligned(4096)));
	bool by_name = strncmp(what, "chown", 5) == 0 || strcmp(what, "truncate") == 0;
	int fd = by_name ? -1 : open(file, O_RDWR | flags);

	if (strcmp(what, "write") == 0 || strcmp(what, "append") == 0)
		write(fd, buf, 1);
	else if (strcmp(what, "direct") == 0)
		write(fd, buf, sizeof(buf));
	else if (strcmp(what, "ftruncate") == 0)
		ftruncate(fd, 3);
	else if (strcmp(what, "truncate") == 0)
		truncate(file, 3);
	else if (strcmp(what, "allocate") == 0)
		fallocate(fd, 0, 0, 4096);
	else if (strcmp(what, "punch") == 0)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	else if (strcmp(what, "zero") == 0)
		fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096);
	else if (strcmp(what, "chown") == 0)
		chown(file, 1000, -1);
	else if (strcmp(what, "chown to nobody") == 0)
		chown(file, -1, -1);
	else if (strcmp(what, "read") == 0)
		read(fd, buf, 1);
	close(fd);
}

/* A file of user 1000 and group 100, changed by user 1000, who is in that group or not, by another user, by root. */
static int try_bits(const char *dir)
{
	static const char *const changes[] = {
		"write",    "append", "direct", "truncate", "ftruncate",       "O_TRUNC",
		"allocate", "punch",  "zero",	"chown",    "chown to nobody", "read",
	};
	static const mode_t modes[] = {02644, 02664, 02674, 06664, 02666, 02777, 04777, 06777};
	static const char *const who[] = {"other", "member", "stranger", "root"};
	const gid_t group = 100;

	if (chdir(dir) != 0)
		return say(-1);
	for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
		for (size_t c = 0; c < sizeof(changes) / sizeof(changes[0]); c++) {
			for (int w = 0; w < 4; w++) {
				int fd = open("bits", O_RDWR | O_CREAT | O_EXCL, 0600);
				struct stat st = {0};

				if (write(fd, "0123456789", 10) != 10 ||
				    fchown(fd, 1000, 100) != 0 || fchmod(fd, modes[m]) != 0)
					return say(-1);
				close(fd);
				if (w < 3 && (setgroups(w == 1, &group) != 0 ||
					      setegid(w == 2 ? 1001 : 1000) != 0 ||
					      seteuid(w == 2 ? 1001 : 1000) != 0))
					return say(-1);
				change("bits", changes[c]);
				if (seteuid(0) != 0 || setegid(0) != 0 || stat("bits", &st) != 0)
					return say(-1);
				printf("%o %s %s %o\n", modes[m], who[w], changes[c],
				       st.st_mode & 07777);
				unlink("bits");
			}
		}
	}
	return 0;
}

static int try_handle(const char *file)
{
	struct {
		struct file_handle head;
		char room[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount;

	return say(name_to_handle_at(AT_FDCWD, file, &handle.head, &mount, 0));
}

static int try_node(const char *file)
{
	enum { HANDLE_FID = 0x200 }; /* AT_HANDLE_FID, since Linux 6.5 */
	struct {
		struct file_handle head;
		unsigned int word[MAX_HANDLE_SZ / sizeof(int)];
	} handle = {.head.handle_bytes = sizeof(handle.word)};
	int mount;

	if (name_to_handle_at(AT_FDCWD, file, &handle.head, &mount, HANDLE_FID) != 0)
		return say(-1);
	printf("%x%08x\n", handle.word[0], handle.word[1]);
	return 0;
}

static int try_close(const char *file)
{
	int fd = open(file, O_WRONLY);

	return say(fd < 0 ? -1 : close(fd));
}

static const char *when(const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return strerrorname_np(errno);
	if ((st.st_mtim.tv_sec > 1000000000) != (st.st_ctim.tv_sec > 1000000000))
		return "ctime-alone"; /* utimensat() sets ctime to now */
	return st.st_mtim.tv_sec > 1000000000 ? "now" : "old";
}

static int try_map(const char *file)
{
	static const struct timespec old[2] = {{100, 0}, {200, 0}};
	int fd = open(file, O_RDWR);
	char *map = MAP_FAILED;

	if (fd >= 0 && futimens(fd, old) == 0)
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return say(-1);
	printf("%s ", when(file));
	map[0] = 'm';
	printf("%s ", when(file));
	close(fd);
	msync(map, 4096, MS_SYNC);
	if (utimensat(AT_FDCWD, file, old, 0) != 0)
		return say(-1);
	printf("%s ", when(file));
	map[1] = 'n';
	printf("%s ", when(file));
	munmap(map, 4096);
	puts(when(file));
	return 0;
}

static int try_scribble(const char *file)
{
	int fd = open(file, O_RDWR | O_APPEND);
	char *map = MAP_FAILED;

	if (fd >= 0)
		map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return say(-1);
	map[0] = '!';
	return say(msync(map, 4096, MS_SYNC));
}

static int try_fill(const char *file, long most)
{
	static char buf[1 << 20];
	int fd = open(file, O_WRONLY);
	long done = 0;

	memset(buf, 'f', sizeof(buf));
	if (fd < 0)
		return say(-1);
	while (done < most && write(fd, buf, sizeof(buf)) == sizeof(buf))
		done++;
	return say(done);
}

static int try_lease(char **files, int kind)
{
	signal(SIGIO, SIG_IGN); /* asks for the lease; this holder does not answer */
	for (; *files; files++) {
		int fd = open(*files, kind == F_WRLCK ? O_RDWR : O_RDONLY);

		if (fd < 0 || fcntl(fd, F_SETLEASE, kind) != 0)
			return say(-1);
	}
	say(0);
	fflush(stdout);
	pause();
	return 0;
}

static int try_place(const char *file, off_t offset)
{
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	int fd = open(file, O_WRONLY | O_APPEND);

	return say(fd < 0 ? -1 : pwritev2(fd, &iov, 1, offset, RWF_NOAPPEND));
}

/* Reports the first access to the memory that try_hold() uses, and never lets it have a page. */
static void *watch_fault(void *arg)
{
	struct uffd_msg msg;

	if (read(*(int *)arg, &msg, sizeof(msg)) == sizeof(msg))
		say(0);
	fflush(stdout);
	return NULL;
}

/*
 * The kernel copies a directory's names, and data that it reads without cache, under the inode's lock. Here it
 * copies them to memory that gets no page, as a user can have it: by mapping a file of a server of one's own
 * that does not answer.
 */
static int try_hold(const char *name)
{
	const size_t size = 1 << 16;
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range.len = size, .mode = UFFDIO_REGISTER_MODE_MISSING};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t watcher;
	struct stat st;
	int fd;

	range.range.start = (uintptr_t)mem;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &range))
		return say(-1);
	if (stat(name, &st) != 0)
		return say(-1);
	fd = open(name, O_RDONLY | (S_ISDIR(st.st_mode) ? 0 : O_DIRECT));
	if (fd < 0 || pthread_create(&watcher, NULL, watch_fault, &uffd) != 0)
		return say(-1);
	if (S_ISDIR(st.st_mode))
		return say(syscall(SYS_getdents64, fd, mem, size));
	return say(read(fd, mem, size));
}

static int try_durable(const char *file, const char *how)
{
	static char block[1 << 16];
	struct iovec iov = {.iov_base = block, .iov_len = sizeof(block)};
	int fd = open(file, O_WRONLY | O_CREAT | (strcmp(how, "append") == 0 ? O_APPEND : 0), 0600);

	return say(fd < 0 ? -1 : pwritev2(fd, &iov, 1, 0, RWF_DSYNC));
}

static int try_unwritten(const char *file)
{
	union {
		struct fiemap map;
		char space[sizeof(struct fiemap) + 16 * sizeof(struct fiemap_extent)];
	} u = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_extent_count = 16}};
	int fd = open(file, O_RDONLY), found = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_FIEMAP, &u.map) != 0)
		return say(-1);
	for (unsigned int i = 0; i < u.map.fm_mapped_extents; i++)
		found += !!(u.map.fm_extents[i].fe_flags & FIEMAP_EXTENT_DELALLOC);
	printf("%d of %u\n", found, u.map.fm_mapped_extents);
	return 0;
}

static int try_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY);

	return say(in < 0 || out < 0 ? -1 : copy_file_range(in, NULL, out, NULL, 1 << 20, 0));
}

static int try_flood(const char *file, size_t count)
{
	static char block[4096] __attribute__((aligned(4096)));
	int fd = open(file, O_WRONLY | O_DIRECT);
	struct iocb cb = {.aio_fildes = fd,
			  .aio_lio_opcode = IOCB_CMD_PWRITE,
			  .aio_buf = (uintptr_t)block,
			  .aio_nbytes = sizeof(block)};
	struct iocb *list = &cb;
	aio_context_t ctx = 0;

	if (fd < 0 || syscall(SYS_io_setup, count, &ctx) != 0)
		return say(-1);
	for (size_t i = 0; i < count; i++)
		if (syscall(SYS_io_submit, ctx, 1, &list) != 1)
			return say(-1);
	say(0);
	fflush(stdout);
	pause();
	return 0;
}

/* By descriptors, so that the kernel has nothing to ask before. */
static int try_late(const char *name, const char *what)
{
	bool opens = strcmp(what, "open") == 0;
	int fd = open(name, opens ? O_PATH : O_RDONLY), sig;
	char path[32], tag[64];
	sigset_t set;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (fd < 0)
		return say(-1);
	say(0);
	fflush(stdout);
	sigwait(&set, &sig);
	if (strcmp(what, "chmod") == 0)
		return say(fchmod(fd, 04777));
	if (opens)
		return say(open(path, O_RDWR) < 0 ? -1 : 0);
	if (strcmp(what, "tag") == 0)
		return say(getxattr(path, "user.tag", tag, sizeof(tag)));
	return say(openat(fd, "new", O_CREAT | O_WRONLY, 0666) < 0 ? -1 : 0);
}

static int try_dirty(const char *file, bool waits)
{
	int fd = open(file, O_RDWR);
	char *map = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return say(-1);
	/* pages that are no neighbours are written back one by one */
	for (off_t at = 0; at < st.st_size; at += 8192)
		map[at] = '!';
	if (!waits)
		return say(msync(map, st.st_size, MS_SYNC));
	say(0);
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hold") == 0)
		return try_hold(argv[2]);
	if (argc == 4 && strcmp(argv[1], "durable") == 0)
		return try_durable(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "unwritten") == 0)
		return try_unwritten(argv[2]);
	if (argc == 4 && strcmp(argv[1], "copy") == 0)
		return try_copy(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "flood") == 0)
		return try_flood(argv[2], strtoul(argv[3], NULL, 0));
	if (argc == 4 && strcmp(argv[1], "late") == 0)
		return try_late(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "dirty") == 0)
		return try_dirty(argv[2], false);
	if (argc == 3 && strcmp(argv[1], "store") == 0)
		return try_dirty(argv[2], true);
	if (argc == 6 && strcmp(argv[1], "append") == 0)
		return try_append(argv[2], argv[3][0], strtoul(argv[4], NULL, 0), argv[5]);
	if (argc == 3 && strcmp(argv[1], "bits") == 0)
		return try_bits(argv[2]);
	if (argc == 3 && strcmp(argv[1], "handle") == 0)
		return try_handle(argv[2]);
	if (argc == 3 && strcmp(argv[1], "node") == 0)
		return try_node(argv[2]);
	if (argc == 3 && strcmp(argv[1], "close") == 0)
		return try_close(argv[2]);
	if (argc == 3 && strcmp(argv[1], "map") == 0)
		return try_map(argv[2]);
	if (argc == 3 && strcmp(argv[1], "scribble") == 0)
		return try_scribble(argv[2]);
	if (argc == 4 && strcmp(argv[1], "fill") == 0)
		return try_fill(argv[2], strtol(argv[3], NULL, 0));
	if (argc >= 3 && strcmp(argv[1], "lease") == 0)
		return try_lease(argv + 2, F_WRLCK);
	if (argc >= 3 && strcmp(argv[1], "read-lease") == 0)
		return try_lease(argv + 2, F_RDLCK);
	if (argc == 3 && strcmp(argv[1], "cut") == 0)
		return say(truncate(argv[2], 0));
	if (argc == 4 && strcmp(argv[1], "place") == 0)
		return try_place(argv[2], strtoll(argv[3], NULL, 0));
	fprintf(stderr, "daemon_try: see the comment at its top\n");
	return 2;
}
