// SPDX-License-Identifier: GPL-2.0-only
/* The cases that fio can express: random and sequential writes inside a file, each block checksummed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "verify/cases/cases.h"
#include "verify/cases/child.h"
#include "verify/cases/fio.h"

/* A completion that takes longer than this is a stall, not a slow device. */
#define STALL_NS 20000000000ull

static int seeded_leg(struct fl_case_env *e, int flags, enum fl_want want, unsigned int writers)
{
	if (fl_fio_seed(e, e->name, e->opts->size))
		return -1;
	return fl_case_leg(e, e->name, O_RDWR | flags, want, writers) ? 0 : -1;
}

/* jobs of 4K writes at random over the whole file; more: further options. */
static int write_at_random(struct fl_case_env *e, int jobs, const char *more)
{
	struct fl_fio fio;

	if (fl_fio_run(
		    e, &fio,
		    "[w]\nfilename=%s\nrw=randwrite\nbs=4k\nsize=%llu\nnumjobs=%d\nnorandommap=1\ntime_based=1\nruntime=%.0f\nverify=crc32c\ndo_verify=0\n%s",
		    e->name, e->opts->size, jobs, e->opts->seconds, more))
		return -1;
	e->page->leg[0].done = fio.write.ios;
	return 0;
}

static int check_seeded(struct fl_case_env *e)
{
	/* blocks of the workload and of the seed have the same kind of header */
	if (fl_fio_verify(e, e->name, e->opts->size))
		return -1;
	return fl_case_size(e, e->fd[0], e->opts->size);
}

static int overwrite_setup(struct fl_case_env *e)
{
	return seeded_leg(e, O_DIRECT, FL_WANT_WITHIN, 4);
}

static int overwrite_work(struct fl_case_env *e)
{
	return write_at_random(e, 4, "direct=1\nioengine=psync\n");
}

const struct fl_verify_case fl_case_overwrite = {
	.name = "overwrite",
	.what = "4 jobs write 4K blocks directly and at random over a whole written file",
	.why = "inside EOF and direct: the shared lock is made for such writes",
	.setup = overwrite_setup,
	.work = overwrite_work,
	.check = check_seeded,
};

static int read_write_setup(struct fl_case_env *e)
{
	return seeded_leg(e, O_DIRECT, FL_WANT_WITHIN, 2);
}

static int read_write_work(struct fl_case_env *e)
{
	unsigned long long half = e->opts->size / 2, worst;
	struct fl_fio fio;

	if (fl_fio_run(
		    e, &fio,
		    "direct=1\nioengine=psync\nbs=4k\nnorandommap=1\ntime_based=1\nruntime=%.0f\nfilename=%s\n"
		    "[w0]\nrw=randwrite\nsize=%llu\nverify=crc32c\ndo_verify=0\n"
		    "[w1]\nrw=randwrite\noffset=%llu\nsize=%llu\nverify=crc32c\ndo_verify=0\n"
		    "[r]\nrw=randread\nsize=%llu\nnumjobs=2\n",
		    e->opts->seconds, e->name, half, half, half, 2 * half))
		return -1;
	e->page->leg[0].done = fio.write.ios;
	if (!fio.min_group_ios)
		return fl_case_fail(e, "a job did no I/O in %.0f s", e->opts->seconds);
	worst = fio.read.clat_max_ns > fio.write.clat_max_ns ? fio.read.clat_max_ns
							     : fio.write.clat_max_ns;
	if (worst > STALL_NS)
		return fl_case_fail(e, "an I/O took %.1f s", worst / 1e9);
	return 0;
}

const struct fl_verify_case fl_case_read_write = {
	.name = "read_write",
	.what = "2 writers on the halves of a written file, 2 readers over all of it, 4K direct",
	.why = "inside EOF and direct; passthrough reads take no inode lock and must not stall",
	.setup = read_write_setup,
	.work = read_write_work,
	.check = check_seeded,
};

#define APPEND_REGION (4u << 20)

static int append_setup(struct fl_case_env *e)
{
	if (!fl_case_leg(e, e->name, O_RDWR | O_CREAT | O_DIRECT, FL_WANT_WITHIN, 4))
		return -1;
	if (!fallocate(e->fd[0], 0, 0, 4 * APPEND_REGION))
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return fl_case_errno(e, "fallocate");
	fl_case_note(e, "the daemon has no fallocate: the file is sparse instead");
	return ftruncate(e->fd[0], 4 * APPEND_REGION) ? fl_case_errno(e, "ftruncate") : 0;
}

static int append_work(struct fl_case_env *e)
{
	struct fl_fio fio;

	if (fl_fio_run(
		    e, &fio,
		    "[w]\nfilename=%s\nrw=write\nbs=4k\nsize=%u\noffset_increment=%u\nnumjobs=4\ndirect=1\nioengine=psync\nverify=crc32c\ndo_verify=0\n",
		    e->name, APPEND_REGION, APPEND_REGION))
		return -1;
	e->page->leg[0].done = fio.write.ios;
	return 0;
}

static int append_check(struct fl_case_env *e)
{
	if (fl_fio_verify(e, e->name, 4 * APPEND_REGION))
		return -1;
	return fl_case_size(e, e->fd[0], 4 * APPEND_REGION);
}

const struct fl_verify_case fl_case_append = {
	.name = "append",
	.what = "4 jobs fill 4 MiB each of a fallocated file, 4K direct, one after the other",
	.why = "inside EOF: the file is fallocated, so the writes do not grow it",
	.setup = append_setup,
	.work = append_work,
	.check = append_check,
};

static int buffered_setup(struct fl_case_env *e)
{
	return seeded_leg(e, 0, FL_WANT_BUFFERED, 4);
}

static int buffered_work(struct fl_case_env *e)
{
	return write_at_random(e, 4, "direct=0\nioengine=psync\ninvalidate=0\n");
}

const struct fl_verify_case fl_case_buffered = {
	.name = "buffered",
	.what = "4 jobs write 4K blocks at random through the page cache",
	.why = "fuse_file_write_iter() never looks at O_DIRECT: buffered writes to a passthrough file go through fuse_passthrough_write_iter(), too, exclusively",
	.setup = buffered_setup,
	.work = buffered_work,
	.check = check_seeded,
};

static int io_uring_setup_case(struct fl_case_env *e)
{
	char params[256] = {};
	int fd = syscall(SYS_io_uring_setup, 1, params);

	if (fd < 0)
		return fl_case_inconclusive(e, "io_uring is not available here: %s",
					    strerror(errno));
	close(fd);
	return seeded_leg(e, O_DIRECT, FL_WANT_WITHIN, 8);
}

static int io_uring_work(struct fl_case_env *e)
{
	/* fewer in flight than a connection's background queue holds (max_background is 12) */
	return write_at_random(e, 2, "direct=1\nioengine=io_uring\niodepth=4\n");
}

const struct fl_verify_case fl_case_io_uring = {
	.name = "io_uring",
	.what = "2 jobs write 4K blocks directly and at random, 4 at a time each, by io_uring",
	.why = "inside EOF and direct. io-wq runs punted writes of a file one by one; this changes when they run, not how they lock",
	.setup = io_uring_setup_case,
	.work = io_uring_work,
	.check = check_seeded,
};
