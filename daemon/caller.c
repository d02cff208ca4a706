// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel says of who sent a request; see caller.h. */
#include "caller.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creds.h"

/* Capabilities in a user namespace of one's own give no rights here. */
static bool shares_user_namespace(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

enum sender { SENDER_UNKNOWN, SENDER_IS_ANOTHER, SENDER_IS_CALLER };

/*
 * Whether the task with the request's id has the caller's user and group itself, and then its capabilities. It has
 * others if it acts for somebody (nfsd, overlayfs, an io_uring personality), and its groups and capabilities are not
 * the caller's then. The same is true if the sender of an asynchronous write has ended and its id is another's now.
 * Every other sender waits for the answer.
 */
static enum sender look_at_sender(const struct fuse_ctx *ctx, unsigned long long *caps)
{
	unsigned int uid = 0, gid = 0;
	char path[64], line[256];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", ctx->pid);
	f = fopen(path, "re");
	if (!f)
		return SENDER_UNKNOWN;
	while (found < 3 && fgets(line, sizeof(line), f))
		found += sscanf(line, "Uid: %*u %*u %*u %u", &uid) == 1 ||
			 sscanf(line, "Gid: %*u %*u %*u %u", &gid) == 1 ||
			 sscanf(line, "CapEff: %llx", caps) == 1;
	fclose(f);
	if (found < 3)
		return SENDER_UNKNOWN;
	return uid == ctx->uid && gid == ctx->gid ? SENDER_IS_CALLER : SENDER_IS_ANOTHER;
}

unsigned long long caller_capabilities(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	unsigned long long caps = 0;

	if (look_at_sender(ctx, &caps) != SENDER_IS_CALLER)
		return 0;
	return caps && shares_user_namespace(ctx->pid) ? caps : 0;
}

bool caller_is_capable(fuse_req_t req, int cap)
{
	return caller_capabilities(req) >> cap & 1;
}

/* The caller's supplementary groups: @n of them in @all, or -1 if they are not known. */
struct groups {
	gid_t some[64], *all;
	int n;
};

static void groups_begin(struct groups *g, fuse_req_t req)
{
	unsigned long long caps;
	int room = sizeof(g->some) / sizeof(g->some[0]);

	g->all = g->some;
	g->n = 0;
	if (look_at_sender(fuse_req_ctx(req), &caps) == SENDER_IS_ANOTHER)
		return;
	g->n = fuse_req_getgroups(req, room, g->some);
	if (g->n > room) {
		room = g->n;
		g->all = calloc(room, sizeof(*g->all));
		g->n = g->all ? fuse_req_getgroups(req, room, g->all) : -1;
	}
	/* another task may have the id by now */
	if (g->n > room)
		g->n = room;
}

static void groups_end(struct groups *g)
{
	if (g->all != g->some)
		free(g->all);
}

bool caller_in_group(fuse_req_t req, gid_t gid)
{
	bool found = fuse_req_ctx(req)->gid == gid;
	struct groups g;

	if (found)
		return true;
	groups_begin(&g, req);
	for (int i = 0; i < g.n && !found; i++)
		found = g.all[i] == gid;
	groups_end(&g);
	return found;
}

bool caller_may(fuse_req_t req, int fd, int mask)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	bool allowed = true;
	struct groups g;

	groups_begin(&g, req);
	if (g.n >= 0)
		allowed = creds_may(ctx->uid, ctx->gid, g.all, g.n, fd, mask) ||
			  caller_is_capable(req, CAP_DAC_OVERRIDE) ||
			  (mask == R_OK && caller_is_capable(req, CAP_DAC_READ_SEARCH));
	groups_end(&g);
	return allowed;
}

bool caller_lend_groups(fuse_req_t req)
{
	struct groups g;
	bool known;

	groups_begin(&g, req);
	known = g.n >= 0;
	if (known)
		creds_groups(g.all, g.n);
	groups_end(&g);
	return known;
}
