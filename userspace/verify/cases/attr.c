// SPDX-License-Identifier: GPL-2.0-only
/* Files whose mode or flags change around a write: privileges that it strips, fcntl(F_SETFL). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/capability.h>
#include <sys/stat.h>

#include "verify/cases/blocks.h"
#include "verify/cases/cases.h"
#include "verify/cases/child.h"

static const struct privilege {
	const char *file;
	mode_t before, after;
} privileges[] = {
	{"setuid", 04777, 0777},
	{"setgid", 02777, 0777}, /* group-executable: the setgid bit gives rights */
};
#define NPRIVILEGES 2

static int suid_setup(struct fl_case_env *e)
{
	for (int i = 0; i < NPRIVILEGES; i++) {
		const struct privilege *p = &privileges[i];
		struct fl_leg *leg = fl_case_leg(e, p->file, O_RDWR | O_CREAT | O_DIRECT,
						 FL_WANT_EITHER, 1);

		if (!leg)
			return -1;
		strcpy(leg->lax_if_shared,
		       "privileges were stripped under the shared lock: file_remove_privs() may call notify_change(), which needs the lock exclusively");
		if (fl_case_prefill(e, e->fd[i], FL_BLOCK))
			return -1;
		if (fchmod(e->fd[i], p->before))
			return fl_case_errno(e, "fchmod");
	}
	return 0;
}

/* Write as root without CAP_FSETID, so that the bits go: the mount may refuse other users. */
static int drop_fsetid(struct fl_case_env *e)
{
	cap_value_t fsetid = CAP_FSETID;
	cap_t caps = cap_get_proc();
	int bad = !caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &fsetid, CAP_CLEAR) ||
		  cap_set_proc(caps);

	cap_free(caps);
	return bad ? fl_case_errno(e, "dropping CAP_FSETID") : 0;
}

static int suid_worker(struct fl_case_env *e, int i)
{
	char *buf = fl_case_buffer(FL_BLOCK);

	if (drop_fsetid(e))
		return -1;
	for (int p = 0; p < NPRIVILEGES; p++) {
		fl_stamp_fill(buf, FL_BLOCK, 1, p, 0);
		if (fl_case_pwrite(e, p, e->fd[p], buf, FL_BLOCK, 0))
			return -1;
	}
	return 0;
}

static int suid_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 1, suid_worker);
}

