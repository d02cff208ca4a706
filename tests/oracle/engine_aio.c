// SPDX-License-Identifier: GPL-2.0-only
/* libaio's interface by its system calls, so that no library is needed. */
#include "job.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct aio {
	aio_context_t context;
	struct iocb iocb[QUEUE_DEPTH];
	struct iocb *queued[QUEUE_DEPTH];
	uint32_t count;
};

static void aio_queue(struct queue *q, uint32_t slot)
{
	struct aio *a = q->private;
	struct iocb *cb = &a->iocb[slot];
	const struct op *op = &q->op[slot];

	memset(cb, 0, sizeof(*cb));
	cb->aio_data = slot;
	cb->aio_lio_opcode = op->kind == OP_READ ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
	cb->aio_fildes = q->job->fd;
	cb->aio_buf = (uintptr_t)job_buffer(q->job, op);
	cb->aio_nbytes = op->length;
	cb->aio_offset = op->offset;
	cb->aio_rw_flags = op->rw_flags;
	a->queued[a->count++] = cb;
}

/* If the kernel refuses a request, only this one has failed; the others go on. */
static void aio_submit(struct queue *q)
{
	struct aio *a = q->private;
	uint32_t at = 0;

	while (at < a->count) {
		long n = syscall(SYS_io_submit, a->context, (long)(a->count - at), a->queued + at);

		if (n > 0) {
			at += n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		queue_reaped(q, a->queued[at]->aio_data, n < 0 ? -errno : -EIO);
		at++;
	}
	a->count = 0;
}

static void aio_reap(struct queue *q)
{
	struct aio *a = q->private;
	struct io_event event[QUEUE_DEPTH];
	long n;

	do {
		n = syscall(SYS_io_getevents, a->context, 1L, (long)QUEUE_DEPTH, event, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		ledger_fault(q->job->ledger, "io_getevents: errno %d", errno);
	for (long i = 0; i < n; i++)
		queue_reaped(q, event[i].data, event[i].res);
}

bool engine_aio(struct job *j)
{
	static const struct queue_ops ops = {aio_queue, aio_submit, aio_reap};
	struct aio a = {};
	struct queue q = {.job = j, .depth = j->run->depth, .private = &a};

	if (syscall(SYS_io_setup, QUEUE_DEPTH, &a.context))
		return false;
	queue_run(&q, &ops);
	syscall(SYS_io_destroy, a.context);
	return true;
}
