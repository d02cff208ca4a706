// SPDX-License-Identifier: GPL-2.0-only
#include "collect/follow.h"

#include <string.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#define STATE ".data.tp"
/* A program that makes both direct and buffered writes is taken to make both within this time. */
#define PATIENCE_NS 300000000ull

void fl_follow_open(struct fl_follow *f, struct bpf_object *obj)
{
	void *p = MAP_FAILED;

	memset(f, 0, sizeof(*f));
	if (bpf_object__find_map_by_name(obj, STATE))
		p = mmap(NULL, sizeof(*f->state), PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_object__find_map_fd_by_name(obj, STATE), 0);
	if (p != MAP_FAILED)
		f->state = p;
}

void fl_follow_close(struct fl_follow *f)
{
	if (f->state)
		munmap(f->state, sizeof(*f->state));
	f->state = NULL;
}

void fl_follow_attached(struct fl_follow *f)
{
	if (f->state)
		__atomic_store_n(&f->state->buffered_followed, 1, __ATOMIC_SEQ_CST);
}

enum fl_follow_step fl_follow_step(struct fl_follow *f, bool attached, bool any_write, __u64 now_ns)
{
	bool seen;

	if (!f->state)
		return FL_FOLLOW_STAY;
	seen = __atomic_load_n(&f->state->buffered_seen, __ATOMIC_SEQ_CST);
	if (!attached)
		return seen ? FL_FOLLOW_ATTACH : FL_FOLLOW_STAY;
	if (any_write && !f->first_write_ns)
		f->first_write_ns = now_ns;
	if (seen || !f->first_write_ns || now_ns - f->first_write_ns < PATIENCE_NS)
		return FL_FOLLOW_STAY;
	__atomic_store_n(&f->state->buffered_followed, 0, __ATOMIC_SEQ_CST);
	/* the programs note a buffered write before they check whether it is followed */
	if (!__atomic_load_n(&f->state->buffered_seen, __ATOMIC_SEQ_CST))
		return FL_FOLLOW_DETACH;
	fl_follow_attached(f);
	return FL_FOLLOW_STAY;
}

bool fl_follow_unseen_tries(const struct fl_follow *f)
{
	return f->state &&
	       (__atomic_load_n(&f->state->punted, __ATOMIC_SEQ_CST) ||
		__atomic_load_n(&f->state->tentative_seen, __ATOMIC_SEQ_CST) & FL_TENTATIVE_NOWAIT);
}
