// SPDX-License-Identifier: GPL-2.0-only
/* Engines that return with the result: pwrite, write, pwritev2, splice. */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/param.h>
#include <sys/uio.h>
#include <unistd.h>

static int64_t result_of(ssize_t got)
{
	return got < 0 ? -errno : got;
}

static int64_t do_vectors(struct job *j, const struct op *op)
{
	char *buffer = job_buffer(j, op);
	/* keep the parts aligned for O_DIRECT, if the whole is aligned */
	uint32_t part = MIN(op->length, j->run->unit);
	struct iovec iov[3] = {
		{buffer, part},
		{buffer + part, MIN(op->length - part, part)},
	};

	iov[2].iov_base = buffer + iov[0].iov_len + iov[1].iov_len;
	iov[2].iov_len = op->length - iov[0].iov_len - iov[1].iov_len;
	return result_of(pwritev2(j->fd, iov, 3, op->offset, op->rw_flags));
}

/*
 * A pipe holds 64 KiB, so longer writes are cut. Data that splice() leaves in the pipe are lost
 * with it.
 */
static int64_t do_splice(struct job *j, struct op *op)
{
	loff_t offset = op->offset;
	int64_t result;
	ssize_t filled;
	int p[2];

	op->length = MIN(op->length, 65536u);
	if (pipe2(p, O_CLOEXEC))
		return 0;
	do {
		filled = op->length ? write(p[1], j->buffer, op->length) : 0;
	} while (filled < 0 && errno == EINTR);
	op->length = MAX(filled, 0);
	result = filled > 0 ? result_of(splice(p[0], NULL, j->fd, &offset, filled, 0)) : 0;
	close(p[0]);
	close(p[1]);
	return result;
}

static int64_t do_write(struct job *j, struct op *op)
{
	switch (j->run->engine) {
	case ENGINE_WRITE:
		if (lseek(j->fd, op->offset, SEEK_SET) < 0)
			ledger_fault(j->ledger, "lseek: errno %d", errno);
		return result_of(write(j->fd, job_buffer(j, op), op->length));
	case ENGINE_VECTORS:
		return do_vectors(j, op);
	case ENGINE_SPLICE:
		return do_splice(j, op);
	default:
		return result_of(pwrite(j->fd, job_buffer(j, op), op->length, op->offset));
	}
}

void engine_sync(struct job *j)
{
	enum job_next next;
	struct op op;

	while ((next = job_next(j, &op)) != JOB_END) {
		if (next == JOB_DRAIN)
			job_event(j, &op);
		else if (op.kind == OP_READ)
			job_done(j, &op, pread(j->fd, j->buffer, op.length, op.offset));
		else
			job_done(j, &op, do_write(j, &op));
	}
}
