// SPDX-License-Identifier: GPL-2.0-only
/* What a file is made of: holes, unwritten extents and parts of blocks, splice(2), and mappings. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "verify/cases/blocks.h"
#include "verify/cases/cases.h"
#include "verify/cases/child.h"

#define MIB	(1u << 20)
#define WRITERS 4

/*
 * Makes a new file of size bytes without data: unwritten extents if the daemon supports them, else
 * a hole.
 */
static struct fl_leg *empty_leg(struct fl_case_env *e, const char *file, int flags,
				enum fl_want want, off_t size, bool allocate)
{
	struct fl_leg *leg = fl_case_leg(e, file, O_RDWR | O_CREAT | flags, want, WRITERS);
	int fd = e->fd[e->page->nlegs - 1];

	if (!leg)
		return NULL;
	if (allocate && !fallocate(fd, 0, 0, size))
		return leg;
	if (ftruncate(fd, size)) {
		fl_case_errno(e, "ftruncate");
		return NULL;
	}
	return leg;
}

/* Writes the len-sized pieces of [0, size) whose number is i modulo WRITERS, step pieces apart. */
static int write_interleaved(struct fl_case_env *e, int leg, int i, __u32 len, off_t size, int step)
{
	char *buf = fl_case_buffer(len);
	int ret = 0;

	for (off_t n = i; n * step * len + len <= size && !ret; n += WRITERS) {
		off_t off = n * step * len;

		fl_stamp_fill(buf, len, 1 + i, 0, off);
		ret = fl_case_pwrite(e, leg, e->fd[leg], buf, len, off);
	}
	free(buf);
	return ret;
}

#define SECTOR 512u
#define ODD    1000u

enum {
	SECTORS,
	ODDS,
};

static off_t unaligned_size(const struct fl_case_env *e)
{
	return (e->opts->quick ? 1 : 8) * (off_t)MIB;
}

static int unaligned_setup(struct fl_case_env *e)
{
	off_t odd_size = unaligned_size(e) / ODD * ODD;

	if (!empty_leg(e, "sectors", O_DIRECT, FL_WANT_WITHIN, unaligned_size(e), true) ||
	    !empty_leg(e, "odd", 0, FL_WANT_BUFFERED, odd_size, true))
		return -1;
	return 0;
}

static int unaligned_worker(struct fl_case_env *e, int i)
{
	/*
	 * four writers share every file system block: zeroing around one part would harm the others
	 */
	if (write_interleaved(e, SECTORS, i, SECTOR, unaligned_size(e), 1))
		return -1;
	return write_interleaved(e, ODDS, i, ODD, unaligned_size(e) / ODD * ODD, 1);
}

static int unaligned_work(struct fl_case_env *e)
{
	char *buf = fl_case_buffer(SECTOR);

	/* with larger sectors this write fails and writes nothing */
	if (pwrite(e->fd[SECTORS], buf, SECTOR, SECTOR) < 0 && errno == EINVAL)
		return fl_case_inconclusive(
			e,
			"the backing device's sectors are larger than 512 bytes: there are no unaligned direct writes");
	e->page->leg[SECTORS].done++;
	free(buf);
	return fl_case_workers(e, WRITERS, unaligned_worker);
}

static int unaligned_check(struct fl_case_env *e)
{
	off_t odd_size = unaligned_size(e) / ODD * ODD;

	if (fl_case_check_blocks(e, e->fd[SECTORS], 0, unaligned_size(e), SECTOR, FL_ZERO_BAD) ||
	    fl_case_check_blocks(e, e->fd[ODDS], 0, odd_size, ODD, FL_ZERO_BAD) ||
	    fl_case_size(e, e->fd[SECTORS], unaligned_size(e)))
		return -1;
	return fl_case_size(e, e->fd[ODDS], odd_size);
}

const struct fl_verify_case fl_case_unaligned = {
	.name = "unaligned",
	.what = "4 jobs write interleaved 512-byte sectors directly and 1000-byte pieces buffered",
	.why = "the FUSE lock depends on O_DIRECT and EOF, not on alignment. The backing file system may serialise parts of a block by itself",
	.setup = unaligned_setup,
	.work = unaligned_work,
	.check = unaligned_check,
};

static off_t hole_size(const struct fl_case_env *e)
{
	return (e->opts->quick ? 16 : 128) * (off_t)MIB;
}

static int hole_setup(struct fl_case_env *e)
{
	return empty_leg(e, e->name, O_DIRECT, FL_WANT_WITHIN, hole_size(e), false) ? 0 : -1;
}

static int hole_worker(struct fl_case_env *e, int i)
{
	return write_interleaved(e, 0, i, FL_BLOCK, hole_size(e), 2);
}

static int hole_work(struct fl_case_env *e)
{
	return fl_case_workers(e, WRITERS, hole_worker);
}

