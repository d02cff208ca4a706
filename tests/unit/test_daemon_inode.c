// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's inode table: identity, the two counts that keep an inode, growth. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "inode.h"

static struct inode_table table;
static atomic_size_t held; /* inodes */

static int setup(void **state)
{
	return inode_table_init(&table);
}

static int teardown(void **state)
{
	inode_table_destroy(&table);
	assert_int_equal(held, 0);
	return 0;
}

static int some_fd(void)
{
	int fd = open("/dev/null", O_PATH);

	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static struct inode *lookup(dev_t dev, ino_t ino, const char *name)
{
	struct inode *inode = inode_lookup(&table, (struct inode_key){dev, ino}, some_fd(), S_IFREG,
					   1, name, &held);

	assert_non_null(inode);
	return inode;
}

static void test_one_inode_per_file(void **state)
{
	struct inode *a = lookup(1, 100, "a");
	int fd = some_fd();

	assert_ptr_equal(
		inode_lookup(&table, (struct inode_key){1, 100}, fd, S_IFREG, 1, "b", NULL), a);
	assert_false(is_open(fd)); /* the inode already has one */
	assert_true(is_open(a->fd));
	assert_int_equal(a->nlookup, 2);
	assert_int_equal(held, 1);		      /* by whom it was looked up first */
	assert_ptr_not_equal(lookup(2, 100, "a"), a); /* another device */
	assert_ptr_not_equal(lookup(1, 101, "a"), a);
	assert_int_equal(inode_count(&table), 3);
}

static void test_forget(void **state)
{
	struct inode *a = lookup(1, 100, "a");
	int fd = a->fd;

	lookup(1, 100, "a");
	inode_found(&table, a, 1, "b");
	inode_forget(&table, a, 2);
	assert_int_equal(inode_count(&table), 1);
	assert_true(is_open(fd));
	inode_forget(&table, a, 1);
	assert_int_equal(inode_count(&table), 0);
	assert_false(is_open(fd));
}

static void test_forget_too_much(void **state)
{
	struct inode *a = lookup(1, 100, "a");

	inode_forget(&table, a, UINT64_MAX);
	assert_int_equal(inode_count(&table), 0);
}

/* A FORGET may overtake the RELEASE; a lookup in between must find the inode with its backing id. */
static void test_open_outlives_forget(void **state)
{
	struct inode *a = lookup(1, 100, "a");
	uint64_t generation = a->generation;

	inode_hold(&table, a);
	a->io.backing_id = 7;
	inode_forget(&table, a, 1);
	assert_int_equal(inode_count(&table), 1);
	assert_ptr_equal(lookup(1, 100, "a"), a);
	assert_int_equal(a->generation, generation);
	assert_int_equal(a->io.backing_id, 7);
	inode_forget(&table, a, 1);
	inode_drop(&table, a);
	assert_int_equal(inode_count(&table), 0);
}

static void test_generations_differ(void **state)
{
	struct inode *a = lookup(1, 100, "a");
	uint64_t generation = a->generation;

	inode_forget(&table, a, 1);
	assert_true(lookup(1, 100, "a")->generation != generation);
}

static void test_growth(void **state)
{
	enum { N = 5000 };
	struct inode **all = calloc(N, sizeof(*all));

	/* A shared descriptor would be closed N times, so pass none. */
	for (int i = 0; i < N; i++)
		all[i] = inode_lookup(&table, (struct inode_key){i % 3, i}, -1, S_IFREG, 1, NULL,
				      NULL);
	assert_int_equal(inode_count(&table), N);
	assert_true(table.nchain >= N / 2);
	for (int i = 0; i < N; i++)
		assert_ptr_equal(inode_lookup(&table, (struct inode_key){i % 3, i}, -1, S_IFREG, 1,
					      NULL, NULL),
				 all[i]);
	for (int i = 0; i < N; i++)
		inode_forget(&table, all[i], 2);
	assert_int_equal(inode_count(&table), 0);
	free(all);
}

static void test_names(void **state)
{
	struct inode_batch batch = {};
	struct inode *open_one = lookup(1, 1, "open");
	size_t cursor = 0;

	inode_hold(&table, open_one);
	lookup(1, 2, "first");
	lookup(1, 2, "second");
	lookup(1, 2, "first"); /* found again, it comes first */
	lookup(1, 3, NULL);
	inode_lookup(&table, (struct inode_key){1, 4}, some_fd(), S_IFDIR, 1, "dir", NULL);

	inode_unused(&table, &cursor, &batch);
	assert_int_equal(batch.n, 2);
	assert_string_equal(batch.name[0].name, "first");
	assert_string_equal(batch.name[1].name, "second");
	assert_int_equal(batch.name[0].parent.node, 1);
	free(batch.name[0].name);
	free(batch.name[1].name);
	inode_unused(&table, &cursor, &batch);
	assert_int_equal(batch.n, 0);
	inode_drop(&table, open_one);
}

/* Nodes that have no name, and directories, can be forgotten as well. */
static void test_nodes(void **state)
{
	struct inode_batch batch = {.by_node = true};
	struct inode *open_one = lookup(1, 1, "open"), *file, *dir;
	size_t cursor = 0;

	inode_hold(&table, open_one);
	file = lookup(1, 3, NULL);
	dir = inode_lookup(&table, (struct inode_key){1, 4}, some_fd(), S_IFDIR, 1, "dir", NULL);
	inode_unused(&table, &cursor, &batch);
	assert_int_equal(batch.n, 2);
	assert_true((batch.node[0] == inode_node(file) && batch.node[1] == inode_node(dir)) ||
		    (batch.node[0] == inode_node(dir) && batch.node[1] == inode_node(file)));
	inode_drop(&table, open_one);
}

/* The names of the file (1, 2), the last one found first. */
static struct inode_batch names_now(void)
{
	struct inode_batch batch = {};
	size_t cursor = 0;

	inode_unused(&table, &cursor, &batch);
	return batch;
}

static void test_renamed(void **state)
{
	struct inode_key key = {1, 2};
	struct inode_batch batch;
	char name[16];
	/* nobody has a name for it, so it is in no batch */
	struct inode *dir = inode_lookup(&table, (struct inode_key){1, 7}, some_fd(), S_IFDIR, 1,
					 NULL, NULL);

	lookup(1, 2, "old");
	lookup(1, 2, "link");
	inode_renamed(&table, key, 1, "old", inode_node(dir), "new");
	inode_renamed(&table, (struct inode_key){1, 3}, 1, "link", inode_node(dir), "unknown");
	batch = names_now();
	assert_int_equal(batch.n, 2);
	assert_string_equal(batch.name[0].name, "new");
	assert_true(batch.name[0].parent.node == inode_node(dir));
	assert_string_equal(batch.name[1].name, "link");
	free(batch.name[0].name);
	free(batch.name[1].name);

	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		lookup(1, 2, name);
	}
	batch = names_now();
	assert_int_equal(batch.n, NAMES_MAX);
	assert_string_equal(batch.name[batch.n - 1].name, "0"); /* "new" and "link" had to go */
	while (batch.n)
		free(batch.name[--batch.n].name);
}

