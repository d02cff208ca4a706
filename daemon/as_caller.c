// SPDX-License-Identifier: GPL-2.0-only
/* Acting with the rights of the user who makes a request; see as_caller.h. */
#include "as_caller.h"

#include <errno.h>
#include <unistd.h>

#include "caller.h"
#include "creds.h"

/* Without these the source decides by owner, group, mode and access control list. */
#define OWN_RIGHTS (CREDS_NO_DAC | CREDS_NO_FOWNER | CREDS_NO_CHOWN | CREDS_NO_FSETID)

/* Whether this thread acts without the caller's groups and capabilities; and what it does not do without. */
static _Thread_local bool has_more;
static _Thread_local unsigned int kept;

static void take_all(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	if (caller_lend_groups(req))
		creds_as(ctx->uid, ctx->gid, creds_lacking(caller_capabilities(req)) & ~kept);
	else
		/* The kernel's check has to do, except where only an owner may remove a name. */
		creds_as(ctx->uid, ctx->gid, CREDS_NO_FOWNER);
}

static void begin(fuse_req_t req, unsigned int keep)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	has_more = ctx->uid != 0;
	kept = keep;
	creds_begin(ctx->uid, ctx->gid, ctx->umask, has_more ? OWN_RIGHTS & ~keep : 0);
}

void begin_as_caller(fuse_req_t req)
{
	begin(req, 0);
}

void begin_as_caller_in_full(fuse_req_t req)
{
	begin_as_caller(req);
	if (has_more)
		take_all(req);
	has_more = false;
}

void begin_with_mode(fuse_req_t req, mode_t mode)
{
	if (mode & S_ISGID)
		begin_as_caller_in_full(req);
	else
		begin_as_caller(req);
}

void begin_to_link(fuse_req_t req, mode_t type)
{
	begin(req, S_ISLNK(type) ? CREDS_NO_READ_SEARCH : 0);
}

bool again_as_caller(fuse_req_t req, int res)
{
	if (res >= 0 || !has_more || (errno != EACCES && errno != EPERM))
		return false;
	has_more = false;
	take_all(req);
	return true;
}

int end_as_caller(int res)
{
	int err = res < 0 ? errno : 0;

	creds_end();
	return err;
}

void unmake(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	creds_as(ctx->uid, ctx->gid, ctx->uid != 0 ? CREDS_NO_FOWNER : 0);
	end_as_caller(unlinkat(fd_of(mirror_of(req), parent), name, flags));
}
