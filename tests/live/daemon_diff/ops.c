// SPDX-License-Identifier: GPL-2.0-only
/* The operations: how each is drawn, done and told. */
#include "diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static const struct {
	uid_t uid;
	gid_t gid;
	int ngroups;
	gid_t group;
} users[] = {{0, 0, 0, 0}, {1000, 1000, 1, 100}, {1001, 1001, 0, 0}, {1002, 100, 0, 0}};

void become(int user)
{
	static int now;

	if (user == now)
		return;
	now = user;
	/* Back to root first, who alone may become the next. */
	if (seteuid(0) != 0 || setegid(0) != 0 ||
	    setgroups(users[user].ngroups, &users[user].group) != 0 ||
	    setegid(users[user].gid) != 0 || seteuid(users[user].uid) != 0)
		abort();
}

static const char *const paths[] = {"a",   "b",	  "c",	 "l",	"d",	"e",
				    "d/a", "d/b", "e/a", "e/d", "d/e/f"};
static const char *const attributes[] = {"user.one", "user.two", "trusted.x", "security.x",
					 "user."};
static char page[1 << 20] __attribute__((aligned(4096)));

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Fills the page with what the operation writes: by its value alone. */
static void fill(const struct op *op)
{
	for (size_t i = 0; i <= op->size && i < sizeof(page); i++)
		page[i] = op->value + i * 7 + i / 512;
}

static uint64_t sum(const char *buf, ssize_t n)
{
	return sum_of(5381, buf, n);
}

static int say(char *out, long res)
{
	if (res < 0)
		snprintf(out, OUTCOME, "%s", strerrorname_np(errno));
	else
		snprintf(out, OUTCOME, "ok %ld", res);
	return res < 0;
}

static int fd_of(const struct side *side, const struct op *op)
{
	return side->fd[op->slot];
}

static void keep(struct side *side, const struct op *op, int fd, char *out)
{
	int *slot = &side->fd[op->slot];
	int err = errno;
	struct stat st;

	if (fd < 0) {
		errno = err;
		say(out, -1);
		return;
	}
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	if (fstat(fd, &st) == 0)
		snprintf(out, OUTCOME, "ok mode %o size %ld", st.st_mode,
			 S_ISDIR(st.st_mode) ? 0L : (long)st.st_size);
	else
		say(out, -1);
}

static void do_open(struct side *side, const struct op *op, char *out)
{
	keep(side, op, open(op->path, op->flags | O_NONBLOCK, op->mode), out);
}

static void do_close(struct side *side, const struct op *op, char *out)
{
	say(out, close(fd_of(side, op)));
	side->fd[op->slot] = -1;
}

static void do_write(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, pwrite(fd_of(side, op), page, op->size, op->off));
}

static void do_append(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, write(fd_of(side, op), page, op->size));
}

static void do_read(struct side *side, const struct op *op, char *out)
{
	ssize_t n = pread(fd_of(side, op), page, op->size, op->off);

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(page, n));
}

#define PREALLOCATED "ok preallocated"

/* Whether some of it is allocated and not written; false where the file system does not tell. */
static bool is_preallocated(int fd)
{
	struct {
		struct fiemap head;
		struct fiemap_extent extent[64];
	} map = {.head = {.fm_length = ~0ULL, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 64}};

	if (ioctl(fd, FS_IOC_FIEMAP, &map) != 0)
		return false;
	for (unsigned int i = 0; i < map.head.fm_mapped_extents; i++)
		if (map.extent[i].fe_flags & FIEMAP_EXTENT_UNWRITTEN)
			return true;
	return map.head.fm_mapped_extents == 64;
}

/* Where it is preallocated, a hole is what the page cache holds nothing of: that is chance. */
static void do_seek(struct side *side, const struct op *op, char *out)
{
	fsync(fd_of(side, op)); /* what is not on disk yet may be data or a hole */
	if (is_preallocated(fd_of(side, op)))
		snprintf(out, OUTCOME, PREALLOCATED);
	else
		say(out, lseek(fd_of(side, op), op->off, op->value & 1 ? SEEK_DATA : SEEK_HOLE));
	lseek(fd_of(side, op), op->off, SEEK_SET); /* the next write's place is no chance */
}

static void do_ftruncate(struct side *side, const struct op *op, char *out)
{
	say(out, ftruncate(fd_of(side, op), op->off));
}

static void do_truncate(struct side *side, const struct op *op, char *out)
{
	say(out, truncate(op->path, op->off));
}

