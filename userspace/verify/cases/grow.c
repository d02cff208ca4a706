// SPDX-License-Identifier: GPL-2.0-only
/* Files that grow while several processes write: appends, disjoint extension, and a race for EOF. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "verify/cases/blocks.h"
#include "verify/cases/cases.h"
#include "verify/cases/child.h"

#define MIB	     (1u << 20)
#define APPEND_BLOCK (4 * MIB)

/* number of 4 MiB blocks that each process appends */
static int append_blocks(const struct fl_case_env *e)
{
	return e->opts->quick ? 4 : 16;
}

static int o_append_setup(struct fl_case_env *e)
{
	return fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT | O_APPEND, FL_WANT_APPEND, 4)
		       ? 0
		       : -1;
}

static int o_append_worker(struct fl_case_env *e, int i)
{
	/* open the file for each worker: the lock of a shared position would serialise them */
	int fd = fl_case_open(e, e->name, O_WRONLY | O_DIRECT | O_APPEND);
	char *buf = fl_case_buffer(APPEND_BLOCK);

	if (fd < 0)
		return -1;
	for (int n = 0; n < append_blocks(e); n++) {
		/*
		 * pwrite appends, too, whatever its offset. Its offset is well inside EOF, so a
		 * kernel that looks only at the offset shares the lock each time.
		 */
		fl_stamp_fill(buf, APPEND_BLOCK, i, n, FL_STAMP_ANYWHERE);
		if (i & 1 ? fl_case_pwrite(e, 0, fd, buf, APPEND_BLOCK, 0)
			  : fl_case_write(e, 0, fd, buf, APPEND_BLOCK))
			return -1;
	}
	return 0;
}

static int o_append_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 4, o_append_worker);
}

/* Checks that every block of every process is there once, whole. */
static int o_append_check(struct fl_case_env *e)
{
	int per = append_blocks(e), all = 4 * per, ret = -1;
	char *buf = fl_case_buffer(APPEND_BLOCK), seen[4][16] = {};
	struct fl_stamp st;
	size_t bad_at;

	if (fl_case_size(e, e->fd[0], (__u64)all * APPEND_BLOCK))
		goto out;
	for (int n = 0; n < all; n++) {
		off_t off = (off_t)n * APPEND_BLOCK;

		if (pread(e->fd[0], buf, APPEND_BLOCK, off) != APPEND_BLOCK) {
			fl_case_errno(e, "reading back");
			goto out;
		}
		if (fl_stamp_check(buf, APPEND_BLOCK, off, &st, &bad_at) != FL_BLOCK_WHOLE ||
		    st.writer >= 4 || st.seq >= (__u64)per) {
			fl_case_fail(e, "the append at %lld is torn at byte %zu", (long long)off,
				     bad_at);
			goto out;
		}
		if (seen[st.writer][st.seq]++) {
			fl_case_fail(e, "append %llu of process %u is there twice",
				     (unsigned long long)st.seq, st.writer);
			goto out;
		}
	}
	ret = 0;
out:
	free(buf);
	return ret;
}

const struct fl_verify_case fl_case_o_append = {
	.name = "o_append",
	.what = "4 processes append 4 MiB blocks, O_APPEND and direct",
	.why = "where an append goes is known only under the exclusive lock",
	.setup = o_append_setup,
	.work = o_append_work,
	.check = o_append_check,
};

/* EOF before the work, and each job's region: 64 MiB, or 8 with --quick. */
static __u64 region(const struct fl_case_env *e)
{
	return (__u64)(e->opts->quick ? 8 : 64) * MIB;
}

static int extend_setup(struct fl_case_env *e)
{
	struct fl_leg *leg = fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT, FL_WANT_GROWING,
					 4);

	if (!leg)
		return -1;
	/* the writer at the far end is past EOF each time */
	leg->min_past_eof = region(e) / MIB;
	return ftruncate(e->fd[0], region(e)) ? fl_case_errno(e, "ftruncate") : 0;
}

static int extend_worker(struct fl_case_env *e, int i)
{
	int fd = fl_case_open(e, e->name, O_WRONLY | O_DIRECT);
	__u64 off = (i + 1) * region(e), end = off + region(e);
	char *buf = fl_case_buffer(MIB);

	if (fd < 0)
		return -1;
	for (; off < end; off += MIB) {
		fl_stamp_fill(buf, MIB, i, 0, off);
		if (fl_case_pwrite(e, 0, fd, buf, MIB, off))
			return -1;
	}
	return 0;
}

static int extend_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 4, extend_worker);
}

static int extend_check(struct fl_case_env *e)
{
	if (fl_case_size(e, e->fd[0], 5 * region(e)) || fl_case_check_zeros(e, e->fd[0], region(e)))
		return -1;
	return fl_case_check_blocks(e, e->fd[0], region(e), 5 * region(e), MIB, FL_ZERO_BAD);
}

const struct fl_verify_case fl_case_extend = {
	.name = "extend",
	.what = "4 jobs write regions beyond EOF, side by side, 1 MiB direct",
	.why = "past EOF when it is made: exclusive; inside because another job moved EOF: shared",
	.setup = extend_setup,
	.work = extend_work,
	.check = extend_check,
};

/*
 * Writers alone only move EOF up: a write that is inside EOF stays inside, and nothing upgrades. So
 * one more process cuts the file back while they write. A write that finds itself inside EOF and
 * then waits for that truncate to release the lock is past EOF once it holds the lock.
 */
#define TRUNCATES(e) ((e)->opts->quick ? 300 : 3000)

