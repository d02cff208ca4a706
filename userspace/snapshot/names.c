// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "snapshot/names.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <linux/magic.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const methods[FL_METHODS] = {
	[FL_METHOD_STATE_TP] = "state-tp",
	[FL_METHOD_STATE_FENTRY] = "state-fentry",
	[FL_METHOD_CALLSITE] = "callsite",
	[FL_METHOD_GLOBAL] = "global",
};

static const char *const routes[FL_ROUTES] = {
	[FL_ROUTE_PASSTHROUGH] = "passthrough",
	[FL_ROUTE_DIRECT] = "direct",
	[FL_ROUTE_CACHED] = "cached",
	[FL_ROUTE_DAX] = "dax",
	[FL_ROUTE_SPLICE] = "splice",
	[FL_ROUTE_IOMAP] = "iomap",
	[FL_ROUTE_OTHER] = "other",
};

static const char *const natures[FL_NATURES] = {
	[FL_NATURE_PLAIN] = "plain",	       [FL_NATURE_UNCHECKED] = "not_nosec",
	[FL_NATURE_BUFFERED] = "buffered",     [FL_NATURE_APPEND] = "append",
	[FL_NATURE_PAST_EOF] = "past_eof",     [FL_NATURE_CACHE_MODE] = "cache_io_mode",
	[FL_NATURE_PRIVILEGES] = "privileges", [FL_NATURE_OTHER] = "other",
};

static const char *const modes[FL_MODES] = {
	[FL_MODE_EXCL_FLAG_UNKNOWN] = "exclusive_flag_unknown",
	[FL_MODE_EXCL_FLAG_UNSET] = "exclusive_flag_unset",
	[FL_MODE_EXCL_FLAG_SET] = "exclusive_flag_set",
	[FL_MODE_SHARED] = "shared",
	[FL_MODE_UNKNOWN] = "unknown",
};

static const char *const counters[FL_COUNTERS] = {
	[FL_COUNT_BYTES] = "bytes",
	[FL_COUNT_SEGMENTS] = "segments",
	[FL_COUNT_MAYBE_SPLIT] = "maybe_split",
	[FL_COUNT_COMPLETED_INLINE] = "completed_inline",
	[FL_COUNT_COMPLETED_WORKER] = "completed_worker",
	[FL_COUNT_UPGRADES] = "upgrades",
	[FL_COUNT_RETRIED] = "retried",
	[FL_COUNT_FAILED] = "failed",
	[FL_COUNT_UNCERTAIN] = "uncertain",
	[FL_COUNT_OUTSIDE] = "outside",
	[FL_COUNT_QUEUED_BEHIND] = "queued_behind",
};

static const char *const hists[FL_HISTS] = {
	[FL_HIST_WAIT_EXCL] = "wait_exclusive_ns",
	[FL_HIST_WAIT_SHARED] = "wait_shared_ns",
	[FL_HIST_HOLD_EXCL] = "hold_exclusive_ns",
	[FL_HIST_HOLD_SHARED] = "hold_shared_ns",
};

static const char *const losses[FL_LOSSES] = {
	[FL_LOSS_TABLE_FULL] = "table_full",
	[FL_LOSS_UNPAIRED] = "unpaired",
	[FL_LOSS_NO_INODE] = "no_inode",
	[FL_LOSS_NO_TASK] = "no_task",
};

static const char *const cans[] = {
	[FL_CAN_UNKNOWN] = NULL,
	[FL_CAN_NO] = "no",
	[FL_CAN_YES] = "yes",
};

static const char *const site_roles[FL_SITE_ROLES] = {
	[FL_SITE_EXCLUSIVE] = "exclusive",
	[FL_SITE_SHARED] = "shared",
	[FL_SITE_UPGRADE] = "upgrade",
	[FL_SITE_FI_LOCK] = "fi_lock",
	[FL_SITE_OTHER_EXCLUSIVE] = "other_exclusive",
	[FL_SITE_OTHER_SHARED] = "other_shared",
	[FL_SITE_OTHER_FI_LOCK] = "other_fi_lock",
};