static const int fallocate_modes[] = {
	0,
	FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_ZERO_RANGE,
	FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_PUNCH_HOLE,
};

static void do_fallocate(struct side *side, const struct op *op, char *out)
{
	say(out, fallocate(fd_of(side, op), fallocate_modes[op->value % COUNT(fallocate_modes)],
			   op->off, op->size));
}

static void do_sync(struct side *side, const struct op *op, char *out)
{
	say(out, op->value & 1 ? fsync(fd_of(side, op)) : fdatasync(fd_of(side, op)));
}

static void do_stat(struct side *side, const struct op *op, char *out)
{
	describe(AT_FDCWD, op->path, op->value & 1 ? AT_SYMLINK_NOFOLLOW : 0, out, OUTCOME);
}

static void do_fstat(struct side *side, const struct op *op, char *out)
{
	describe(fd_of(side, op), "", AT_EMPTY_PATH, out, OUTCOME);
}

static void do_chmod(struct side *side, const struct op *op, char *out)
{
	say(out, chmod(op->path, op->mode));
}

static void do_fchmod(struct side *side, const struct op *op, char *out)
{
	say(out, fchmod(fd_of(side, op), op->mode));
}

static void do_chown(struct side *side, const struct op *op, char *out)
{
	static const uid_t owners[] = {-1, 0, 1000, 1001, 1002};
	static const gid_t groups[] = {-1, 0, 100, 1000, 1001};

	/* Of both -1 the mirror hears as of a write. */
	say(out, fchownat(AT_FDCWD, op->path, owners[op->value % 5],
			  groups[op->value % 5 ? op->value / 5 % 5 : 1 + op->value / 5 % 4],
			  op->value & 64 ? AT_SYMLINK_NOFOLLOW : 0));
}

static void do_link(struct side *side, const struct op *op, char *out)
{
	struct stat st;

	/* A write in direct mode leaves a mode with the setgid bit in the kernel; see main.c. */
	lstat(op->path, &st);
	say(out, link(op->path, op->path2));
}

static void do_symlink(struct side *side, const struct op *op, char *out)
{
	say(out, symlink(op->path, op->path2));
}

static void do_readlink(struct side *side, const struct op *op, char *out)
{
	char target[100];
	ssize_t n = readlink(op->path, target, sizeof(target));

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %.*s", (int)n, target);
}

static void do_unlink(struct side *side, const struct op *op, char *out)
{
	say(out, unlink(op->path));
}

static void do_mkdir(struct side *side, const struct op *op, char *out)
{
	say(out, mkdir(op->path, op->mode));
}

static void do_rmdir(struct side *side, const struct op *op, char *out)
{
	say(out, rmdir(op->path));
}

static void do_mknod(struct side *side, const struct op *op, char *out)
{
	static const mode_t types[] = {S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR};

	say(out, mknod(op->path, types[op->value % 4] | op->mode,
		       op->value % 4 == 3 ? makedev(1, 3) : 0));
}

static void do_rename(struct side *side, const struct op *op, char *out)
{
	static const unsigned int kinds[] = {0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE,
					     RENAME_WHITEOUT};

	say(out, renameat2(AT_FDCWD, op->path, AT_FDCWD, op->path2, kinds[op->value % 5]));
}

static void do_setxattr(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, lsetxattr(op->path, attributes[op->value % COUNT(attributes)], page,
			   op->size % 200, op->value / 8 % 3));
}

static void do_getxattr(struct side *side, const struct op *op, char *out)
{
	char value[256];
	ssize_t n = lgetxattr(op->path, attributes[op->value % COUNT(attributes)], value,
			      op->value & 32   ? 0
			      : op->value & 64 ? 10
					       : sizeof(value));

	if (!say(out, n) && !(op->value & 32))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(value, n));
}

static void do_removexattr(struct side *side, const struct op *op, char *out)
{
	say(out, lremovexattr(op->path, attributes[op->value % COUNT(attributes)]));
}

static void do_listxattr(struct side *side, const struct op *op, char *out)
{
	char names[1024];
	ssize_t n = llistxattr(op->path, names, sizeof(names));
	uint64_t all = 0;

	/* In whatever order. */
	for (ssize_t at = 0; at < n; at += strlen(names + at) + 1)
		all += sum(names + at, strlen(names + at));
	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)all);
}

