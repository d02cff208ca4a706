// SPDX-License-Identifier: GPL-2.0-only
/* Per-thread credentials; see creds.h. */
#include "creds.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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

static _Thread_local bool own_umask, has_groups;

/* The user this thread acts for; all zero is the daemon itself. */
static _Thread_local struct {
	uid_t uid;
	gid_t gid;
	unsigned int without;
} now;

/* The flags of creds.h and their capabilities. */
static const struct {
	unsigned int without;
	int cap;
} flags[] = {
	{CREDS_NO_FSETID, CAP_FSETID},	       {CREDS_NO_RESOURCE, CAP_SYS_RESOURCE},
	{CREDS_NO_FOWNER, CAP_FOWNER},	       {CREDS_NO_CHOWN, CAP_CHOWN},
	{CREDS_NO_OVERRIDE, CAP_DAC_OVERRIDE}, {CREDS_NO_READ_SEARCH, CAP_DAC_READ_SEARCH},
};
#define NFLAGS (sizeof(flags) / sizeof(flags[0]))

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
	if (privileged)
		setgroups(0, NULL);
}

bool creds_have_sys_admin(void)
{
	return effective(&process_caps, CAP_SYS_ADMIN);
}

static void drop(struct caps *caps, int cap)
{
	caps->data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
}

unsigned int creds_lacking(unsigned long long capabilities)
{
	unsigned int without = 0;

	for (size_t i = 0; i < NFLAGS; i++)
		if (!(capabilities >> flags[i].cap & 1))
			without |= flags[i].without;
	return without;
}

void creds_as(uid_t uid, gid_t gid, unsigned int without)
{
	struct caps caps = process_caps;
	bool become = privileged && (uid != now.uid || gid != now.gid);

	if (uid != 0)
		without |= CREDS_NO_RESOURCE;
	/* Who can't become the owner must not be held to what only the owner may do. */
	if (!privileged && without & CREDS_NO_CHOWN)
		without = CREDS_NO_RESOURCE;
	if (!become && without == now.without)
		return;
	if (become) {
		setfsgid(gid);
		setfsuid(uid);
		now.uid = uid;
		now.gid = gid;
	}
	for (size_t i = 0; i < NFLAGS; i++)
		if (without & flags[i].without)
			drop(&caps, flags[i].cap);
	/*
	 * Do this in any case: leaving fsuid 0 removes the file system capabilities from the
	 * effective set.
	 */
	if (caps_set(&caps) == 0)
		now.without = without;
}

void creds_drop(unsigned int without)
{
	creds_as(now.uid, now.gid, now.without | without);
}

void creds_take_back(unsigned int without)
{
	creds_as(now.uid, now.gid, now.without & ~without);
}

bool creds_may(uid_t uid, gid_t gid, const gid_t *groups, size_t n, int fd, int mask)
{
	bool may;

	if (!privileged || syscall(SYS_setgroups, n, groups) != 0)
		return true;
	/* Leaving fsuid 0 takes the capabilities that would allow everything. */
	setfsgid(gid);
	setfsuid(uid);
	may = faccessat(fd, "", mask, AT_EACCESS | AT_EMPTY_PATH) == 0 || errno != EACCES;
	setfsuid(0);
	setfsgid(0);
	syscall(SYS_setgroups, 0, NULL);
	return may;
}

void creds_begin(uid_t uid, gid_t gid, mode_t mask, unsigned int without)
{
	if (!own_umask) {
		/* The umask is shared by all threads until a thread takes its own copy. */
		own_umask = unshare(CLONE_FS) == 0;
	}
	if (own_umask)
		umask(mask);
	creds_as(uid, gid, without);
}

void creds_groups(const gid_t *groups, size_t n)
{
	if (privileged && n && syscall(SYS_setgroups, n, groups) == 0)
		has_groups = true;
}

void creds_end(void)
{
	int err = errno;

	if (own_umask)
		umask(0);
	creds_as(0, 0, 0);
	if (has_groups && syscall(SYS_setgroups, 0, NULL) == 0)
		has_groups = false;
	errno = err;
}
