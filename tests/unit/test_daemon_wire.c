// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon reads from raw requests, whole and cut off; and the report of the counters. */
#include <linux/fuse.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stats.h"
#include "wire.h"

static struct {
	struct fuse_in_header head;
	union {
		struct fuse_write_in write;
		struct fuse_open_in open;
		struct fuse_create_in create;
		struct fuse_setattr_in setattr;
		struct fuse_setxattr_in setxattr;
	};
} request;

static bool kills(uint32_t opcode, uint32_t uid, size_t len)
{
	struct wire_request req;

	request.head.opcode = opcode;
	request.head.uid = uid;
	assert_true(wire_peek(&request, len, &req));
	assert_int_equal(req.opcode, opcode);
	assert_int_equal(req.uid, uid);
	return req.kill_suidgid;
}

static int clear(void **state)
{
	memset(&request, 0, sizeof(request));
	return 0;
}

static void test_write(void **state)
{
	assert_false(kills(FUSE_WRITE, 1000, sizeof(request)));
	request.write.write_flags = FUSE_WRITE_KILL_SUIDGID;
	assert_true(kills(FUSE_WRITE, 0, sizeof(request)));
	request.write.write_flags = ~FUSE_WRITE_KILL_SUIDGID;
	assert_false(kills(FUSE_WRITE, 0, sizeof(request)));
}

static void test_open_create_setattr(void **state)
{
	request.open.open_flags = FUSE_OPEN_KILL_SUIDGID;
	assert_true(kills(FUSE_OPEN, 0, sizeof(request)));
	clear(NULL);
	request.create.open_flags = FUSE_OPEN_KILL_SUIDGID;
	assert_true(kills(FUSE_CREATE, 0, sizeof(request)));
	clear(NULL);
	request.setattr.valid = FATTR_KILL_SUIDGID | FATTR_SIZE;
	assert_true(kills(FUSE_SETATTR, 0, sizeof(request)));
	request.setattr.valid = FATTR_SIZE;
	assert_false(kills(FUSE_SETATTR, 0, sizeof(request)));
}

static void test_setxattr(void **state)
{
	assert_false(kills(FUSE_SETXATTR, 1000, sizeof(request)));
	request.setxattr.setxattr_flags = FUSE_SETXATTR_ACL_KILL_SGID;
	assert_true(kills(FUSE_SETXATTR, 0, sizeof(request)));
}

static void test_no_flag_on_the_wire(void **state)
{
	assert_true(kills(FUSE_FALLOCATE, 1000, sizeof(request)));
	assert_false(kills(FUSE_FALLOCATE, 0, sizeof(request)));
	assert_true(kills(FUSE_COPY_FILE_RANGE, 1000, sizeof(request)));
	assert_false(kills(FUSE_GETATTR, 1000, sizeof(request)));
}

static void test_cut_off(void **state)
{
	struct wire_request req;

	memset(&request, 0xff, sizeof(request));
	for (size_t len = 0; len < sizeof(request.head); len++)
		assert_false(wire_peek(&request, len, &req));
	/* Exactly the head, in a buffer of its size, so that a sanitizer sees a read beyond it. */
	for (uint32_t op = 0; op < 100; op++) {
		void *copy = malloc(sizeof(request.head));

		request.head.opcode = op;
		memcpy(copy, &request.head, sizeof(request.head));
		assert_true(wire_peek(copy, sizeof(request.head), &req));
		free(copy);
	}
	assert_false(kills(FUSE_WRITE, 0, sizeof(request.head)));
}

static void test_names(void **state)
{
	assert_string_equal(wire_opcode_name(FUSE_WRITE), "WRITE");
	assert_string_equal(wire_opcode_name(51), "TMPFILE");
	assert_null(wire_opcode_name(0));
	assert_null(wire_opcode_name(WIRE_MAX_OPCODE));
	assert_null(wire_opcode_name(UINT32_MAX));
}

static void test_report(void **state)
{
	struct stats *stats = calloc(1, sizeof(*stats));
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	stats_upcall(stats, FUSE_WRITE);
	stats_upcall(stats, FUSE_WRITE);
	stats_upcall(stats, 60);	/* no name */
	stats_upcall(stats, CUSE_INIT); /* far above */
	stats->backing_live = 3;
	stats_print(out, stats, 42, 7);
	fclose(out);
	assert_non_null(strstr(text, "serial 7\n"));
	assert_non_null(strstr(text, "\ninodes 42\n"));
	assert_non_null(strstr(text, "\nbacking_live 3\n"));
	assert_non_null(strstr(text, "\nupcall_WRITE 2\n"));
	assert_non_null(strstr(text, "\nupcall_READ 0\n"));
	assert_non_null(strstr(text, "\nupcall_other 2\n"));
	free(text);
	free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_write, clear),
		cmocka_unit_test_setup(test_open_create_setattr, clear),
		cmocka_unit_test_setup(test_setxattr, clear),
		cmocka_unit_test_setup(test_no_flag_on_the_wire, clear),
		cmocka_unit_test_setup(test_cut_off, clear),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
