// SPDX-License-Identifier: GPL-2.0-only
/* Mounting and unmounting; see mount.h. */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static const struct {
	const char *name;
	unsigned long flag;
	bool on;
} flag_options[] = {
	{"ro", MS_RDONLY, true},
	{"rw", MS_RDONLY, false},
	{"nosuid", MS_NOSUID, true},
	{"suid", MS_NOSUID, false},
	{"nodev", MS_NODEV, true},
	{"dev", MS_NODEV, false},
	{"noexec", MS_NOEXEC, true},
	{"exec", MS_NOEXEC, false},
	{"sync", MS_SYNCHRONOUS, true},
	{"async", MS_SYNCHRONOUS, false},
	{"dirsync", MS_DIRSYNC, true},
	{"noatime", MS_NOATIME, true},
	{"atime", MS_NOATIME, false},
	{"nodiratime", MS_NODIRATIME, true},
	{"diratime", MS_NODIRATIME, false},
	{"relatime", MS_RELATIME, true},
	{"norelatime", MS_RELATIME, false},
	{"strictatime", MS_STRICTATIME, true},
	{"nostrictatime", MS_STRICTATIME, false},
	{"lazytime", MS_LAZYTIME, true},
	{"nolazytime", MS_LAZYTIME, false},
	{"nosymfollow", MS_NOSYMFOLLOW, true},
	{"symfollow", MS_NOSYMFOLLOW, false},
};

/* Options that go to the kernel unchanged. */
static const char *const kernel_options[] = {
	"allow_other", "max_read=", "context=", "fscontext=", "defcontext=", "rootcontext=",
};

static int replace(char **string, const char *with)
{
	free(*string);
	*string = strdup(with);
	return *string ? 1 : -1;
}

int mount_option(struct mount_options *opts, const char *option)
{
	for (size_t i = 0; i < sizeof(flag_options) / sizeof(flag_options[0]); i++) {
		if (strcmp(option, flag_options[i].name) != 0)
			continue;
		if (flag_options[i].on) {
			opts->flags |= flag_options[i].flag;
			opts->set |= flag_options[i].flag;
			opts->cleared &= ~flag_options[i].flag;
		} else {
			opts->flags &= ~flag_options[i].flag;
			opts->set &= ~flag_options[i].flag;
			opts->cleared |= flag_options[i].flag;
		}
		return 1;
	}
	if (strcmp(option, "remount") == 0 || strcmp(option, "auto_unmount") == 0) {
		*(option[0] == 'r' ? &opts->remount : &opts->auto_unmount) = true;
		return 1;
	}
	if (strncmp(option, "fsname=", 7) == 0)
		return replace(&opts->fsname, option + 7);
	if (strncmp(option, "subtype=", 8) == 0)
		return replace(&opts->subtype, option + 8);
	for (size_t i = 0; i < sizeof(kernel_options) / sizeof(kernel_options[0]); i++) {
		const char *name = kernel_options[i];
		size_t len = strlen(name);
		char *data;

		if (name[len - 1] == '=' ? strncmp(option, name, len) : strcmp(option, name))
			continue;
		if (asprintf(&data, "%s%s%s", opts->data ?: "", opts->data ? "," : "", option) < 0)
			return -1;
		free(opts->data);
		opts->data = data;
		opts->others |= strcmp(option, "allow_other") == 0;
		return 1;
	}
	return 0;
}

static const char *mount_hint(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "mounting needs root (CAP_SYS_ADMIN)";
	case ENODEV:
	case ENOENT:
		return "this kernel has no FUSE: modprobe fuse";
	case EINVAL:
		return "the kernel did not accept a mount option; its log (dmesg) may say which";
	default:
		return NULL;
	}
}