/* A list with a user and a group of ours, and a mask. */
static size_t make_acl(unsigned int value, void *to)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry e[6];
	} acl = {
		{POSIX_ACL_XATTR_VERSION},
		{
			{ACL_USER_OBJ, value & 7, ACL_UNDEFINED_ID},
			{ACL_USER, value >> 3 & 7, 1000 + (value & 1)},
			{ACL_GROUP_OBJ, value >> 6 & 7, ACL_UNDEFINED_ID},
			{ACL_GROUP, value >> 9 & 7, 100},
			{ACL_MASK, value >> 12 & 7, ACL_UNDEFINED_ID},
			{ACL_OTHER, value >> 15 & 7, ACL_UNDEFINED_ID},
		},
	};

	memcpy(to, &acl, sizeof(acl));
	return sizeof(acl);
}

static const char *acl_name(const struct op *op)
{
	return op->flags & 1 ? "system.posix_acl_default" : "system.posix_acl_access";
}

static void do_setacl(struct side *side, const struct op *op, char *out)
{
	char acl[256];
	size_t size = make_acl(op->value, acl);

	say(out, setxattr(op->path, acl_name(op), acl, op->flags & 2 ? size - 4 : size, 0));
}

static void do_getacl(struct side *side, const struct op *op, char *out)
{
	char acl[256];
	ssize_t n = getxattr(op->path, acl_name(op), acl, sizeof(acl));

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(acl, n));
}

static void do_removeacl(struct side *side, const struct op *op, char *out)
{
	say(out, removexattr(op->path, acl_name(op)));
}

static void do_utimens(struct side *side, const struct op *op, char *out)
{
	static const long nsec[] = {123456789, UTIME_NOW, UTIME_OMIT};
	struct timespec t[2] = {
		{100000 + op->value % 1000, nsec[op->value % 3]},
		{200000 + op->value % 1000, nsec[op->value / 3 % 3]},
	};

	say(out, utimensat(AT_FDCWD, op->path, t, op->value & 64 ? AT_SYMLINK_NOFOLLOW : 0));
}

static void do_access(struct side *side, const struct op *op, char *out)
{
	say(out, faccessat(AT_FDCWD, op->path, op->value & 7, AT_EACCESS));
}

static void do_flock(struct side *side, const struct op *op, char *out)
{
	static const int kinds[] = {LOCK_SH, LOCK_EX, LOCK_UN};

	say(out, flock(fd_of(side, op), kinds[op->value % 3] | LOCK_NB));
}

static void do_lock(struct side *side, const struct op *op, char *out)
{
	static const short kinds[] = {F_RDLCK, F_WRLCK, F_UNLCK};
	struct flock lock = {
		.l_type = kinds[op->value % 3],
		.l_start = op->off % 100,
		.l_len = op->size % 100,
	};
	bool get = op->value & 64;
	int res = fcntl(fd_of(side, op), get ? F_OFD_GETLK : F_OFD_SETLK, &lock);

	if (!say(out, res) && get)
		snprintf(out, OUTCOME, "ok %d %ld %ld", lock.l_type, (long)lock.l_start,
			 (long)lock.l_len);
}

static void do_copy(struct side *side, const struct op *op, char *out)
{
	loff_t from = op->off, to = op->value % 100000;

	say(out, copy_file_range(fd_of(side, op), &from, side->fd[op->slot2], &to, op->size, 0));
}

static void do_tmpfile(struct side *side, const struct op *op, char *out)
{
	char path[64];
	int fd = open(op->value & 1 ? "d" : ".", O_TMPFILE | O_RDWR | (op->value & 2 ? O_EXCL : 0),
		      op->mode);

	keep(side, op, fd, out);
	if (fd < 0 || !(op->value & 4))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say(out, linkat(AT_FDCWD, path, AT_FDCWD, op->path, AT_SYMLINK_FOLLOW));
	if (out[0] == 'E') /* the slot is open all the same */
		memcpy(out, "no", 2);
}

static void do_map(struct side *side, const struct op *op, char *out)
{
	int fd = fd_of(side, op), prot = PROT_READ | (op->value & 1 ? PROT_WRITE : 0);
	struct stat st;
	char *map;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		snprintf(out, OUTCOME, "ok nothing to map");
		return;
	}
	len = st.st_size < (1 << 20) ? st.st_size : 1 << 20;
	map = mmap(NULL, len, prot, op->value & 2 ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		say(out, -1);
		return;
	}
	if (prot & PROT_WRITE) {
		for (size_t i = op->off % len; i < len && i < op->off % len + op->size % 5000; i++)
			map[i] = op->value + i;
		if (op->value & 4)
			msync(map, len, MS_SYNC);
	}
	snprintf(out, OUTCOME, "ok %zu %lx", len, (unsigned long)sum(map, len));
	munmap(map, len);
}