static const char *const mount_counters[FL_MOUNT_COUNTERS] = {
	[FL_MOUNT_GETXATTR_SECURITY] = "getxattr_security",
	[FL_MOUNT_SETATTR] = "setattr",
	[FL_MOUNT_FSYNC] = "fsync",
	[FL_MOUNT_FALLOCATE] = "fallocate",
	[FL_MOUNT_LSEEK] = "lseek",
	[FL_MOUNT_COPY_FILE_RANGE] = "copy_file_range",
	[FL_MOUNT_WRITE_REQUESTS] = "write_requests",
	[FL_MOUNT_WRITEBACK_REQUESTS] = "writeback_requests",
	[FL_MOUNT_OPENS] = "opens",
	[FL_MOUNT_OPENS_ASKED_PARALLEL] = "opens_asked_parallel",
	[FL_MOUNT_ATTRIBUTE_REPLIES] = "attribute_replies",
	[FL_MOUNT_UNREAD_REPLIES] = "unread_replies",
};

static const struct {
	const char *name;
	const char *meaning;
} reasons[FL_REASONS] = {
	[FL_REASON_KERNEL_CANNOT] = {"kernel-cannot",
				     "this kernel's write path never takes the inode lock shared"},
	[FL_REASON_FLAG_NOT_SET] = {"flag-not-set",
				    "the daemon never asked for FOPEN_PARALLEL_DIRECT_WRITES"},
	[FL_REASON_FLAG_STRIPPED] =
		{"flag-stripped",
		 "the daemon asked for parallel writes, and the kernel removed the flag"},
	[FL_REASON_FLAG_NOT_SET_OR_STRIPPED] =
		{"flag-not-set-or-stripped",
		 "the flag is not in force, and the open was not seen: either the daemon did not ask for the flag, or the kernel removed it"},
	[FL_REASON_BUFFERED] = {"buffered", "the file is not open with O_DIRECT"},
	[FL_REASON_APPEND] = {"append", "O_APPEND: the position depends on the size"},
	[FL_REASON_PAST_EOF] = {"past-eof", "the write ends past the end of the file"},
	[FL_REASON_EOF_RACE] =
		{"eof-race",
		 "the write took the lock shared, then found that it ends past the end of the file, and upgraded the lock"},
	[FL_REASON_CACHE_IO_MODE] = {"cache-io-mode", "the inode is open in cached mode, too"},
	[FL_REASON_PRIVILEGES] = {"privileges",
				  "the write may have to remove setuid, setgid or capabilities"},
	[FL_REASON_SPLICE] = {"splice", "splice and sendfile lock exclusively"},
	[FL_REASON_UNKNOWN] = {"unknown", "nothing that was seen explains it"},
};

static const char *name_in(const char *const *table, size_t n, size_t i)
{
	return i < n && table[i] ? table[i] : "?";
}

int fl_name_index(const char *const *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (table[i] && !strcmp(table[i], name))
			return (int)i;
	return -1;
}

const char *fl_route_name(enum fl_route route)
{
	return name_in(routes, COUNT(routes), route);
}

char *fl_route_names(unsigned int mask, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int r = 0; r < FL_ROUTES && used < len; r++)
		if (mask & 1u << r)
			used += snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
					 routes[r]);
	return buf;
}

const char *fl_nature_name(enum fl_nature nature)
{
	return name_in(natures, COUNT(natures), nature);
}

const char *fl_site_role_name(enum fl_site_role role)
{
	return name_in(site_roles, COUNT(site_roles), role);
}

const char *fl_mode_name(enum fl_mode mode)
{
	return name_in(modes, COUNT(modes), mode);
}

const char *fl_counter_name(enum fl_counter counter)
{
	return name_in(counters, COUNT(counters), counter);
}

const char *fl_hist_name(enum fl_hist_kind kind)
{
	return name_in(hists, COUNT(hists), kind);
}

const char *fl_loss_name(enum fl_loss loss)
{
	return name_in(losses, COUNT(losses), loss);
}

const char *fl_can_name(enum fl_can can)
{
	return cans[can];
}

const char *fl_mount_counter_name(enum fl_mount_counter counter)
{
	return name_in(mount_counters, COUNT(mount_counters), counter);
}

const char *fl_reason_name(enum fl_reason reason)
{
	return reason < FL_REASONS ? reasons[reason].name : "?";
}

const char *fl_reason_meaning(enum fl_reason reason)
{
	return reason < FL_REASONS ? reasons[reason].meaning : "?";
}