static int hole_check(struct fl_case_env *e)
{
	char *pair = fl_case_buffer(2 * FL_BLOCK);
	struct fl_stamp st;
	size_t bad_at;
	int ret = 0;

	for (off_t off = 0; off < hole_size(e) && !ret; off += 2 * FL_BLOCK) {
		if (pread(e->fd[0], pair, 2 * FL_BLOCK, off) != 2 * FL_BLOCK)
			ret = fl_case_errno(e, "reading back");
		else if (fl_stamp_check(pair, FL_BLOCK, off, &st, &bad_at) != FL_BLOCK_WHOLE)
			ret = fl_case_fail(e, "the block at %lld is damaged (byte %zu)",
					   (long long)off, bad_at);
		else if (fl_stamp_check(pair + FL_BLOCK, FL_BLOCK, off, &st, &bad_at) !=
			 FL_BLOCK_ZERO)
			ret = fl_case_fail(e, "the hole at %lld is not empty",
					   (long long)off + FL_BLOCK);
	}
	free(pair);
	return ret ? ret : fl_case_size(e, e->fd[0], hole_size(e));
}

const struct fl_verify_case fl_case_hole = {
	.name = "hole",
	.what = "4 jobs write every second 4K block of a sparse file, direct",
	.why = "a hole is inside EOF: shared; the blocks between stay holes",
	.setup = hole_setup,
	.work = hole_work,
	.check = hole_check,
};

/* The default capacity of a pipe, so that one splice is one write to the backing file. */
#define PIPE_ROOM 65536u

static off_t splice_size(const struct fl_case_env *e)
{
	return (e->opts->quick ? 4 : 64) * (off_t)MIB;
}

static int splice_setup(struct fl_case_env *e)
{
	struct fl_leg *leg = fl_case_leg(e, e->name, O_RDWR | O_CREAT, FL_WANT_SPLICE, 2);

	return leg ? fl_case_prefill(e, e->fd[0], splice_size(e)) : -1;
}

static int splice_one(struct fl_case_env *e, const int *pipe_fd, const char *buf, loff_t off)
{
	ssize_t n;

	if (write(pipe_fd[1], buf, PIPE_ROOM) != (ssize_t)PIPE_ROOM)
		return fl_case_errno(e, "filling a pipe");
	n = splice(pipe_fd[0], NULL, e->fd[0], &off, PIPE_ROOM, 0);
	if (n < 0)
		return fl_case_errno(e, "splice");
	__atomic_add_fetch(&e->page->leg[0].done, 1, __ATOMIC_RELAXED);
	return n == (ssize_t)PIPE_ROOM ? 0 : fl_case_fail(e, "splice moved %zd of 65536 bytes", n);
}

static int splice_worker(struct fl_case_env *e, int i)
{
	char *buf = fl_case_buffer(PIPE_ROOM);
	int pipe_fd[2], ret = 0;

	if (pipe(pipe_fd))
		return fl_case_errno(e, "pipe");
	for (off_t off = i * (off_t)PIPE_ROOM; off < splice_size(e) && !ret; off += 2 * PIPE_ROOM) {
		for (__u32 at = 0; at < PIPE_ROOM; at += FL_BLOCK)
			fl_stamp_fill(buf + at, FL_BLOCK, 1 + i, 0, off + at);
		ret = splice_one(e, pipe_fd, buf, off);
	}
	return ret;
}

static int splice_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 2, splice_worker);
}

static int splice_check(struct fl_case_env *e)
{
	if (fl_case_check_blocks(e, e->fd[0], 0, splice_size(e), FL_BLOCK, FL_ZERO_BAD))
		return -1;
	return fl_case_size(e, e->fd[0], splice_size(e));
}

const struct fl_verify_case fl_case_splice = {
	.name = "splice",
	.what = "2 jobs splice 64 KiB at a time from pipes into the halves of a written file",
	.why = "a splice to a passthrough file that is not open with O_DIRECT takes the lock exclusively",
	.setup = splice_setup,
	.work = splice_work,
	.check = splice_check,
};

/*
 * Writes pages 0, 2, 4... by stores to a mapping, and pages 1, 3, 5... by direct writes. They are the kernel's
 * pages, which may be larger than a block: a store makes the kernel write all of its page, with what the cache has of
 * the rest.
 */
static off_t mmap_size(const struct fl_case_env *e)
{
	return (e->opts->quick ? 4 : 64) * (off_t)MIB;
}

static off_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static void fill_page(char *page, __u32 writer, off_t off)
{
	for (off_t at = 0; at < page_size(); at += FL_BLOCK)
		fl_stamp_fill(page + at, FL_BLOCK, writer, 0, off + at);
}

static int mmap_setup(struct fl_case_env *e)
{
	if (!fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT, FL_WANT_MAPPED, 2))
		return -1;
	return fl_case_prefill(e, e->fd[0], mmap_size(e));
}

