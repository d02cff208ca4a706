// SPDX-License-Identifier: GPL-2.0-only
/* io_uring, by its system calls: queues, a submitting thread, registered buffers, chains, cancels. */
#include "job.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENTRIES	   128
#define NOT_A_SLOT (~0ull)

struct ring {
	int fd;
	bool sqpoll, fixed;
	uint32_t queued;
	_Atomic uint32_t *sq_head, *sq_tail, *sq_flags, *cq_head, *cq_tail;
	uint32_t sq_mask, cq_mask;
	uint32_t *sq_array;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	void *rings;
	size_t rings_size;
};

static bool ring_open(struct ring *r, const struct plan_run *run)
{
	struct io_uring_params p = {};
	char *at;

	if (run->sqpoll) {
		p.flags = IORING_SETUP_SQPOLL;
		p.sq_thread_idle = 50;
	}
	r->sqpoll = run->sqpoll;
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		return false;
	/* both rings are one mapping since 5.4, and all tested kernels are newer */
	r->rings_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	if (r->rings_size < p.sq_off.array + p.sq_entries * sizeof(uint32_t))
		r->rings_size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	r->rings = mmap(NULL, r->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			r->fd, IORING_OFF_SQ_RING);
	r->sqe = mmap(NULL, p.sq_entries * sizeof(*r->sqe), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	if (r->rings == MAP_FAILED || r->sqe == MAP_FAILED) {
		close(r->fd);
		return false;
	}
	at = r->rings;
	r->sq_head = (void *)(at + p.sq_off.head);
	r->sq_tail = (void *)(at + p.sq_off.tail);
	r->sq_flags = (void *)(at + p.sq_off.flags);
	r->sq_array = (void *)(at + p.sq_off.array);
	r->sq_mask = p.sq_entries - 1;
	r->cq_head = (void *)(at + p.cq_off.head);
	r->cq_tail = (void *)(at + p.cq_off.tail);
	r->cqe = (void *)(at + p.cq_off.cqes);
	r->cq_mask = p.cq_entries - 1;
	return true;
}

static void ring_close(struct ring *r)
{
	munmap(r->rings, r->rings_size);
	munmap(r->sqe, (r->sq_mask + 1) * sizeof(*r->sqe));
	close(r->fd);
}

/* The place of the next request; ring_push() takes it. There are more places than can be in use. */
static struct io_uring_sqe *ring_next(struct ring *r)
{
	uint32_t tail = atomic_load_explicit(r->sq_tail, memory_order_relaxed) + r->queued;
	struct io_uring_sqe *sqe = &r->sqe[tail & r->sq_mask];

	r->sq_array[tail & r->sq_mask] = tail & r->sq_mask;
	r->queued++;
	memset(sqe, 0, sizeof(*sqe));
	return sqe;
}

static int ring_enter(const struct ring *r, uint32_t submit, uint32_t wait, uint32_t flags)
{
	return syscall(SYS_io_uring_enter, r->fd, submit, wait, flags, NULL, 0);
}

static void uring_queue(struct queue *q, uint32_t slot)
{
	struct ring *r = q->private;
	struct io_uring_sqe *sqe = ring_next(r);
	const struct op *op = &q->op[slot];
	bool fixed = r->fixed && op->buffer == BUFFER_GOOD;

	if (op->kind == OP_READ)
		sqe->opcode = fixed ? IORING_OP_READ_FIXED : IORING_OP_READ;
	else
		sqe->opcode = fixed ? IORING_OP_WRITE_FIXED : IORING_OP_WRITE;
	sqe->fd = q->job->fd;
	sqe->off = op->offset;
	sqe->addr = (uintptr_t)job_buffer(q->job, op);
	sqe->len = op->length;
	sqe->rw_flags = op->rw_flags;
	sqe->user_data = slot;
	if (op->linked)
		sqe->flags |= IOSQE_IO_LINK;
	if (op->forced)
		sqe->flags |= IOSQE_ASYNC;
	if (op->cancel && !op->linked) {
		sqe = ring_next(r);
		sqe->opcode = IORING_OP_ASYNC_CANCEL;
		sqe->addr = slot;
		sqe->user_data = NOT_A_SLOT;
	}
}

static void uring_submit(struct queue *q)
{
	struct ring *r = q->private;
	uint32_t tail = atomic_load_explicit(r->sq_tail, memory_order_relaxed);
	int n;

	atomic_store_explicit(r->sq_tail, tail + r->queued, memory_order_release);
	r->queued = 0;
	if (r->sqpoll) {
		atomic_thread_fence(memory_order_seq_cst);
		if (*r->sq_flags & IORING_SQ_NEED_WAKEUP)
			ring_enter(r, 0, 0, IORING_ENTER_SQ_WAKEUP);
		/*
		 * otherwise the next round would overwrite entries that the thread has not read yet
		 */
		while (atomic_load(r->sq_head) != atomic_load(r->sq_tail)) {
			if (*r->sq_flags & IORING_SQ_NEED_WAKEUP)
				ring_enter(r, 0, 0, IORING_ENTER_SQ_WAKEUP);
		}
		return;
	}
	while (atomic_load(r->sq_head) != atomic_load(r->sq_tail)) {
		n = ring_enter(r, atomic_load(r->sq_tail) - atomic_load(r->sq_head), 0, 0);
		if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) {
			ledger_fault(q->job->ledger, "io_uring_enter: errno %d", errno);
			return;
		}
	}
}

static void uring_reap(struct queue *q)
{
	struct ring *r = q->private;
	uint32_t head = atomic_load_explicit(r->cq_head, memory_order_relaxed);

	while (head == atomic_load_explicit(r->cq_tail, memory_order_acquire)) {
		if (ring_enter(r, 0, 1, IORING_ENTER_GETEVENTS) < 0 && errno != EINTR) {
			ledger_fault(q->job->ledger, "io_uring_enter: errno %d", errno);
			q->in_flight = 0;
			return;
		}
	}
	while (head != atomic_load_explicit(r->cq_tail, memory_order_acquire)) {
		const struct io_uring_cqe *cqe = &r->cqe[head & r->cq_mask];

		if (cqe->user_data != NOT_A_SLOT)
			queue_reaped(q, cqe->user_data, cqe->res);
		head++;
	}
	atomic_store_explicit(r->cq_head, head, memory_order_release);
}

bool engine_uring(struct job *j)
{
	static const struct queue_ops ops = {uring_queue, uring_submit, uring_reap};
	struct iovec whole = {j->buffer, OP_LENGTH_MAX};
	struct ring r = {};
	struct queue q = {.job = j, .depth = j->run->depth, .private = &r};

	if (!ring_open(&r, j->run))
		return false;
	r.fixed = j->run->fixed &&
		  !syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_BUFFERS, &whole, 1);
	queue_run(&q, &ops);
	ring_close(&r);
	return true;
}