static int suid_check(struct fl_case_env *e)
{
	for (int i = 0; i < NPRIVILEGES; i++) {
		const struct privilege *p = &privileges[i];
		struct statx stx;

		if (statx(e->fd[i], "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_MODE, &stx))
			return fl_case_errno(e, "statx");
		if ((stx.stx_mode & 07777) != p->after)
			return fl_case_fail(
				e, "mode %04o became %04o, not %04o, by a write without CAP_FSETID",
				p->before, stx.stx_mode & 07777, p->after);
		if (fl_case_check_blocks(e, e->fd[i], 0, FL_BLOCK, FL_BLOCK, FL_ZERO_BAD) ||
		    fl_case_size(e, e->fd[i], FL_BLOCK))
			return -1;
	}
	return 0;
}

const struct fl_verify_case fl_case_suid = {
	.name = "suid",
	.what = "one direct write without CAP_FSETID to a setuid and to a setgid file",
	.why = "the bits must go. The VFS requires the exclusive lock for this; only kernels that test IS_NOSEC take it",
	.setup = suid_setup,
	.work = suid_work,
	.check = suid_check,
};

/*
 * Flags at open, and flags that fcntl sets before the writes. A passthrough open keeps the former
 * for its backing file; the latter reach only the FUSE file.
 */
enum {
	SET_DIRECT,
	CLEAR_DIRECT,
	SET_APPEND,
	CLEAR_APPEND,
	TOGGLE,
	SETFLS,
};

static const struct setfl {
	const char *file;
	int open, then;
	enum fl_want want;
} setfls[SETFLS] = {
	[SET_DIRECT] = {"set-direct", 0, O_DIRECT, FL_WANT_EITHER},
	[CLEAR_DIRECT] = {"clear-direct", O_DIRECT, 0, FL_WANT_BUFFERED},
	[SET_APPEND] = {"set-append", O_DIRECT, O_DIRECT | O_APPEND, FL_WANT_APPEND},
	[CLEAR_APPEND] = {"clear-append", O_DIRECT | O_APPEND, O_DIRECT, FL_WANT_EITHER},
	[TOGGLE] = {"toggle", O_DIRECT, O_DIRECT, FL_WANT_EITHER},
};
#define SETFL_WRITERS 4
#define SETFL_SIZE    (1u << 20)
/* blocks that one writer writes to one file */
#define SETFL_EACH (SETFL_SIZE / FL_BLOCK / SETFL_WRITERS)

static int setfl_setup(struct fl_case_env *e)
{
	for (int i = 0; i < SETFLS; i++) {
		const struct setfl *f = &setfls[i];
		int fd = fl_case_open(e, f->file, O_RDWR | O_CREAT | O_DIRECT);
		struct fl_leg *leg;

		if (fd < 0 || fl_case_prefill(e, fd, SETFL_SIZE))
			return -1;
		close(fd);
		leg = fl_case_leg(e, f->file, O_RDWR | f->open, f->want, SETFL_WRITERS);
		if (!leg)
			return -1;
		leg->flags_differ = true;
		if (i == CLEAR_APPEND) {
			strcpy(leg->lax_if_shared,
			       "the backing file appended under the shared lock: it still has the O_APPEND of open(2)");
			strcpy(leg->defect_if_shared,
			       "appends need the lock exclusively, and the backing file still appends after F_SETFL cleared O_APPEND; this kernel chose the lock by the FUSE file's flags alone; fix: have the append test in fuse_passthrough_write_iter() look at the backing file's flags too");
		}
	}
	return 0;
}

static int setfl_toggler(struct fl_case_env *e, int fd)
{
	int flags = O_DIRECT;

	while (!__atomic_load_n(&e->page->stop, __ATOMIC_ACQUIRE)) {
		flags ^= O_DIRECT;
		if (fcntl(fd, F_SETFL, flags))
			return fl_case_errno(e, "fcntl(F_SETFL)");
	}
	return 0;
}

/*
 * The workers inherit the descriptors, so all writers of a file share its description and its
 * flags.
 */
static int setfl_worker(struct fl_case_env *e, int i)
{
	char *buf = fl_case_buffer(FL_BLOCK);
	int ret = 0;

	if (i == SETFL_WRITERS)
		return setfl_toggler(e, e->fd[TOGGLE]);
	for (int n = 0; n < (int)SETFL_EACH && !ret; n++) {
		off_t off = ((off_t)n * SETFL_WRITERS + i) * FL_BLOCK;

		for (int f = 0; f < SETFLS && !ret; f++) {
			bool appends = f == SET_APPEND || f == CLEAR_APPEND;

			fl_stamp_fill(buf, FL_BLOCK, 1 + i, n,
				      appends ? FL_STAMP_ANYWHERE : (__u64)off);
			ret = fl_case_pwrite(e, f, e->fd[f], buf, FL_BLOCK, off);
		}
	}
	/*
	 * the first worker that finishes ends the toggling; the last writes of the others do not
	 * need it
	 */
	__atomic_store_n(&e->page->stop, 1, __ATOMIC_RELEASE);
	return ret;
}

static int setfl_work(struct fl_case_env *e)
{
	for (int i = 0; i < SETFLS; i++)
		if (fcntl(e->fd[i], F_SETFL, setfls[i].then))
			return fl_case_errno(e, "fcntl(F_SETFL)");
	return fl_case_workers(e, SETFL_WRITERS + 1, setfl_worker);
}

/* Counts the blocks of a file by their writer: the fill or a worker. */
static int count_blocks(struct fl_case_env *e, const char *file, __u64 *filled, __u64 *written)
{
	int fd = fl_case_open(e, file, O_RDONLY | O_DIRECT), ret = 0;
	char *buf = fl_case_buffer(FL_BLOCK);
	struct fl_stamp st;
	size_t bad_at;
	ssize_t n;

	*filled = *written = 0;
	if (fd < 0)
		return -1;
	for (off_t off = 0; !ret && (n = pread(fd, buf, FL_BLOCK, off)) > 0; off += FL_BLOCK) {
		if (fl_stamp_check(buf, FL_BLOCK, off, &st, &bad_at) != FL_BLOCK_WHOLE)
			ret = fl_case_fail(e, "%s: the block at %lld is damaged (byte %zu)", file,
					   (long long)off, bad_at);
		else if (st.writer)
			++*written;
		else
			++*filled;
	}
	free(buf);
	close(fd);
	return ret;
}

static int setfl_check(struct fl_case_env *e)
{
	const __u64 all = SETFL_SIZE / FL_BLOCK;

	for (int i = 0; i < SETFLS; i++) {
		const char *file = setfls[i].file;
		__u64 filled, written, want_filled = 0;

		if (count_blocks(e, file, &filled, &written))
			return -1;
		/* By POSIX, F_SETFL decides. If the writes append, the fill stays as it was. */
		if (i == SET_APPEND)
			want_filled = all;
		if (i == CLEAR_APPEND && filled == all) {
			fl_case_note(
				e,
				"clear-append: writes go on appending after F_SETFL cleared O_APPEND, because the backing file keeps the flags of open(2)");
			want_filled = all;
		}
		if (i == SET_APPEND && !filled) {
			fl_case_note(
				e,
				"set-append: writes do not append after F_SETFL set O_APPEND, because the backing file keeps the flags of open(2)");
			want_filled = 0;
		}
		if (filled == want_filled && written < all)
			return fl_case_fail(
				e, "%s: %llu of %llu written blocks were written over by others",
				file, (unsigned long long)(all - written), (unsigned long long)all);
		if (written != all || filled != want_filled)
			return fl_case_fail(
				e,
				"%s: %llu blocks of the fill and %llu written ones are there, not %llu and %llu",
				file, (unsigned long long)filled, (unsigned long long)written,
				(unsigned long long)want_filled, (unsigned long long)all);
		if (fl_case_size(e, e->fd[i], (all + want_filled) * FL_BLOCK))
			return -1;
	}
	return 0;
}

const struct fl_verify_case fl_case_setfl = {
	.name = "setfl",
	.what = "O_DIRECT and O_APPEND set, cleared and toggled by fcntl between open and write",
	.why = "the FUSE file's flags decide: buffered or appending is exclusive. If the backing file's flags differ, a kernel may look at both",
	.setup = setfl_setup,
	.work = setfl_work,
	.check = setfl_check,
};
