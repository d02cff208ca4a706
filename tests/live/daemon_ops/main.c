// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the same in two directories, a plain one and a mirror of another, and compares every result,
 * errno, byte and attribute. Each case runs in a fresh subdirectory and writes down what it saw; the
 * two records must be equal.
 *
 * usage: daemon_ops PREFIX PLAIN_DIR MIRROR_DIR [xattr]
 */
#include "ops.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct ops_case *const tables[] = {names_cases, data_cases, attr_cases};

/* Runs a case in a subdirectory of its own; returns what it wrote down. */
static char *run_in(const char *top, const struct ops_case *c, int number)
{
	char dir[PATH_MAX], *record = NULL;
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len;

	out = open_memstream(&record, &len);
	snprintf(dir, sizeof(dir), "%s/case-%d", top, number);
	umask(022);
	if (mkdir(dir, 0755) != 0 || chdir(dir) != 0)
		note("%s: %s", dir, strerror(errno));
	else
		c->run();
	fclose(out);
	if (fchdir(back) != 0)
		abort();
	close(back);
	return record;
}

/* Prints the first line that differs. */
static void explain(const char *plain, const char *mirror)
{
	while (*plain && *mirror) {
		int a = strcspn(plain, "\n"), b = strcspn(mirror, "\n");

		if (a != b || strncmp(plain, mirror, a) != 0) {
			printf("# plain:  %.*s\n# mirror: %.*s\n", a, plain, b, mirror);
			return;
		}
		plain += a + (plain[a] == '\n');
		mirror += b + (mirror[b] == '\n');
	}
	printf("# one record is longer\n");
}

/* Removes what a case made that may differ. */
static void level(const char *plain, const char *mirror, int number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/case-%d/f", plain, number);
	unlink(path);
	snprintf(path, sizeof(path), "%s/case-%d/f", mirror, number);
	unlink(path);
}

/* Returns whether both directories showed the same, or may differ. */
static bool compare(const struct ops_case *c, int number, char **argv)
{
	char *plain = run_in(argv[2], c, number), *mirror = run_in(argv[3], c, number);
	bool same = strcmp(plain, mirror) == 0;

	if (same) {
		printf("ok - %s: %s\n", argv[1], c->name);
	} else if (c->may_differ) {
		printf("skip - %s: %s: %s\n", argv[1], c->name, c->may_differ);
		/* Equal again, for the comparison of the trees. */
		level(argv[2], argv[3], number);
	} else {
		printf("not ok - %s: %s\n", argv[1], c->name);
		explain(plain, mirror);
	}
	fflush(stdout);
	free(plain);
	free(mirror);
	return same || c->may_differ;
}

int main(int argc, char **argv)
{
	bool xattr = argc > 4, failed = false;
	int number = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: daemon_ops PREFIX PLAIN_DIR MIRROR_DIR [xattr]\n");
		return 2;
	}
	setgroups(0, NULL);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct ops_case *c = tables[i]; c->name; c++)
			if (xattr || !c->needs_xattr)
				failed |= !compare(c, number++, argv);
	return failed;
}
