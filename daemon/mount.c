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
	{"nostrictatime", MS_STRICTATIME, false},
	{"lazytime", MS_LAZYTIME, true},
	{"nolazytime", MS_LAZYTIME, false},
	{"nosymfollow", MS_NOSYMFOLLOW, true},
	{"symfollow", MS_NOSYMFOLLOW, false},
};

/* Options that go to the kernel unchanged. */
static const char *const kernel_options[MOUNT_KERNEL_OPTIONS] = {
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
	for (size_t i = 0; i < MOUNT_KERNEL_OPTIONS; i++) {
		const char *name = kernel_options[i];
		size_t len = strlen(name);

		if (name[len - 1] == '=' ? strncmp(option, name, len) : strcmp(option, name))
			continue;
		opts->others |= strcmp(option, "allow_other") == 0;
		return replace(&opts->kernel[i], option);
	}
	return 0;
}

static const char renamed[] = "was it renamed or removed meanwhile?";

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

void mount_options_free(struct mount_options *opts)
{
	free(opts->fsname);
	free(opts->subtype);
	for (size_t i = 0; i < MOUNT_KERNEL_OPTIONS; i++)
		free(opts->kernel[i]);
}

/* The file system's own flags, as words for it: read-only or not, synchronous or not. */
static const struct {
	unsigned long flag;
	const char *on, *off;
} words[] = {
	{MS_RDONLY, "ro", "rw"},
	{MS_SYNCHRONOUS, "sync", "async"},
	{MS_DIRSYNC, "dirsync", NULL},
	{MS_LAZYTIME, "lazytime", "nolazytime"},
};

static int set_words(int fs, unsigned long on, unsigned long off)
{
	int res = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && res == 0; i++) {
		const char *word = on & words[i].flag	 ? words[i].on
				   : off & words[i].flag ? words[i].off
							 : NULL;

		if (word)
			res = fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	}
	return res;
}

/* The flags that are the mount's, not the file system's, except those for times. */
static const struct {
	unsigned long flag;
	uint64_t attr;
} attributes[] = {
	{MS_RDONLY, MOUNT_ATTR_RDONLY},		{MS_NOSUID, MOUNT_ATTR_NOSUID},
	{MS_NODEV, MOUNT_ATTR_NODEV},		{MS_NOEXEC, MOUNT_ATTR_NOEXEC},
	{MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

static uint64_t attributes_of(unsigned long flags)
{
	uint64_t attr = 0;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (flags & attributes[i].flag)
			attr |= attributes[i].attr;
	return attr;
}

static int set_string(int fs, const char *name, const char *value)
{
	return fsconfig(fs, FSCONFIG_SET_STRING, name, value, 0);
}

static int set_number(int fs, const char *name, const char *format, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), format, value);
	return set_string(fs, name, text);
}

/* An option that goes to the kernel unchanged, NAME or NAME=VALUE. */
static int set_option(int fs, const char *option)
{
	const char *value = strchr(option, '=');
	char name[32];

	if (!value)
		return fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0);
	snprintf(name, sizeof(name), "%.*s", (int)(value - option), option);
	return set_string(fs, name, value + 1);
}

