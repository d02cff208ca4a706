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

#define LIMIT	2
#define WORKERS 1000

static struct fair fair;

struct request {
	struct wire_request req;
	uint64_t who, body;
	enum fair_verdict verdict;
};

static void *admit(void *arg)
{
	struct request *r = arg;

	r->verdict = fair_admit(&fair, r->who, &r->req, &r->body, sizeof(r->body));
	return NULL;
}

/* Whether a worker of its own must serve this request; the worker then goes on serving it. */
static bool is_served(uint64_t who, uint32_t opcode, uint64_t unique)
{
	struct request r = {
		.req = {.seen = true, .opcode = opcode, .unique = unique, .fd = unique + 100},
		.who = who,
		.body = unique,
	};
	pthread_t worker;

	assert_int_equal(pthread_create(&worker, NULL, admit, &r), 0);
	pthread_join(worker, NULL);
	assert_int_not_equal(r.verdict, FAIR_REFUSE);
	return r.verdict == FAIR_SERVE;
}

static bool served(uint64_t who, uint64_t unique)
{
	return is_served(who, FUSE_LOOKUP, unique);
}

/* The same, by this thread. */
static bool serve(uint64_t who, uint64_t unique)
{
	struct request r = {
		.req = {.opcode = FUSE_LOOKUP, .unique = unique}, .who = who, .body = unique};

	admit(&r);
	return r.verdict == FAIR_SERVE;
}

/* Which request this thread has to serve next; 0 if none waits. */
static uint64_t next(void)
{
	struct wire_request req = {0};
	uint64_t body = 0;

	if (!fair_next(&fair, &body, &req))
		return 0;
	assert_int_equal(req.unique, body);
	assert_int_equal(req.fd, body + 100); /* the device that takes the answer */
	return body;
}

static int setup(void **state)
{
	fair_init(&fair, LIMIT, WORKERS);
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

/* What a user does with another user's files holds up only what that user does with them. */
static void test_owners(void **state)
{
	for (int i = 0; i < LIMIT; i++)
		assert_true(served(fair_share(0, 1000), 1));
	assert_false(served(fair_share(0, 1000), 1));
	assert_true(served(fair_share(0, 0), 1));
	assert_true(served(fair_share(0, 1001), 1));
	assert_true(served(fair_share(1000, 1000), 1));
}

/* But nobody gets more by files of many owners, except root. */
static void test_all_owners(void **state)
{
	int n[2] = {0};

	for (int owner = 2000; owner < 2100; owner++) {
		n[0] += served(fair_share(0, owner), 1);
		n[1] += served(fair_share(1000, owner), 1);
	}
	assert_int_equal(n[0], 10 * LIMIT);
	assert_int_equal(n[1], 2 * LIMIT);
}

/* What waits because of a user's other shares is served when there is room in these. */
static void test_other_share(void **state)
{
	for (int i = 1; i < 2 * LIMIT; i++)
		assert_true(served(fair_share(1000, 2000 + i), i));
	assert_true(serve(fair_share(1000, 2000), 100));
	assert_false(served(1000, 101));
	assert_false(served(fair_share(1000, 3000), 102));
	assert_true(next() > 100);
	assert_true(next() > 100);
	assert_int_equal(next(), 0);
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
	static const uint32_t opcodes[] = {FUSE_FORGET, FUSE_BATCH_FORGET, FUSE_INTERRUPT};

	assert_true(served(0, 1));
	assert_true(served(0, 2));
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		assert_true(is_served(0, opcodes[i], 3));
	assert_false(is_served(0, FUSE_FLUSH, 3));
}

/* What the kernel does for whom it may concern has a share of its own: an owner's, an opener's. */
static void test_shares(void **state)
{
	const uint64_t kinds[] = {0, FAIR_WRITE_BACK, FAIR_CLOSE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_true(served(kinds[i] | 1000, 1));
		assert_true(served(kinds[i] | 1000, 2));
		assert_false(served(kinds[i] | 1000, 3));
		assert_true(served(kinds[i] | 1001, 4));
	}
}

static bool withdrawn(uint64_t unique)
{
	int fd;

	if (!fair_withdraw(&fair, unique, &fd))
		return false;
	assert_int_equal(fd, unique + 100);
	return true;
}

static void test_withdraw(void **state)
{
	assert_true(serve(1000, 1));
	assert_true(served(1000, 2));
	for (uint64_t unique = 3; unique < 7; unique++)
		assert_false(served(1000, unique));
	assert_false(withdrawn(2)); /* it is being served */
	assert_false(withdrawn(8));
	assert_true(withdrawn(4));
	assert_true(withdrawn(6)); /* the last one */
	assert_false(withdrawn(6));
	assert_false(served(1000, 9));
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 9);
	assert_int_equal(next(), 0);
	assert_int_equal(fair.waiting.bytes.used, 0);
	assert_int_equal(fair.waiting.requests.used, 0);
}

