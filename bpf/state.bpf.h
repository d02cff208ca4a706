/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state method's two facts about a write: how the inode lock is held (from the count word, read
 * while the writer is known to hold it), and what kind of write it is.
 */
#ifndef FUSELENS_STATE_BPF_H
#define FUSELENS_STATE_BPF_H

#include "select.bpf.h"
#include "slots.bpf.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A file that users open, in a program whose pointers the verifier trusts. */
static __always_inline bool is_fuse_file(struct file *file)
{
	return file->f_inode->i_sb->s_magic == FUSE_SUPER_MAGIC;
}

enum held {
	HELD_UNKNOWN,
	HELD_SHARED,
	HELD_EXCL,
};

/*
 * Bit 0 of the count stands for the writer; readers count from bit 8 up. Exclusive and shared
 * exclude each other, so the word shows the mode if the task holds the lock.
 */
static __always_inline enum held held_from_count(long count)
{
	if (count & RWSEM_WRITER_LOCKED)
		return HELD_EXCL;
	return (unsigned long)count & RWSEM_READER_MASK ? HELD_SHARED : HELD_UNKNOWN;
}

static __always_inline enum fl_mode mode_from(enum held held, bool flag_known, bool flag_set)
{
	if (held == HELD_SHARED)
		return FL_MODE_SHARED;
	if (held != HELD_EXCL)
		return FL_MODE_UNKNOWN;
	if (!flag_known)
		return FL_MODE_EXCL_FLAG_UNKNOWN;
	return flag_set ? FL_MODE_EXCL_FLAG_SET : FL_MODE_EXCL_FLAG_UNSET;
}

/* The same in one step, without the open flags. */
static __always_inline enum fl_mode mode_from_count(long count)
{
	if (count & RWSEM_WRITER_LOCKED)
		return FL_MODE_EXCL_FLAG_UNKNOWN;
	return (unsigned long)count & RWSEM_READER_MASK ? FL_MODE_SHARED : FL_MODE_UNKNOWN;
}

/*
 * The order is that of the documented reasons: buffered, append, past-eof, cache-io-mode,
 * privileges. size is the FUSE inode's i_size, as in the kernel's own test.
 */
static __always_inline enum fl_nature nature_of(bool direct, bool append, __u64 end, __u64 size,
						bool cache_mode, __u16 mode, __u32 i_flags)
{
	/* most writes, in the fewest steps */
	if (direct && !append && end <= size && !cache_mode && i_flags & S_NOSEC)
		return FL_NATURE_PLAIN;
	if (!direct)
		return FL_NATURE_BUFFERED;
	if (append)
		return FL_NATURE_APPEND;
	if (end > size)
		return FL_NATURE_PAST_EOF;
	if (cache_mode)
		return FL_NATURE_CACHE_MODE;
	if (i_flags & S_NOSEC)
		return FL_NATURE_PLAIN;
	if (mode & S_ISUID || (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return FL_NATURE_PRIVILEGES;
	return FL_NATURE_UNCHECKED;
}

#endif
