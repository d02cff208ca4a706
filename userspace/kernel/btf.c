// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/btf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/disable.h"

/* The modules that may hold what fuselens looks for. */
static const char *const modules[] = {"fuse", "xfs", "ext4"};
#define NMODULES (sizeof(modules) / sizeof(modules[0]))

struct fl_btf {
	struct btf *vmlinux; /* NULL if the kernel has none */
	struct btf *module[NMODULES];
};

struct fl_btf *fl_btf_open(void)
{
	struct fl_btf *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->vmlinux = btf__load_vmlinux_btf();
	for (size_t i = 0; b->vmlinux && i < NMODULES && !fl_disabled(FL_DISABLE_MODULE_BTF); i++)
		b->module[i] = btf__load_module_btf(modules[i], b->vmlinux);
	return b;
}

void fl_btf_close(struct fl_btf *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < NMODULES; i++)
		btf__free(b->module[i]);
	btf__free(b->vmlinux);
	free(b);
}

bool fl_btf_available(const struct fl_btf *b)
{
	return b && b->vmlinux;
}

static int enumerator_in(const struct btf *btf, __u32 first, const char *name)
{
	__u32 n = btf__type_cnt(btf);

	for (__u32 id = first; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_enum *e;

		if (!btf_is_enum(t))
			continue;
		e = btf_enum(t);
		for (int i = 0; i < btf_vlen(t); i++)
			if (!strcmp(btf__name_by_offset(btf, e[i].name_off), name))
				return e[i].val;
	}
	return -1;
}

int fl_btf_enumerator(const struct fl_btf *b, const char *name)
{
	int value;

	if (!fl_btf_available(b))
		return -1;
	value = enumerator_in(b->vmlinux, 1, name);
	for (size_t i = 0; value < 0 && i < NMODULES; i++)
		if (b->module[i])
			value = enumerator_in(b->module[i], btf__type_cnt(b->vmlinux), name);
	return value;
}

static const struct btf *find_type(const struct fl_btf *b, const char *name, __u32 kind, __s32 *id)
{
	if (!fl_btf_available(b))
		return NULL;
	*id = btf__find_by_name_kind(b->vmlinux, name, kind);
	if (*id > 0)
		return b->vmlinux;
	for (size_t i = 0; i < NMODULES; i++) {
		if (!b->module[i])
			continue;
		*id = btf__find_by_name_kind(b->module[i], name, kind);
		if (*id > 0)
			return b->module[i];
	}
	return NULL;
}

bool fl_btf_has_tracepoint(const struct fl_btf *b, const char *name)
{
	char typedef_name[128];
	__s32 id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	return find_type(b, typedef_name, BTF_KIND_TYPEDEF, &id);
}

bool fl_btf_lacks_xfs_tracepoint(const struct fl_btf *b, const char *name)
{
	/* the BTF of modules may have been turned off for us alone */
	return fl_btf_available(b) && !strncmp(name, "xfs_", 4) &&
	       !fl_disabled(FL_DISABLE_MODULE_BTF) && !fl_btf_has_tracepoint(b, name);
}

__u32 fl_btf_kernel_function(const struct fl_btf *b, const char *name)
{
	__s32 id = fl_btf_available(b) ? btf__find_by_name_kind(b->vmlinux, name, BTF_KIND_FUNC)
				       : 0;

	return id > 0 ? id : 0;
}

bool fl_btf_has_function(const struct fl_btf *b, const char *name)
{
	__s32 id;

	return find_type(b, name, BTF_KIND_FUNC, &id);
}

static bool has_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *inner;

		if (!strcmp(member, name))
			return true;
		inner = btf__type_by_id(btf, m[i].type);
		if (!*member && btf_is_composite(inner) && has_member(btf, inner, name))
			return true;
	}
	return false;
}

bool fl_btf_has_member(const struct fl_btf *b, const char *type, const char *member)
{
	__s32 id;
	const struct btf *btf = find_type(b, type, BTF_KIND_STRUCT, &id);

	return btf && has_member(btf, btf__type_by_id(btf, id), member);
}

bool fl_btf_in_module(const struct fl_btf *b, const char *type)
{
	__s32 id;
	const struct btf *btf = find_type(b, type, BTF_KIND_STRUCT, &id);

	return btf && btf != b->vmlinux;
}

static long member_offset(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *inner = btf__type_by_id(btf, m[i].type);
		long inside;

		if (!strcmp(member, name))
			return btf_member_bit_offset(t, i) / 8;
		if (*member || !btf_is_composite(inner))
			continue;
		inside = member_offset(btf, inner, name);
		if (inside >= 0)
			return btf_member_bit_offset(t, i) / 8 + inside;
	}
	return -1;
}

long fl_btf_member_offset(const struct fl_btf *b, const char *type, const char *member)
{
	__s32 id;
	const struct btf *btf = find_type(b, type, BTF_KIND_STRUCT, &id);

	return btf ? member_offset(btf, btf__type_by_id(btf, id), member) : -1;
}
