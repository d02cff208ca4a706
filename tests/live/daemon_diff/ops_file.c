// SPDX-License-Identifier: GPL-2.0-only
/* The operations on open files, and those that open one. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fd_of(const struct side *side, const struct op *op)
{
	return side->fd[op->slot];
}

static void keep(struct side *side, const struct op *op, int fd, char *out)
{
	int *slot = &side->fd[op->slot];
	int err = errno;
	struct stat st;

	if (fd < 0) {
		errno = err;
		say(out, -1);
		return;
	}
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	if (fstat(fd, &st) == 0)
		snprintf(out, OUTCOME, "ok mode %o size %ld", st.st_mode,
			 S_ISDIR(st.st_mode) ? 0L : (long)st.st_size);
	else
		say(out, -1);
}

void do_open(struct side *side, const struct op *op, char *out)
{
	keep(side, op, open(op->path, op->flags | O_NONBLOCK, op->mode), out);
}

void do_close(struct side *side, const struct op *op, char *out)
{
	say(out, close(fd_of(side, op)));
	side->fd[op->slot] = -1;
}

void do_write(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, pwrite(fd_of(side, op), page, op->size, op->off));
}

void do_append(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, write(fd_of(side, op), page, op->size));
}

void do_read(struct side *side, const struct op *op, char *out)
{
	ssize_t n = pread(fd_of(side, op), page, op->size, op->off);

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(page, n));
}

/* Whether some of it is allocated and not written; false where the file system does not tell. */
static bool is_preallocated(int fd)
{
	struct {
		struct fiemap head;
		struct fiemap_extent extent[64];
	} map = {.head = {.fm_length = ~0ULL, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 64}};

	if (ioctl(fd, FS_IOC_FIEMAP, &map) != 0)
		return false;
	for (unsigned int i = 0; i < map.head.fm_mapped_extents; i++)
		if (map.extent[i].fe_flags & FIEMAP_EXTENT_UNWRITTEN)
			return true;
	return map.head.fm_mapped_extents == 64;
}

/*
 * Where it is preallocated, a hole is what the page cache holds nothing of: that is chance. And so is the size that a
 * directory has to lseek(2) on XFS: 0 until it is read from the disk again, whatever stat(2) says.
 */
void do_seek(struct side *side, const struct op *op, char *out)
{
	struct stat st;

	fsync(fd_of(side, op)); /* what is not on disk yet may be data or a hole */
	if (fstat(fd_of(side, op), &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(out, OUTCOME, "a directory");
	else if (is_preallocated(fd_of(side, op)))
		snprintf(out, OUTCOME, PREALLOCATED);
	else
		say(out, lseek(fd_of(side, op), op->off, op->value & 1 ? SEEK_DATA : SEEK_HOLE));
	lseek(fd_of(side, op), op->off, SEEK_SET); /* the next write's place is no chance */
}

void do_ftruncate(struct side *side, const struct op *op, char *out)
{
	say(out, ftruncate(fd_of(side, op), op->off));
}

static const int fallocate_modes[] = {
	0,
	FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_ZERO_RANGE,
	FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_PUNCH_HOLE,
};

void do_fallocate(struct side *side, const struct op *op, char *out)
{
	say(out, fallocate(fd_of(side, op), fallocate_modes[op->value % COUNT(fallocate_modes)],
			   op->off, op->size));
}

void do_sync(struct side *side, const struct op *op, char *out)
{
	say(out, op->value & 1 ? fsync(fd_of(side, op)) : fdatasync(fd_of(side, op)));
}

void do_fstat(struct side *side, const struct op *op, char *out)
{
	describe(fd_of(side, op), "", AT_EMPTY_PATH, out, OUTCOME);
}

void do_fchmod(struct side *side, const struct op *op, char *out)
{
	say(out, fchmod(fd_of(side, op), op->mode));
}

void do_flock(struct side *side, const struct op *op, char *out)
{
	static const int kinds[] = {LOCK_SH, LOCK_EX, LOCK_UN};

	say(out, flock(fd_of(side, op), kinds[op->value % 3] | LOCK_NB));
}

void do_lock(struct side *side, const struct op *op, char *out)
{
	static const short kinds[] = {F_RDLCK, F_WRLCK, F_UNLCK};
	struct flock lock = {
		.l_type = kinds[op->value % 3],
		.l_start = op->off % 100,
		.l_len = op->size % 100,
	};
	bool get = op->value & 64;
	int res = fcntl(fd_of(side, op), get ? F_OFD_GETLK : F_OFD_SETLK, &lock);

	if (!say(out, res) && get)
		snprintf(out, OUTCOME, "ok %d %ld %ld", lock.l_type, (long)lock.l_start,
			 (long)lock.l_len);
}

void do_copy(struct side *side, const struct op *op, char *out)
{
	loff_t from = op->off, to = op->value % 100000;

	say(out, copy_file_range(fd_of(side, op), &from, side->fd[op->slot2], &to, op->size, 0));
}

void do_tmpfile(struct side *side, const struct op *op, char *out)
{
	char path[64];
	int fd = open(op->value & 1 ? "d" : ".", O_TMPFILE | O_RDWR | (op->value & 2 ? O_EXCL : 0),
		      op->mode);

	keep(side, op, fd, out);
	if (fd < 0 || !(op->value & 4))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say(out, linkat(AT_FDCWD, path, AT_FDCWD, op->path, AT_SYMLINK_FOLLOW));
	if (out[0] == 'E') /* the slot is open all the same */
		memcpy(out, "no", 2);
}

void do_map(struct side *side, const struct op *op, char *out)
{
	int fd = fd_of(side, op), prot = PROT_READ | (op->value & 1 ? PROT_WRITE : 0);
	struct stat st;
	char *map;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		snprintf(out, OUTCOME, "ok nothing to map");
		return;
	}
	len = st.st_size < (1 << 20) ? st.st_size : 1 << 20;
	map = mmap(NULL, len, prot, op->value & 2 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		say(out, -1);
		return;
	}
	if (prot & PROT_WRITE) {
		for (size_t i = op->off % len; i < len && i < op->off % len + op->size % 5000; i++)
			map[i] = op->value + i;
		if (op->value & 4)
			msync(map, len, MS_SYNC);
	}
	snprintf(out, OUTCOME, "ok %zu %lx", len, (unsigned long)sum(map, len));
	munmap(map, len);
}

void do_splice(struct side *side, const struct op *op, char *out)
{
	loff_t off = op->off;
	int pipefd[2];
	ssize_t n = -1;

	if (pipe2(pipefd, O_NONBLOCK) != 0)
		abort();
	fill(op);
	if (op->value & 1) {
		if (write(pipefd[1], page, op->size % 4096 + 1) > 0)
			n = splice(pipefd[0], NULL, fd_of(side, op), &off, 4096, 0);
		say(out, n);
	} else {
		n = splice(fd_of(side, op), &off, pipefd[1], NULL, op->size % 4096 + 1, 0);
		if (!say(out, n) && n > 0 && read(pipefd[0], page, n) == n)
			snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(page, n));
	}
	close(pipefd[0]);
	close(pipefd[1]);
}