struct filler {
	uint64_t who;
	size_t len, wait, serve;
};

static void *fill_main(void *arg)
{
	const struct wire_request req = {.opcode = FUSE_WRITE};
	struct filler *f = arg;
	void *buf = calloc(1, f->len);

	for (;;) {
		switch (fair_admit(&fair, f->who, &req, buf, f->len)) {
		case FAIR_WAITS:
			f->wait++;
			continue;
		case FAIR_SERVE:
			f->serve++;
			continue;
		case FAIR_REFUSE:
			free(buf);
			return NULL;
		}
	}
}

/* How many requests of @len bytes wait, and how many are served, before one is refused. */
static struct filler fill(uint64_t who, size_t len)
{
	struct filler f = {.who = who, .len = len};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fill_main, &f), 0);
	pthread_join(thread, NULL);
	return f;
}

/* Nobody gets all room, nor then all workers; and each user who comes later is served. */
static void test_room(void **state)
{
	struct filler f;

	fair.waiting.bytes.total = 64 << 20;
	f = fill(1000, 1 << 20);
	assert_int_equal(f.wait, 32);
	assert_int_equal(f.serve, WORKERS / 2);
	f = fill(1001, 1 << 20);
	assert_int_equal(f.wait, 16);
	assert_int_equal(f.serve, WORKERS / 4);
	assert_true(served(1002, 1));
	assert_true(served(1002, 2));
	assert_false(served(1002, 3));
}

/* All shares of one user together get no more than one. */
static void test_room_in_all(void **state)
{
	int n = 0;

	fair.waiting.bytes.total = 64 << 20;
	for (int owner = 2000; owner < 2004; owner++)
		n += fill(fair_share(1000, owner), 1 << 20).wait;
	assert_int_equal(n, 32);
}

static void test_many(void **state)
{
	struct filler f = fill(1000, sizeof(uint64_t));

	assert_int_equal(f.wait, fair.waiting.requests.total / 2);
	assert_int_equal(f.serve, WORKERS / 2);
}

/* However many there are, a close is not refused. */
static void test_close(void **state)
{
	int n = 0;

	fair.waiting.requests.total = 10;
	for (uint64_t unique = 1; unique <= 100; unique++)
		n += served(FAIR_CLOSE | 1000, unique);
	assert_int_equal(n, 95);
}

/* When few workers are left, each user has fewer, but one. */
static void test_crowd(void **state)
{
	uint64_t user;

	fair.limit = 10;
	for (user = 1000; fair.workers.used < WORKERS - 4; user++)
		for (int i = 0; i < 10 && fair.workers.used < WORKERS - 4; i++)
			served(user, i);
	assert_in_range(user, 1100, 1400);
	assert_true(served(user, 1));
	assert_false(served(user, 2));
	assert_true(served(user + 1, 1));
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
		TEST(test_users),	TEST(test_order),      TEST(test_end),
		TEST(test_exempt),	TEST(test_shares),     TEST(test_room),
		TEST(test_many),	TEST(test_close),      TEST(test_withdraw),
		TEST(test_crowd),	TEST(test_no_limit),   TEST(test_owners),
		TEST(test_room_in_all), TEST(test_all_owners), TEST(test_other_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
