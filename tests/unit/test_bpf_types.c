// SPDX-License-Identifier: GPL-2.0-only
/*
 * The size of each variable of the programs is that of its type. Otherwise the kernel refuses the type information, and
 * without that it refuses programs that call bpf_loop(). Clang makes one byte of a static variable that is set to 0 and
 * 1 only, and leaves the type as it was.
 */
#include "check.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/abi.h"

#include "callsite.skel.h"
#include "family.skel.h"
#include "files.skel.h"
#include "global.skel.h"
#include "opens.skel.h"
#include "state_fentry.skel.h"
#include "state_tp.skel.h"
#include "waits.skel.h"

static unsigned int compare_sizes(const struct btf *btf, const struct btf_type *section)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	unsigned int n = 0;

	for (int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *t = btf__type_by_id(btf, var[i].type);

		/* a function of the kernel */
		if (!btf_is_var(t))
			continue;
		if (var[i].size != btf__resolve_size(btf, var[i].type))
			fail_msg("%s has %u bytes", btf__name_by_offset(btf, t->name_off),
				 var[i].size);
		n++;
	}
	return n;
}

static void compare_all(const void *elf, size_t size)
{
	struct bpf_object *obj = bpf_object__open_mem(elf, size, NULL);
	const struct btf *btf = bpf_object__btf(obj);
	unsigned int n = 0;

	assert_non_null(btf);
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_datasec(t))
			n += compare_sizes(btf, t);
	}
	assert_int_not_equal(n, 0);
	bpf_object__close(obj);
}

static void variables_have_the_size_of_their_type(void **state)
{
	const void *(*const elf[])(size_t *) = {
		callsite_bpf__elf_bytes,     family_bpf__elf_bytes, files_bpf__elf_bytes,
		global_bpf__elf_bytes,	     opens_bpf__elf_bytes,  state_tp_bpf__elf_bytes,
		state_fentry_bpf__elf_bytes, waits_bpf__elf_bytes,
	};

	for (size_t i = 0; i < sizeof(elf) / sizeof(elf[0]); i++) {
		size_t size;
		const void *bytes = elf[i](&size);

		compare_all(bytes, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_have_the_size_of_their_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