const char *fl_method_name(enum fl_method method)
{
	return name_in(methods, COUNT(methods), method);
}

int fl_method_from_name(const char *name)
{
	return fl_name_index(methods, COUNT(methods), name);
}

int fl_site_role_from_name(const char *name)
{
	return fl_name_index(site_roles, COUNT(site_roles), name);
}

int fl_route_from_name(const char *name)
{
	return fl_name_index(routes, COUNT(routes), name);
}

int fl_nature_from_name(const char *name)
{
	return fl_name_index(natures, COUNT(natures), name);
}

int fl_mode_from_name(const char *name)
{
	return fl_name_index(modes, COUNT(modes), name);
}

struct flag_name {
	__u32 bit;
	const char *name;
};

static void append_word(char *buf, size_t len, const char *word)
{
	size_t used = strlen(buf);

	snprintf(buf + used, len - used, "%s%s", used ? "|" : "", word);
}

/* Appends the names of the bits in flags; returns the bits without a name. */
static __u32 append_flags(__u32 flags, const struct flag_name *table, size_t n, char *buf,
			  size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if ((flags & table[i].bit) != table[i].bit)
			continue;
		append_word(buf, len, table[i].name);
		flags &= ~table[i].bit;
	}
	return flags;
}

static const struct flag_name fopen_flags[] = {
	{FL_FOPEN_DIRECT_IO, "DIRECT_IO"},
	{1u << 1, "KEEP_CACHE"},
	{1u << 2, "NONSEEKABLE"},
	{1u << 3, "CACHE_DIR"},
	{1u << 4, "STREAM"},
	{1u << 5, "NOFLUSH"},
	{FL_FOPEN_PARALLEL, "PARALLEL_DIRECT_WRITES"},
	{FL_FOPEN_PASSTHROUGH, "PASSTHROUGH"},
};

__u32 fl_fopen_flag_from_name(const char *name)
{
	if (!strncasecmp(name, "FOPEN_", 6))
		name += 6;
	for (size_t i = 0; i < COUNT(fopen_flags); i++)
		if (!strcasecmp(fopen_flags[i].name, name))
			return fopen_flags[i].bit;
	return 0;
}

char *fl_fopen_flag_names(__u32 open_flags, char *buf, size_t len)
{
	char hex[16];
	__u32 rest;

	buf[0] = '\0';
	rest = append_flags(open_flags, fopen_flags, COUNT(fopen_flags), buf, len);
	if (rest) {
		snprintf(hex, sizeof(hex), "0x%x", rest);
		append_word(buf, len, hex);
	}
	if (!open_flags)
		snprintf(buf, len, "none");
	return buf;
}

char *fl_open_mode_names(__u32 f_flags, char *buf, size_t len)
{
	/* O_SYNC contains O_DSYNC's bit, so it comes first */
	static const struct flag_name table[] = {
		{O_DIRECT, "direct"}, {O_APPEND, "append"},	{O_SYNC, "sync"},
		{O_DSYNC, "dsync"},   {O_NONBLOCK, "nonblock"}, {O_PATH, "path"},
	};
	static const char *const access_names[] = {"rdonly", "wronly", "rdwr", "noaccess"};

	buf[0] = '\0';
	append_word(buf, len, access_names[f_flags & O_ACCMODE]);
	append_flags(f_flags, table, COUNT(table), buf, len);
	return buf;
}

const char *fl_iomode_name(int iomode)
{
	static const char *const names[] = {"none", "cached", "uncached"};

	return iomode >= 0 && iomode < (int)COUNT(names) ? names[iomode] : NULL;
}

const char *fl_magic_name(unsigned long magic)
{
	switch (magic) {
	case XFS_SUPER_MAGIC:
		return "xfs";
	case EXT4_SUPER_MAGIC:
		return "ext4";
	case BTRFS_SUPER_MAGIC:
		return "btrfs";
	case TMPFS_MAGIC:
		return "tmpfs";
	case OVERLAYFS_SUPER_MAGIC:
		return "overlay";
	case F2FS_SUPER_MAGIC:
		return "f2fs";
	case NFS_SUPER_MAGIC:
		return "nfs";
	case FUSE_SUPER_MAGIC:
		return "fuse";
	default:
		return NULL;
	}
}