/*
 * A file has been known in a directory that the kernel has forgotten since. Another directory, with the same node, must
 * not lose the name.
 */
static void test_name_in_a_forgotten_directory(void **state)
{
	struct inode *dir = inode_lookup(&table, (struct inode_key){1, 7}, some_fd(), S_IFDIR, 1,
					 "dir", NULL),
		     *found;
	struct inode_batch batch;
	bool is_root;

	inode_lookup(&table, (struct inode_key){1, 2}, some_fd(), S_IFREG, inode_node(dir), "name",
		     NULL);
	batch = names_now();
	assert_int_equal(batch.n, 1);
	found = inode_hold_directory(&table, &batch.name[0].parent, &is_root);
	assert_ptr_equal(found, dir);
	assert_false(is_root);
	inode_drop(&table, found);
	inode_forget(&table, dir, 1);
	assert_null(inode_hold_directory(&table, &batch.name[0].parent, &is_root));
	/* most likely at the same address */
	inode_lookup(&table, (struct inode_key){1, 7}, some_fd(), S_IFDIR, 1, "dir", NULL);
	assert_null(inode_hold_directory(&table, &batch.name[0].parent, &is_root));
	assert_false(is_root);
	free(batch.name[0].name);
}

/* What has taken the name of a removed file may be a directory, with mounts in it. */
static void test_name_of_another(void **state)
{
	char dir[] = "/tmp/test-inode-XXXXXX";
	struct inode_name name = {.name = "name"};
	char too_long[300] = "";
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_PATH);
	assert_int_equal(mknodat(fd, "name", S_IFREG | 0600, 0), 0);
	assert_int_equal(fstatat(fd, "name", &st, 0), 0);
	name.dev = st.st_dev;
	name.ino = st.st_ino;
	assert_true(inode_may_drop_name(fd, &name));
	assert_int_equal(renameat(fd, "name", fd, "elsewhere"), 0);
	assert_true(inode_may_drop_name(fd, &name)); /* nobody has it */
	assert_int_equal(mkdirat(fd, "name", 0700), 0);
	assert_false(inode_may_drop_name(fd, &name));
	memset(too_long, 'n', sizeof(too_long) - 1);
	name.name = too_long;
	assert_false(inode_may_drop_name(fd, &name)); /* it cannot be told whose it is */
	assert_int_equal(unlinkat(fd, "name", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(fd, "elsewhere", 0), 0);
	close(fd);
	rmdir(dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_inode_per_file),
		TEST(test_forget),
		TEST(test_forget_too_much),
		TEST(test_open_outlives_forget),
		TEST(test_generations_differ),
		TEST(test_growth),
		TEST(test_names),
		TEST(test_nodes),
		TEST(test_renamed),
		TEST(test_name_in_a_forgotten_directory),
		TEST(test_name_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
