/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of one writer, as the engines see it: they get operations from it and return results to
 * it.
 */
#ifndef ORACLE_JOB_H
#define ORACLE_JOB_H

#include "ledger.h"

struct place;

struct job {
	const struct plan *plan;
	struct ledger *ledger;
	const struct place *place;
	const struct plan_run *run;
	uint32_t actor, run_nr;
	uint32_t next, writes; /* operations drawn, writes handed out */
	int fd;
	struct ledger_entry *entry; /* of the file that fd is */
	char *buffer; /* OP_LENGTH_MAX writable bytes and then nothing; page-aligned */
};

enum job_next {
	JOB_IO,	   /* do op */
	JOB_DRAIN, /* wait for what is under way, then job_event(op) */
	JOB_END,
};

enum job_next job_next(struct job *j, struct op *op);
/* Operations for which nothing may be in flight: reopen, replace, change flags. */
void job_event(struct job *j, const struct op *op);
/* The buffer for op, length bytes long; part of it may be unmapped. */
char *job_buffer(const struct job *j, const struct op *op);
void job_done(struct job *j, const struct op *op, int64_t result);

/* Each runs the job to its end. */
void engine_sync(struct job *j);
/* Returns false, with nothing done, if the kernel does not offer the interface. */
bool engine_aio(struct job *j);
bool engine_uring(struct job *j);

/*
 * A queue of requests: what libaio and io_uring have in common. Slots are numbered; queue() may be
 * followed by others before submit() hands all of them over; reap() waits for at least one and calls
 * queue_reaped() for each.
 */
#define QUEUE_DEPTH 32
struct queue {
	struct job *job;
	struct op op[QUEUE_DEPTH];
	bool busy[QUEUE_DEPTH];
	uint32_t depth, in_flight;
	void *private;
};

struct queue_ops {
	void (*queue)(struct queue *q, uint32_t slot);
	void (*submit)(struct queue *q);
	void (*reap)(struct queue *q);
};

void queue_run(struct queue *q, const struct queue_ops *ops);
void queue_reaped(struct queue *q, uint32_t slot, int64_t result);

#endif