#define SYNC_TRIES 100

/*
 * A direct write drops the pages that it overwrites from the page cache. If a store keeps their
 * folio dirty, it cannot, and the next sync fails with EIO: the cache may be stale
 * (dio_warn_stale_pagecache()). Mixing the two has this effect on a raw backing file as well. The
 * check finds out whether a page was lost. If so, the kernel has reported it, and the loss proves
 * nothing about the lock.
 */
static int mmap_sync(struct fl_case_env *e, void *map, size_t size)
{
	int tries = 0, ret;

	while ((ret = msync(map, size, MS_SYNC)) && errno == EIO && ++tries < SYNC_TRIES)
		;
	if (ret)
		return fl_case_errno(e, "msync");
	__atomic_add_fetch(&e->page->sync_eio, tries, __ATOMIC_RELAXED);
	if (tries)
		fl_case_note(
			e,
			"msync failed with EIO %d time%s: a direct write found its page in a folio that a store kept dirty, and could not drop it",
			tries, tries == 1 ? "" : "s");
	return 0;
}

static int mmap_store(struct fl_case_env *e, int i)
{
	off_t size = mmap_size(e);
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, e->fd[0], 0);
	int ret;

	if (map == MAP_FAILED && errno == ENODEV) {
		e->page->no_mapping = true;
		if (!i)
			fl_case_note(
				e,
				"no shared mapping: FOPEN_DIRECT_IO without FUSE_DIRECT_IO_ALLOW_MMAP refuses it (ENODEV)");
		return 0;
	}
	if (map == MAP_FAILED)
		return fl_case_errno(e, "mmap");
	for (off_t off = i * 2 * page_size(); off < size; off += 4 * page_size())
		fill_page(map + off, 3 + i, off);
	ret = mmap_sync(e, map, size);
	munmap(map, size);
	return ret;
}

static int mmap_worker(struct fl_case_env *e, int i)
{
	char *buf = fl_case_buffer(page_size());
	int ret = 0;

	if (i >= 2)
		return mmap_store(e, i - 2);
	for (off_t off = (i * 2 + 1) * page_size(); off < mmap_size(e) && !ret;
	     off += 4 * page_size()) {
		fill_page(buf, 1 + i, off);
		ret = fl_case_pwrite(e, 0, e->fd[0], buf, page_size(), off);
	}
	return ret;
}

static int mmap_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 4, mmap_worker);
}

static int mmap_lost(struct fl_case_env *e, const char *what, off_t off, const char *how)
{
	if (e->page->sync_eio)
		return fl_case_inconclusive(
			e,
			"the %s at %lld was lost (read %s); the kernel reported this by EIO: direct I/O and stores met in one folio",
			what, (long long)off, how);
	return fl_case_fail(e, "the %s at %lld was lost (read %s)", what, (long long)off, how);
}

/* Checks that every page has its writer's data. A lost store or write leaves the fill's block. */
static int mmap_check_owner(struct fl_case_env *e, int fd, const char *how)
{
	char *buf = fl_case_buffer(FL_BLOCK);
	bool mapped = !e->page->no_mapping;
	struct fl_stamp st;
	size_t bad_at;
	int ret = 0;

	for (off_t off = 0; off < mmap_size(e) && !ret; off += FL_BLOCK) {
		int page = off / page_size() % 4;
		__u32 want = page & 1 ? 1 + page / 2 : mapped ? 3 + page / 2 : 0;

		if (pread(fd, buf, FL_BLOCK, off) != FL_BLOCK)
			ret = fl_case_errno(e, "reading back");
		else if (fl_stamp_check(buf, FL_BLOCK, off, &st, &bad_at) != FL_BLOCK_WHOLE)
			ret = fl_case_fail(e, "the page at %lld is damaged (byte %zu, read %s)",
					   (long long)off, bad_at, how);
		else if (st.writer != want)
			ret = mmap_lost(e, page & 1 ? "write" : "store", off, how);
	}
	free(buf);
	return ret;
}

static int mmap_check(struct fl_case_env *e)
{
	int fd = fl_case_open(e, e->name, O_RDONLY), ret;

	if (fd < 0)
		return -1;
	ret = mmap_check_owner(e, e->fd[0], "directly");
	if (!ret)
		ret = mmap_check_owner(e, fd, "through the page cache");
	close(fd);
	return ret ? ret : fl_case_size(e, e->fd[0], mmap_size(e));
}

const struct fl_verify_case fl_case_mmap_mixed = {
	.name = "mmap_mixed",
	.what = "2 jobs write every second page directly while 2 store to those between by mmap",
	.why = "stores take no inode lock. Direct writes to a passthrough file lock as without a mapping; those to a FOPEN_DIRECT_IO file lock exclusively, because the mapping puts the inode in cached I/O mode",
	.setup = mmap_setup,
	.work = mmap_work,
	.check = mmap_check,
};
