// SPDX-License-Identifier: GPL-2.0-only
/* How many requests of one user are served at the same time, and which come next. */
#include <linux/fuse.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fair.h"

#define LIMIT 2

/* The descriptor of a worker of its own, and of this thread. */
#define ITS_FD 100
#define OUR_FD 7

static struct fair fair;

struct request {
	struct wire_request req;
	uint64_t body;
	int fd;
	bool admitted;
};

static void *admit(void *arg)
{
	struct request *r = arg;

	r->admitted = fair_admit(&fair, &r->req, r->fd, &r->body, sizeof(r->body));
	return NULL;
}

/* Whether a worker of its own must serve this request; the worker then goes on serving it. */
static bool is_served(uint32_t uid, uint32_t opcode, uint64_t unique, bool write_back)
{
	struct request r = {
		.req = {.seen = true,
			.opcode = opcode,
			.uid = uid,
			.unique = unique,
			.write_back = write_back},
		.body = unique,
		.fd = ITS_FD,
	};
	pthread_t worker;

	assert_int_equal(pthread_create(&worker, NULL, admit, &r), 0);
	pthread_join(worker, NULL);
	return r.admitted;
}

static bool served(uint32_t uid, uint64_t unique)
{
	return is_served(uid, FUSE_LOOKUP, unique, false);
}

/* The same, by this thread. */
static bool serve(uint32_t uid, uint64_t unique)
{
	struct request r = {.req = {.opcode = FUSE_LOOKUP, .uid = uid, .unique = unique},
			    .body = unique,
			    .fd = OUR_FD};

	admit(&r);
	return r.admitted;
}

/* Which request this thread has to serve next; 0 if none waits. */
static uint64_t next(void)
{
	uint64_t body = 0;

	return fair_next(&fair, OUR_FD, &body) ? body : 0;
}

static int setup(void **state)
{
	fair_init(&fair, LIMIT);
	return 0;
}

static int teardown(void **state)
{
	next();
	fair_destroy(&fair);
	return 0;
}

static void test_users(void **state)
{
	assert_true(served(1000, 1));
	assert_true(served(1000, 2));
	assert_false(served(1000, 3));
	assert_true(served(1001, 4));
	assert_true(served(0, 5));
	assert_true(served(0, 6));
	assert_false(served(0, 7));
}

static void test_order(void **state)
{
	assert_true(served(1000, 1));
	assert_true(serve(1000, 2));
	assert_false(served(1000, 3));
	assert_false(served(1000, 4));
	assert_false(served(1000, 5));
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 4);
	assert_false(served(1000, 6));
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 6);
	assert_int_equal(next(), 0);
	/* one is still stuck */
	assert_true(served(1000, 7));
	assert_false(served(1000, 8));
}

/* When all is served nothing is left of a user. */
static void test_end(void **state)
{
	for (int i = 0; i < 3; i++) {
		assert_true(serve(1000, 1));
		assert_non_null(fair.shares);
		assert_int_equal(next(), 0);
		assert_null(fair.shares);
	}
}

static void test_exempt(void **state)
{
	static const uint32_t opcodes[] = {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT,
					   FUSE_RELEASE, FUSE_RELEASEDIR};

	assert_true(served(0, 1));
	assert_true(served(0, 2));
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_true(is_served(0, opcodes[i], 3, false));
	assert_false(is_served(0, FUSE_FLUSH, 3, false));
}

/* Writes of the page cache are nobody's: they have a share of their own. */
static void test_write_back(void **state)
{
	assert_true(is_served(1000, FUSE_WRITE, 1, true));
	assert_true(is_served(0, FUSE_WRITE, 2, true));
	assert_false(is_served(1001, FUSE_WRITE, 3, true));
	assert_true(is_served(1001, FUSE_WRITE, 4, false));
}

static void test_withdraw(void **state)
{
	assert_true(serve(1000, 1));
	assert_true(served(1000, 2));
	for (uint64_t unique = 3; unique < 7; unique++)
		assert_false(served(1000, unique));
	assert_int_equal(fair_withdraw(&fair, 2), -1); /* it is being served */
	assert_int_equal(fair_withdraw(&fair, 8), -1);
	assert_int_equal(fair_withdraw(&fair, 4), ITS_FD);
	assert_int_equal(fair_withdraw(&fair, 6), ITS_FD); /* the last one */
	assert_int_equal(fair_withdraw(&fair, 6), -1);
	assert_false(served(1000, 9));
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 9);
	assert_int_equal(next(), 0);
	assert_int_equal(fair.waiting, 0);
}

/* The kernel takes an answer only where it gave the request. */
static void test_answers(void **state)
{
	assert_true(served(1000, 1));
	assert_true(serve(1000, 2));
	assert_int_equal(fair_answer_fd(&fair, OUR_FD, 2), OUR_FD);
	assert_false(served(1000, 3));
	assert_false(serve(1000, 4));
	assert_false(served(1000, 5));
	assert_int_equal(next(), 3);
	/* What is answered late, by whatever thread, is answered there, too. */
	assert_int_equal(next(), 4);
	assert_int_equal(next(), 5);
	assert_int_equal(fair_answer_fd(&fair, OUR_FD, 3), ITS_FD);
	assert_int_equal(fair_answer_fd(&fair, OUR_FD, 4), OUR_FD);
	assert_int_equal(fair_answer_fd(&fair, OUR_FD, 5), ITS_FD);
	/* Nothing is left of them. */
	assert_int_equal(fair.n_away, 0);
	assert_null(fair.away);
	assert_int_equal(fair_answer_fd(&fair, OUR_FD, 3), OUR_FD);
}

/* Nothing fails for lack of room. */
static void test_room(void **state)
{
	const size_t len = 1 << 20;
	const struct wire_request req = {.opcode = FUSE_WRITE, .uid = 1000};
	void *big = calloc(1, len);
	int n = 0;

	assert_true(served(1000, 1));
	assert_true(served(1000, 2));
	while (!fair_admit(&fair, &req, OUR_FD, big, len))
		n++;
	assert_int_equal(n, 64);
	free(big);
}

static void test_no_limit(void **state)
{
	fair.limit = 0;
	for (int i = 0; i < 100; i++)
		assert_true(serve(1000, i));
	assert_int_equal(next(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_users),   TEST(test_order),	   TEST(test_end),
		TEST(test_exempt),  TEST(test_write_back), TEST(test_withdraw),
		TEST(test_answers), TEST(test_room),	   TEST(test_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
