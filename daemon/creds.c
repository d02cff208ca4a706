// SPDX-License-Identifier: GPL-2.0-only
/* Per-thread credentials; see creds.h. */
#include "creds.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct caps {
	struct __user_cap_data_struct data[2];
};

static struct caps process_caps;
static bool privileged; /* may become other users */

static _Thread_local bool own_umask;
static _Thread_local bool fsetid_dropped;

static int caps_get(struct caps *caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &head, caps->data);
}

static int caps_set(const struct caps *caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &head, caps->data);
}

static bool effective(const struct caps *caps, int cap)
{
	return caps->data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

void creds_init(void)
{
	if (caps_get(&process_caps) != 0)
		return;
	privileged = geteuid() == 0 && effective(&process_caps, CAP_SETUID) &&
		     effective(&process_caps, CAP_SETGID);
}

bool creds_have_sys_admin(void)
{
	return effective(&process_caps, CAP_SYS_ADMIN);
}

void creds_begin(uid_t uid, gid_t gid, mode_t mask)
{
	if (!own_umask) {
		/* The umask is shared by all threads until a thread takes its own copy. */
		own_umask = unshare(CLONE_FS) == 0;
	}
	if (own_umask)
		umask(mask);
	if (!privileged)
		return;
	setfsgid(gid);
	setfsuid(uid);
	/* Leaving fsuid 0 takes the file system capabilities out of the effective set. */
	caps_set(&process_caps);
	fsetid_dropped = false;
}

void creds_end(void)
{
	if (own_umask)
		umask(0);
	if (!privileged)
		return;
	setfsuid(0);
	setfsgid(0);
	caps_set(&process_caps);
}

void creds_fsetid(bool have)
{
	struct caps caps = process_caps;

	if (fsetid_dropped != have || !effective(&process_caps, CAP_FSETID))
		return;
	if (!have)
		caps.data[CAP_TO_INDEX(CAP_FSETID)].effective &= ~CAP_TO_MASK(CAP_FSETID);
	if (caps_set(&caps) == 0)
		fsetid_dropped = !have;
}
