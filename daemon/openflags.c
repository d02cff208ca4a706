// SPDX-License-Identifier: GPL-2.0-only
/* The plan of an open; see openflags.h. */
#include "openflags.h"

#include <errno.h>
#include <fcntl.h>

/* Whether the file could then be mapped for writing although it may only be appended to. */
static bool must_refuse(const struct open_policy *policy, const struct io_state *state,
			struct open_request request)
{
	if (!request.append_only || !request.could_map)
		return false;
	/* Others may have opened the file before it became append-only. */
	return state->users ? state->mode != IO_DIRECT : policy->require_passthrough;
}

bool open_must_register(const struct open_policy *policy, const struct io_state *state,
			struct open_request request)
{
	return policy->mode == IO_PASSTHROUGH && state->users == 0 &&
	       (policy->require_passthrough || !request.append_only) &&
	       !must_refuse(policy, state, request);
}

int open_join(const struct open_policy *policy, struct io_state *state, struct open_request request,
	      int32_t registered, struct open_plan *plan)
{
	if (must_refuse(policy, state, request))
		return EBUSY;
	if (state->users == 0) {
		if (policy->require_passthrough && registered <= 0)
			return -registered;
		if (request.append_only && !policy->require_passthrough)
			state->mode = IO_DIRECT;
		else if (policy->mode == IO_PASSTHROUGH && registered <= 0)
			/* Cached mode, as in a plain mirror: mmap and exec work. */
			state->mode = IO_CACHED;
		else
			state->mode = policy->mode;
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