static void do_list(struct side *side, const struct op *op, char *out)
{
	DIR *dir = opendir(op->value & 1 ? "." : op->path);
	struct dirent *de;
	uint64_t all = 0;
	int n = 0;

	if (!dir) {
		say(out, -1);
		return;
	}
	while ((de = readdir(dir))) {
		all += sum(de->d_name, strlen(de->d_name)) * (de->d_type + 1);
		n++;
	}
	closedir(dir);
	snprintf(out, OUTCOME, "ok %d %lx", n, (unsigned long)all);
}

static void do_splice(struct side *side, const struct op *op, char *out)
{
	loff_t off = op->off;
	int pipefd[2];
	ssize_t n = -1;

	if (pipe2(pipefd, O_NONBLOCK) != 0)
		abort();
	fill(op);
	if (op->value & 1) {
		if (write(pipefd[1], page, op->size % 4096 + 1) > 0)
			n = splice(pipefd[0], NULL, fd_of(side, op), &off, 4096, 0);
		say(out, n);
	} else {
		n = splice(fd_of(side, op), &off, pipefd[1], NULL, op->size % 4096 + 1, 0);
		if (!say(out, n) && n > 0 && read(pipefd[0], page, n) == n)
			snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(page, n));
	}
	close(pipefd[0]);
	close(pipefd[1]);
}

