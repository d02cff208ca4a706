// SPDX-License-Identifier: GPL-2.0-only
/* The operations: how each is drawn, and told to people. */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
char page[1 << 20] __attribute__((aligned(4096)));

void fill(const struct op *op)
{
	for (size_t i = 0; i <= op->size && i < sizeof(page); i++)
		page[i] = op->value + i * 7 + i / 512;
}

uint64_t sum(const char *buf, ssize_t n)
{
	return sum_of(5381, buf, n);
}

int say(char *out, long res)
{
	if (res < 0)
		snprintf(out, OUTCOME, "%s", strerrorname_np(errno));
	else
		snprintf(out, OUTCOME, "ok %ld", res);
	return res < 0;
}

/* What an operation needs of its slot. */
enum need { NONE, OPEN, BOTH, FILLS };

static const struct {
	const char *name;
	do_op *run;
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

static int kind_of(do_op *run)
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