static int extend_race_setup(struct fl_case_env *e)
{
	struct fl_leg *leg = fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT, FL_WANT_GROWING,
					 4);

	if (!leg)
		return -1;
	leg->min_past_eof = 1;
	return ftruncate(e->fd[0], region(e)) ? fl_case_errno(e, "ftruncate") : 0;
}

static int race_pass(struct fl_case_env *e, int fd, int i, __u64 seq, char *buf, bool to_the_end)
{
	for (__u64 off = region(e); off < 2 * region(e); off += FL_BLOCK) {
		if (!to_the_end && __atomic_load_n(&e->page->stop, __ATOMIC_ACQUIRE))
			break;
		fl_stamp_fill(buf, FL_BLOCK, i, seq, off);
		if (fl_case_pwrite(e, 0, fd, buf, FL_BLOCK, off))
			return -1;
	}
	return 0;
}

static int race_truncator(struct fl_case_env *e, int fd)
{
	int ret = 0;

	for (int n = 0; n < TRUNCATES(e) && !ret; n++) {
		const struct timespec pause = {.tv_nsec = 1000000};

		nanosleep(&pause, NULL);
		if (ftruncate(fd, region(e)))
			ret = fl_case_errno(e, "ftruncate");
	}
	__atomic_store_n(&e->page->stop, 1, __ATOMIC_RELEASE);
	return ret;
}

static int extend_race_worker(struct fl_case_env *e, int i)
{
	int fd = fl_case_open(e, e->name, O_WRONLY | O_DIRECT);
	char *buf = fl_case_buffer(FL_BLOCK);
	__u64 seq = 0;

	if (fd < 0)
		return -1;
	if (i == 4)
		return race_truncator(e, fd);
	/*
	 * the published race first: each job writes all of the region once, while the file is cut
	 */
	if (race_pass(e, fd, i, seq++, buf, true))
		return -1;
	while (!__atomic_load_n(&e->page->stop, __ATOMIC_ACQUIRE))
		if (race_pass(e, fd, i, seq++, buf, false))
			return -1;
	/* the file is no longer cut, so its end is known */
	return race_pass(e, fd, i, seq, buf, true);
}

static int extend_race_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 5, extend_race_worker);
}

static int extend_race_check(struct fl_case_env *e)
{
	if (fl_case_size(e, e->fd[0], 2 * region(e)) || fl_case_check_zeros(e, e->fd[0], region(e)))
		return -1;
	return fl_case_check_blocks(e, e->fd[0], region(e), 2 * region(e), FL_BLOCK, FL_ZERO_BAD);
}

const struct fl_verify_case fl_case_extend_race = {
	.name = "extend_race",
	.what = "4 jobs write the same region beyond EOF, 4K direct, while EOF is cut back",
	.why = "past EOF: exclusive, also if the write finds this out under the shared lock (an upgrade); inside EOF: shared",
	.setup = extend_race_setup,
	.work = extend_race_work,
	.check = extend_race_check,
	.wants_upgrades = true,
};

#define TRUNCATE_MAX (16 * MIB)

static int truncate_race_setup(struct fl_case_env *e)
{
	struct fl_leg *leg = fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT, FL_WANT_GROWING,
					 3);

	if (!leg)
		return -1;
	leg->min_past_eof = 1;
	return fl_case_prefill(e, e->fd[0], TRUNCATE_MAX / 2);
}

static off_t random_block(unsigned int *seed)
{
	return (off_t)(rand_r(seed) % (TRUNCATE_MAX / FL_BLOCK)) * FL_BLOCK;
}

static int truncate_race_worker(struct fl_case_env *e, int i)
{
	int fd = fl_case_open(e, e->name, O_WRONLY | O_DIRECT), ret = 0;
	char *buf = fl_case_buffer(FL_BLOCK);
	double began = fl_case_now(), seconds = e->opts->seconds;
	unsigned int seed = 1 + i;

	if (fd < 0)
		return -1;
	for (__u64 n = 0; !ret && fl_case_time_left(began, seconds); n++) {
		off_t off = random_block(&seed);

		if (i == 3) {
			if (ftruncate(fd, off))
				ret = fl_case_errno(e, "ftruncate");
			continue;
		}
		fl_stamp_fill(buf, FL_BLOCK, 1 + i, n, off);
		ret = fl_case_pwrite(e, 0, fd, buf, FL_BLOCK, off);
	}
	return ret;
}

static int truncate_race_work(struct fl_case_env *e)
{
	return fl_case_workers(e, 4, truncate_race_worker);
}

/*
 * The final size is not known in advance. But the size that the kernel believes, the size that the
 * daemon reports, and the place where reading ends must be the same.
 */
static int truncate_race_check(struct fl_case_env *e)
{
	char *buf = fl_case_buffer(FL_BLOCK);
	struct statx stx;
	int ret = -1;

	if (statx(e->fd[0], "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &stx)) {
		fl_case_errno(e, "statx");
		goto out;
	}
	if (fl_case_size(e, e->fd[0], stx.stx_size) ||
	    fl_case_check_blocks(e, e->fd[0], 0, stx.stx_size, FL_BLOCK, FL_ZERO_OK))
		goto out;
	if (pread(e->fd[0], buf, FL_BLOCK, stx.stx_size) > 0)
		fl_case_fail(e, "there are data beyond EOF at %llu",
			     (unsigned long long)stx.stx_size);
	else
		ret = 0;
out:
	free(buf);
	return ret;
}

const struct fl_verify_case fl_case_truncate_race = {
	.name = "truncate_race",
	.what = "3 jobs write 4K blocks directly and at random while EOF jumps about",
	.why = "past EOF once it holds the lock: exclusive, wherever EOF was before; inside: shared",
	.setup = truncate_race_setup,
	.work = truncate_race_work,
	.check = truncate_race_check,
};