int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint, int below,
	       const struct mount_options *opts)
{
	char shown[256], type[128], where[32], *data = NULL;
	int dev, err;

	*mounted = (struct mounted){.mountpoint = mountpoint};
	if (mounted_place(mounted, below) != 0) {
		log_failure(errno, "was it renamed or removed meanwhile?", "mount point %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		return -1;
	}
	mounted->dev = dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		log_failure(errno, mount_hint(errno), "opening /dev/fuse");
		return -1;
	}
	/*
	 * default_permissions: the daemon acts with its own rights, so the kernel has to check the
	 * caller's.
	 */
	if (asprintf(&data, "fd=%d,rootmode=%o,user_id=%u,group_id=%u,default_permissions%s%s", dev,
		     S_IFDIR, geteuid(), getegid(), opts->data ? "," : "", opts->data ?: "") < 0) {
		log_failure(ENOMEM, NULL, "mounting");
		goto fail;
	}
	snprintf(type, sizeof(type), "fuse.%s", opts->subtype ?: "fuselens");
	snprintf(where, sizeof(where), "/proc/self/fd/%d", below);
	if (mount(opts->fsname ?: source, where, type, opts->flags, data) != 0) {
		err = errno;
		log_failure(err, mount_hint(err), "mounting on %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		goto fail;
	}
	free(data);
	/* From here on nobody can rename the directory. */
	mounted_now(mounted);
	return 0;
fail:
	free(data);
	close(dev);
	return -1;
}

/* The same flags for mount(2) and mount_setattr(2), except those for times. */
static const struct {
	unsigned long flag;
	uint64_t attr;
} attributes[] = {
	{MS_RDONLY, MOUNT_ATTR_RDONLY},		{MS_NOSUID, MOUNT_ATTR_NOSUID},
	{MS_NODEV, MOUNT_ATTR_NODEV},		{MS_NOEXEC, MOUNT_ATTR_NOEXEC},
	{MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

struct mount_attr mount_times(const struct mount_options *opts)
{
	struct mount_attr attr = {0};
	unsigned long kinds = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

	if ((opts->set | opts->cleared) & kinds) {
		attr.attr_clr = MOUNT_ATTR__ATIME;
		/* MOUNT_ATTR_RELATIME is 0: none of the others is set. */
		attr.attr_set = opts->set & MS_NOATIME	     ? MOUNT_ATTR_NOATIME
				: opts->set & MS_STRICTATIME ? MOUNT_ATTR_STRICTATIME
							     : MOUNT_ATTR_RELATIME;
	}
	if (opts->set & MS_NODIRATIME)
		attr.attr_set |= MOUNT_ATTR_NODIRATIME;
	if (opts->cleared & MS_NODIRATIME)
		attr.attr_clr |= MOUNT_ATTR_NODIRATIME;
	return attr;
}

/* The file system's own flags: read-only or not, synchronous or not. */
static int reconfigure(const char *mountpoint, const struct mount_options *opts)
{
	static const struct {
		unsigned long flag;
		const char *on, *off;
	} words[] = {
		{MS_RDONLY, "ro", "rw"},
		{MS_SYNCHRONOUS, "sync", "async"},
		{MS_DIRSYNC, "dirsync", NULL},
		{MS_LAZYTIME, "lazytime", "nolazytime"},
	};
	int fs = fspick(AT_FDCWD, mountpoint, FSPICK_CLOEXEC), res = 0, err;

	if (fs < 0)
		return -1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && res == 0; i++) {
		const char *word = opts->set & words[i].flag	   ? words[i].on
				   : opts->cleared & words[i].flag ? words[i].off
								   : NULL;

		if (word)
			res = fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	}
	if (res == 0)
		res = fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	err = errno;
	close(fs);
	errno = err;
	return res;
}

int mount_remount(const char *mountpoint, int root, const struct mount_options *opts)
{
	struct mount_attr attr = mount_times(opts);
	char shown[256], where[32];

	snprintf(where, sizeof(where), "/proc/self/fd/%d", root);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (opts->set & attributes[i].flag)
			attr.attr_set |= attributes[i].attr;
		if (opts->cleared & attributes[i].flag)
			attr.attr_clr |= attributes[i].attr;
	}
	if (reconfigure(where, opts) == 0 &&
	    mount_setattr(AT_FDCWD, where, 0, &attr, sizeof(attr)) == 0)
		return 0;
	log_failure(errno, errno == EBUSY ? "files are open for writing there" : mount_hint(errno),
		    "changing the mount on %s", log_name(mountpoint, shown, sizeof(shown)));
	return -1;
}