static void do_handle(struct side *side, const struct op *op, char *out)
{
	struct {
		struct file_handle head;
		char room[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount;

	say(out, name_to_handle_at(AT_FDCWD, op->path, &handle.head, &mount, 0));
}

/* What an operation needs of its slot. */
enum need { NONE, OPEN, BOTH, FILLS };

static const struct {
	const char *name;
	void (*run)(struct side *side, const struct op *op, char *out);
	int weight;
	enum need need;
} kinds[] = {
	{"open", do_open, 16, FILLS},
	{"close", do_close, 4, OPEN},
	{"pwrite", do_write, 12, OPEN},
	{"write", do_append, 8, OPEN},
	{"pread", do_read, 8, OPEN},
	{"lseek", do_seek, 3, OPEN},
	{"ftruncate", do_ftruncate, 3, OPEN},
	{"truncate", do_truncate, 3, NONE},
	{"fallocate", do_fallocate, 5, OPEN},
	{"fsync", do_sync, 2, OPEN},
	{"stat", do_stat, 10, NONE},
	{"fstat", do_fstat, 5, OPEN},
	{"chmod", do_chmod, 5, NONE},
	{"fchmod", do_fchmod, 2, OPEN},
	{"chown", do_chown, 4, NONE},
	{"link", do_link, 4, NONE},
	{"symlink", do_symlink, 2, NONE},
	{"readlink", do_readlink, 2, NONE},
	{"unlink", do_unlink, 4, NONE},
	{"mkdir", do_mkdir, 5, NONE},
	{"rmdir", do_rmdir, 2, NONE},
	{"mknod", do_mknod, 2, NONE},
	{"rename", do_rename, 6, NONE},
	{"setxattr", do_setxattr, 4, NONE},
	{"getxattr", do_getxattr, 3, NONE},
	{"removexattr", do_removexattr, 1, NONE},
	{"listxattr", do_listxattr, 2, NONE},
	{"setacl", do_setacl, 4, NONE},
	{"getacl", do_getacl, 2, NONE},
	{"removeacl", do_removeacl, 1, NONE},
	{"utimens", do_utimens, 4, NONE},
	{"access", do_access, 4, NONE},
	{"flock", do_flock, 2, OPEN},
	{"lock", do_lock, 3, OPEN},
	{"copy", do_copy, 3, BOTH},
	{"tmpfile", do_tmpfile, 2, FILLS},
	{"map", do_map, 4, OPEN},
	{"list", do_list, 2, NONE},
	{"splice", do_splice, 3, OPEN},
	{"handle", do_handle, 1, NONE},
};

static int draw_flags(struct random *r)
{
	static const int access_modes[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR};
	static const int more[] = {O_CREAT, O_CREAT,	O_CREAT | O_EXCL, O_TRUNC,   O_APPEND,
				   O_CREAT, O_NOFOLLOW, O_DIRECTORY,	  O_DIRECT,  O_SYNC,
				   O_DSYNC, O_CREAT,	O_APPEND,	  O_NOATIME, O_CREAT};
	int flags = access_modes[draw(r, COUNT(access_modes))];

	for (int n = draw(r, 4); n > 0; n--)
		flags |= more[draw(r, COUNT(more))];
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		flags &= ~O_DIRECTORY;
	return flags;
}

static int draw_slot(struct random *r, const int *open, bool must)
{
	int slot = draw(r, SLOTS);

	for (int n = 0; must && n < SLOTS && open[slot] < 0; n++)
		slot = (slot + 1) % SLOTS;
	return slot;
}

static int draw_kind(struct random *r)
{
	int all = 0, at;
	size_t k = 0;

	for (size_t i = 0; i < COUNT(kinds); i++)
		all += kinds[i].weight;
	at = draw(r, all);
	while (at >= kinds[k].weight)
		at -= kinds[k++].weight;
	return k;
}

static int kind_of(void (*run)(struct side *side, const struct op *op, char *out))
{
	int k = 0;

	while (kinds[k].run != run)
		k++;
	return k;
}

/* What O_DIRECT makes of unaligned pieces is each file system's own affair; so there are none. */
static bool must_be_aligned(const struct op *op, const int *open)
{
	bool direct = kinds[op->kind].need != NONE && open[op->slot] >= 0 &&
		      open[op->slot] & O_DIRECT;

	if (kinds[op->kind].run == do_copy)
		return direct || open[op->slot2] & O_DIRECT;
	if (kinds[op->kind].run == do_write)
		return direct && open[op->slot] & O_APPEND;
	return direct && (kinds[op->kind].run == do_splice || kinds[op->kind].run == do_append);
}

void op_draw(struct random *r, const int *open, struct op *op)
{
	static const int modes[] = {0644,  0666,  0600,	 0755,	0777, 02777,
				    04777, 02777, 02755, 01777, 0};
	enum need need;

	op->kind = draw_kind(r);
	need = kinds[op->kind].need;
	op->slot = draw_slot(r, open, need == OPEN || need == BOTH);
	op->slot2 = draw_slot(r, open, need == BOTH);
	if ((need == OPEN || need == BOTH) && open[op->slot] < 0) {
		op->kind = 0; /* nothing is open yet */
		need = FILLS;
	}
	snprintf(op->path, sizeof(op->path), "%s", paths[draw(r, COUNT(paths))]);
	snprintf(op->path2, sizeof(op->path2), "%s", paths[draw(r, COUNT(paths))]);
	op->flags = draw_flags(r);
	op->mode = modes[draw(r, COUNT(modes))];
	op->value = draw(r, 1U << 30);
	op->off = draw(r, 3) ? draw(r, 20000) : draw(r, 1000000);
	op->size = draw(r, 6) ? draw(r, 9000) + 1 : draw(r, 1 << 20) + 1;
	if ((need == OPEN || need == BOTH) && open[op->slot] & O_DIRECT) {
		op->off &= ~4095L;
		op->size = (op->size & ~4095UL) + (op->size < 4096 ? 4096 : 0);
	}
	if (must_be_aligned(op, open))
		op->kind = kind_of(do_fstat);
	op->user = draw(r, 2) ? 0 : draw(r, COUNT(users));
}

void op_do(struct side *side, const struct op *op, char *outcome)
{
	outcome[0] = '\0';
	errno = 0;
	kinds[op->kind].run(side, op, outcome);
}

void op_print(const struct op *op, char *text, size_t size)
{
	snprintf(
		text, size,
		"%s by user %u, slot %d (%d), %s (%s), flags %#o, mode %#o, offset %ld, size %zu, value %#x",
		kinds[op->kind].name, users[op->user].uid, op->slot, op->slot2, op->path, op->path2,
		op->flags, op->mode, (long)op->off, op->size, op->value);
}

int op_slot_after(const struct op *op, int before, bool worked)
{
	if (kinds[op->kind].run == do_close)
		return -1;
	if (kinds[op->kind].need != FILLS || !worked)
		return before;
	return kinds[op->kind].run == do_tmpfile ? O_RDWR : op->flags;
}

static bool is_place(const char *outcome)
{
	return outcome[0] == 'o' || strcmp(outcome, "ENXIO") == 0;
}

bool op_is_excused(const struct op *op, const struct side *side, const char *plain,
		   const char *outcome)
{
	if (kinds[op->kind].run == do_seek)
		return strcmp(plain, PREALLOCATED) == 0 ||
		       (side->by_daemon && is_place(plain) && is_place(outcome));
	return kinds[op->kind].run == do_handle;
}
