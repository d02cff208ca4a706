// SPDX-License-Identifier: GPL-2.0-only
/* The symbol table is read again when a livepatch comes or goes. */
#include "check.h"
#include <unistd.h>
#include "kernel/kallsyms.h"
#include "kernel/kcore.h"

static void is_read_twice(void **state)
{
	static const char text[] = "ffffffff81000000 T fuse_a\n"
				   "ffffffff81000010 t fuse_b\t[fuse]\n"
				   "ffffffff82000000 d klp_patches\n";
	char path[] = "/tmp/fuselens-kallsyms.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	for (int i = 0; i < 2; i++) {
		struct fl_symbols s = {};
		struct fl_err err;

		assert_int_equal(fl_kallsyms_read(fd, &s, &err), 0);
		assert_int_equal(s.n, 2);
		assert_int_equal(s.klp_patches, 0xffffffff82000000);
		fl_symbols_free(&s);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