static int configure(int fs, int dev, const char *source, const struct mount_options *opts)
{
	int res = set_string(fs, "source", opts->fsname ?: source);

	/*
	 * default_permissions: the daemon acts with its own rights, so the kernel has to check the
	 * caller's.
	 */
	if (res == 0)
		res = set_string(fs, "subtype", opts->subtype ?: "fuselens") ||
		      set_number(fs, "fd", "%u", dev) ||
		      set_number(fs, "rootmode", "%o", S_IFDIR) ||
		      set_number(fs, "user_id", "%u", geteuid()) ||
		      set_number(fs, "group_id", "%u", getegid()) ||
		      set_option(fs, "default_permissions") || set_words(fs, opts->flags, 0);
	for (size_t i = 0; i < MOUNT_KERNEL_OPTIONS && res == 0; i++)
		if (opts->kernel[i])
			res = set_option(fs, opts->kernel[i]);
	return res ? -1 : fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* Says why there is no mount: as the kernel does, if it left a message with @fs, else by errno. */
static void log_no_mount(int fs, const char *mountpoint)
{
	char shown[256], message[200], said[400], hint[500];
	int err = errno;
	ssize_t len = fs < 0 ? -1 : read(fs, message, sizeof(message) - 1);

	if (len > 2) {
		/* it begins with its kind and a blank: "e fuse: Bad value for 'max_read'" */
		message[len] = '\0';
		snprintf(hint, sizeof(hint), "the kernel says: %s",
			 log_name(message + 2, said, sizeof(said)));
	}
	log_failure(err, len > 2 ? hint : mount_hint(err), "mounting on %s",
		    log_name(mountpoint, shown, sizeof(shown)));
}

/* Makes the mount, attached nowhere. Returns its root, or -1 with the reason printed. */
static int make(const struct mounted *mounted, const char *source, const struct mount_options *opts)
{
	uint64_t attr = mount_times(opts).attr_set | attributes_of(opts->flags);
	int fs = fsopen("fuse", FSOPEN_CLOEXEC), root = -1;

	if (fs >= 0 && configure(fs, mounted->dev, source, opts) == 0)
		root = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (root < 0)
		log_no_mount(fs, mounted->mountpoint);
	if (fs >= 0)
		close(fs);
	return root;
}

/* Attaches the mount that is open at @root to @below. Returns 0, or -1 with the reason printed. */
static int attach(struct mounted *mounted, int root, int below)
{
	char shown[256], where[32];

	/* Afterwards somebody may lead to another mount there, so it is noted now what ours is. */
	if (mounted_note(mounted, root) != 0 ||
	    move_mount(root, "", below, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
		    0) {
		log_no_mount(-1, mounted->mountpoint);
		return -1;
	}
	/* From here on nobody can rename the directory. */
	if (mounted_is_there(mounted))
		return 0;
	snprintf(where, sizeof(where), "/proc/self/fd/%d", root);
	umount2(where, MNT_DETACH);
	log_failure(ESTALE, renamed, "mount point %s",
		    log_name(mounted->mountpoint, shown, sizeof(shown)));
	return -1;
}

int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint, int below,
	       const struct mount_options *opts)
{
	char shown[256];
	int root, res = -1;

	*mounted = (struct mounted){.mountpoint = mountpoint};
	if (mounted_place(mounted, below) != 0) {
		log_failure(errno, renamed, "mount point %s",
			    log_name(mountpoint, shown, sizeof(shown)));
		return -1;
	}
	mounted->dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (mounted->dev < 0) {
		log_failure(errno, mount_hint(errno), "opening /dev/fuse");
		return -1;
	}
	root = make(mounted, source, opts);
	if (root >= 0) {
		res = attach(mounted, root, below);
		close(root); /* it would keep the mount busy */
	}
	if (res != 0)
		close(mounted->dev);
	return res;
}

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

static int reconfigure(const char *mountpoint, const struct mount_options *opts)
{
	int fs = fspick(AT_FDCWD, mountpoint, FSPICK_CLOEXEC), res, err;

	if (fs < 0)
		return -1;
	res = set_words(fs, opts->set, opts->cleared);
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
	attr.attr_set |= attributes_of(opts->set);
	attr.attr_clr |= attributes_of(opts->cleared);
	if (reconfigure(where, opts) == 0 &&
	    mount_setattr(AT_FDCWD, where, 0, &attr, sizeof(attr)) == 0)
		return 0;
	log_failure(errno, errno == EBUSY ? "files are open for writing there" : mount_hint(errno),
		    "changing the mount on %s", log_name(mountpoint, shown, sizeof(shown)));
	return -1;
}
