// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does random sequences of operations in a plain directory and in mirrors of others, and compares
 * every result, every errno and, at the end, the trees: as the mirror shows them and as its source has
 * them. A sequence is all in its seed.
 *
 * usage: daemon_diff FIRST_SEED COUNT PLAIN_DIR NAME=MIRROR_DIR=SOURCE_DIR...
 *   NAME is passthrough, direct or cached. With FUSELENS_DIFF_VERBOSE=1 each operation is printed.
 */
#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH 250

static struct side sides[MAX_SIDES];
static const char *sources[MAX_SIDES];
static int nsides;
static bool verbose;
static unsigned long nops;

uint32_t draw(struct random *r, uint32_t below)
{
	/* xorshift64*, by S. Vigna. */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* Makes the sequence's directory, unless @made, and opens it. */
static int open_top(const char *dir, unsigned long seed, bool made)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%lu", dir, seed);
	if (!made && (mkdir(path, 0777) != 0 || chmod(path, 01777) != 0))
		fail(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

static void enter(int top)
{
	if (fchdir(top) != 0)
		fail("fchdir");
}

/*
 * The differences that are the kernel's or meant:
 *
 *   Read times in cached mode, and of mappings in direct mode: what the FUSE page cache answers never
 *   reaches the source, and FUSE keeps no times of its own (S_NOATIME, fuse_iget()).
 *   Setuid and setgid bits after a write by root in passthrough mode: drop_fsetid().
 *   Setgid of a file that its group may not execute, in passthrough mode, after its group was changed
 *   while it was open, or after a write by a descriptor that another user opened: the kernel writes with
 *   the group that the file was registered for.
 *   Times of a FIFO that was written to: FUSE leaves them alone (S_NOCMTIME, fuse_iget()).
 *   SEEK_DATA and SEEK_HOLE in preallocated parts: XFS goes by what its page cache holds. So it does for
 *   what it allocated ahead of writes, which it does otherwise where the daemon writes them in pieces.
 *   SEEK_DATA and SEEK_HOLE of directories: XFS does not keep the size of one that it made where
 *   generic_file_llseek() asks (xfs_setup_inode()), and the mirror's is that of stat(2).
 *   File handles: the mirror has none (FUSE_NO_EXPORT_SUPPORT).
 *   fallocate() with COLLAPSE_RANGE, INSERT_RANGE or UNSHARE_RANGE: fuse_file_fallocate() refuses them.
 *   chown() of neither, by one who may not and of a file that is open for writing: it succeeds, since
 *   fuse_setattr() makes it look like what comes before a write.
 *   O_APPEND by fcntl() in passthrough mode: the backing file keeps the flags of open(2).
 *   O_DIRECT with unaligned pieces: the daemon's writes are buffered, and need no alignment.
 *   link() of another's file after a write in direct mode took its setgid bit: safe_hardlink_source() goes by
 *   the mode that the kernel heard last, and refuses. Therefore each link() comes after an lstat().
 *
 * The last five are never drawn.
 */
static char *normal(const char *text, const struct side *side)
{
	char *copy = strdup(text), *at, *to;

	for (at = copy; side->by_daemon && (at = strstr(at, " a "));) {
		at += 3;
		to = at;
		at += strcspn(at, " \n");
		memmove(to, at, strlen(at) + 1);
	}
	/* "mode 102664": the setgid bit is in the third digit, the group's execution in the fifth. */
	for (at = copy; !side->by_daemon && (at = strstr(at, "mode 10")); at += 7)
		if (strlen(at) > 10 && (at[9] - '0') % 2 == 0 && (at[7] - '0') & 2)
			at[7] -= 2;
	return copy;
}

static bool equal(const char *a, const char *b, const struct side *side)
{
	char *x, *y;
	bool same;

	if (strcmp(a, b) == 0)
		return true;
	x = normal(a, side);
	y = normal(b, side);
	same = strcmp(x, y) == 0;
	free(x);
	free(y);
	return same;
}

static void first_difference(const char *a, const char *b, const struct side *side,
			     const char *name)
{
	while (*a && *b) {
		int la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		char line[2][OUTCOME];

		snprintf(line[0], OUTCOME, "%.*s", la, a);
		snprintf(line[1], OUTCOME, "%.*s", lb, b);
		if (!equal(line[0], line[1], side)) {
			printf("#   plain: %.*s\n#   %s: %.*s\n", la, a, name, lb, b);
			return;
		}
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
	printf("#   plain: %.60s\n#   %s: %.60s\n", *a ? a : "(end)", name, *b ? b : "(end)");
}

/* One step on all sides; false when they differ. */
static bool step(unsigned long seed, int n, const struct op *op, int *open)
{
	static char outcome[MAX_SIDES][OUTCOME];
	char text[256];
	bool same = true;

	op_print(op, text, sizeof(text));
	for (int s = 0; s < nsides; s++) {
		enter(sides[s].top);
		become(op->user);
		op_do(&sides[s], op, outcome[s]);
		nops++;
	}
	if (verbose)
		printf("# %d: %s: %s\n", n, text, outcome[0]);
	for (int s = 1; s < nsides; s++) {
		if (equal(outcome[0], outcome[s], &sides[s]) ||
		    op_is_excused(op, &sides[s], outcome[0], outcome[s]))
			continue;
		printf("# seed %lu, operation %d: %s\n#   plain: %s\n#   %s: %s\n", seed, n, text,
		       outcome[0], sides[s].name, outcome[s]);
		same = false;
	}
	open[op->slot] = op_slot_after(op, open[op->slot], outcome[0][0] != 'E');
	return same;
}

static bool compare_trees(unsigned long seed)
{
	char *plain, *other;
	bool same = true;

	enter(sides[0].top);
	plain = tree();
	for (int s = 1; s < nsides; s++) {
		for (int source = 0; source < 2; source++) {
			char name[64];

			snprintf(name, sizeof(name), "%s%s", sides[s].name,
				 source ? "'s source" : "");
			int top = source ? open_top(sources[s], seed, true) : dup(sides[s].top);

			enter(top);
			other = tree();
			close(top);
			if (!equal(plain, other, &sides[s])) {
				printf("# seed %lu, the trees at the end:\n", seed);
				first_difference(plain, other, &sides[s], name);
				same = false;
			}
			free(other);
		}
	}
	free(plain);
	return same;
}

static bool sequence(unsigned long seed)
{
	struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	int open[SLOTS];
	bool same = true;

	for (int s = 0; s < nsides; s++) {
		sides[s].top = open_top(sides[s].dir, seed, false);
		for (int i = 0; i < SLOTS; i++)
			sides[s].fd[i] = -1;
	}
	for (int i = 0; i < SLOTS; i++)
		open[i] = -1;
	for (int n = 0; n < LENGTH && same; n++) {
		struct op op = {0};

		op_draw(&r, open, &op);
		same = step(seed, n, &op, open);
	}
	become(0);
	for (int s = 0; s < nsides; s++)
		for (int i = 0; i < SLOTS; i++)
			if (sides[s].fd[i] >= 0)
				close(sides[s].fd[i]);
	return same && compare_trees(seed);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_trees(unsigned long seed)
{
	char path[PATH_MAX];

	for (int s = 0; s < nsides; s++) {
		snprintf(path, sizeof(path), "%s/%lu", sides[s].dir, seed);
		close(sides[s].top);
		if (chdir("/") != 0 || nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
			fail(path);
	}
}

/*
 * The kernel does a passthrough write with the rights of the registration, which lacks CAP_FSETID: root's
 * write, too, takes setuid and setgid bits. Here root lacks it as well.
 */
static void drop_fsetid(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) != 0)
		exit(2);
	data[0].effective &= ~(1U << CAP_FSETID);
	data[0].permitted &= ~(1U << CAP_FSETID);
	if (prctl(PR_CAPBSET_DROP, CAP_FSETID) != 0 || syscall(SYS_capset, &head, data) != 0)
		exit(2);
}

int main(int argc, char **argv)
{
	unsigned long first, count, bad = 0;

	if (argc < 5 || argc > 4 + MAX_SIDES - 1) {
		fprintf(stderr, "daemon_diff: see the comment at its top\n");
		return 2;
	}
	drop_fsetid();
	signal(SIGPIPE, SIG_IGN);
	verbose = getenv("FUSELENS_DIFF_VERBOSE");
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	first = strtoul(argv[1], NULL, 0);
	count = strtoul(argv[2], NULL, 0);
	sides[nsides++] = (struct side){.name = "plain", .dir = argv[3]};
	for (int i = 4; i < argc; i++) {
		char *name = strtok(argv[i], "="), *dir = strtok(NULL, "=");

		sources[nsides] = strtok(NULL, "=");
		sides[nsides++] = (struct side){
			.name = name,
			.dir = dir,
			.by_daemon = strcmp(name, "passthrough") != 0,
		};
	}
	for (unsigned long seed = first; seed < first + count; seed++) {
		bad += !sequence(seed);
		remove_trees(seed);
		if (bad >= 10)
			break;
	}
	printf("# %lu sequences from seed %lu, %lu operations on %d sides, %lu sequences differ\n",
	       count, first, nops, nsides, bad);
	return bad != 0;
}
