// SPDX-License-Identifier: GPL-2.0-only
/* Keeps this many requests in flight, and none while an event needs the file for itself. */
#include "job.h"

void queue_reaped(struct queue *q, uint32_t slot, int64_t result)
{
	if (!q->busy[slot])
		return;
	q->busy[slot] = false;
	q->in_flight--;
	job_done(q->job, &q->op[slot], result);
}

static uint32_t free_slot(const struct queue *q)
{
	uint32_t i = 0;

	while (i < q->depth && q->busy[i])
		i++;
	return i;
}

void queue_run(struct queue *q, const struct queue_ops *ops)
{
	enum job_next next = JOB_IO;
	struct op op;

	for (;;) {
		while (next == JOB_IO && q->in_flight < q->depth) {
			uint32_t slot;

			next = job_next(q->job, &op);
			if (next != JOB_IO)
				break;
			slot = free_slot(q);
			q->op[slot] = op;
			q->busy[slot] = true;
			q->in_flight++;
			ops->queue(q, slot);
		}
		ops->submit(q);
		if (q->in_flight) {
			ops->reap(q);
			continue;
		}
		if (next == JOB_END)
			return;
		if (next == JOB_DRAIN)
			job_event(q->job, &op);
		next = JOB_IO;
	}
}
