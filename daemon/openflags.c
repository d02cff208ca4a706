// SPDX-License-Identifier: GPL-2.0-only
/* The plan of an open; see openflags.h. */
#include "openflags.h"

#include <fcntl.h>

bool open_must_register(const struct open_policy *policy, const struct io_state *state)
{
	return policy->mode == IO_PASSTHROUGH && state->users == 0;
}

int open_join(const struct open_policy *policy, struct io_state *state, int32_t registered,
	      struct open_plan *plan)
{
	if (state->users == 0) {
		if (policy->mode == IO_PASSTHROUGH && registered <= 0) {
			if (policy->require_passthrough)
				return -registered;
			/* Cached mode, as in a plain mirror: mmap and exec work. */
			state->mode = IO_CACHED;
		} else {
			state->mode = policy->mode;
		}
		state->backing_id = state->mode == IO_PASSTHROUGH ? registered : 0;
	}
	state->users++;

	*plan = (struct open_plan){
		.direct_io = state->mode == IO_DIRECT,
		/*
		 * The kernel decides whether to keep this flag; on a cached file it has no meaning.
		 */
		.parallel_direct_writes = policy->parallel_writes && state->mode != IO_CACHED,
		.backing_id = state->backing_id,
	};
	return 0;
}

int32_t open_leave(struct io_state *state)
{
	int32_t id = 0;

	if (state->users && --state->users == 0) {
		id = state->backing_id;
		state->backing_id = 0;
	}
	return id;
}

int source_open_flags(int user_flags)
{
	return (user_flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_NOFOLLOW | O_APPEND | O_DIRECT)) |
	       O_CLOEXEC;
}
