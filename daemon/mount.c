// SPDX-License-Identifier: GPL-2.0-only
/* Mounting and unmounting; see mount.h. */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
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
	{"lazytime", MS_LAZYTIME, true},
};

/* Handed to the kernel as they are. */
static const char *const kernel_options[] = {
	"allow_other", "context=", "fscontext=", "defcontext=", "rootcontext=",
};

int mount_option(struct mount_options *opts, const char *option)
{
	for (size_t i = 0; i < sizeof(flag_options) / sizeof(flag_options[0]); i++) {
		if (strcmp(option, flag_options[i].name) != 0)
			continue;
		if (flag_options[i].on)
			opts->flags |= flag_options[i].flag;
		else
			opts->flags &= ~flag_options[i].flag;
		return 1;
	}
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

/* Opens what is mounted at the mount point now, and tells its mount id. No request is made of it. */
static int open_top(const char *mountpoint, uint64_t *mnt_id)
{
	int fd = open(mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statx stx;

	if (fd < 0)
		return -1;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &stx) != 0 ||
	    !(stx.stx_mask & STATX_MNT_ID)) {
		close(fd);
		return -1;
	}
	*mnt_id = stx.stx_mnt_id;
	return fd;
}

int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint,
	       const struct mount_options *opts)
{
	char shown[256], *data = NULL;
	int dev, fd, err;

	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		log_failure(errno, mount_hint(errno), "opening /dev/fuse");
		return -1;
	}
	/*
	 * default_permissions: the daemon acts with its own rights, so it is the kernel that has to
	 * check the caller's.
	 */
	if (asprintf(&data, "fd=%d,rootmode=%o,user_id=%u,group_id=%u,default_permissions%s%s", dev,
		     S_IFDIR, geteuid(), getegid(), opts->data ? "," : "", opts->data ?: "") < 0) {
		log_failure(ENOMEM, NULL, "mounting");
		goto fail;
	}
	if (mount(source, mountpoint, "fuse.fuselens", opts->flags, data) != 0) {
		err = errno;
		log_failure(err, mount_hint(err), "mounting on %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		goto fail;
	}
	free(data);
	*mounted = (struct mounted){.dev = dev, .mountpoint = mountpoint};
	fd = open_top(mountpoint, &mounted->mnt_id);
	if (fd >= 0)
		close(fd); /* it would keep the mount busy */
	return 0;
fail:
	free(data);
	close(dev);
	return -1;
}

void mount_detach(const struct mounted *mounted)
{
	char path[32], shown[256];
	uint64_t mnt_id;
	int top, dir;

	/* What is there may be another mount by now, or the one below ours. */
	top = open_top(mounted->mountpoint, &mnt_id);
	if (top < 0)
		return;
	if (mnt_id == mounted->mnt_id) {
		dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0) {
			syncfs(dir);
			close(dir);
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", top);
		if (umount2(path, MNT_DETACH) != 0)
			log_failure(errno, "umount -l removes it", "unmounting %s",
				    log_name(mounted->mountpoint, shown, sizeof(shown)));
	}
	close(top);
}
