// SPDX-License-Identifier: GPL-2.0-only
#include "collect/variables.h"

#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define SECTION "bss"

/* Offset of a variable in its section; -1 if there is none. */
static long offset_in_section(const struct btf *btf, const char *name, size_t size)
{
	int id = btf ? btf__find_by_name_kind(btf, "." SECTION, BTF_KIND_DATASEC) : -1;
	const struct btf_type *sec = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_var_secinfo *var = sec ? btf_var_secinfos(sec) : NULL;

	for (int i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_type *t = btf__type_by_id(btf, var[i].type);

		if (!strcmp(btf__name_by_offset(btf, t->name_off), name) && var[i].size == size)
			return var[i].offset;
	}
	return -1;
}

void fl_variable_map(struct fl_variable *v, struct bpf_object *obj, const char *name, size_t size)
{
	long offset = obj ? offset_in_section(bpf_object__btf(obj), name, size) : -1;
	long page = getpagesize();
	struct bpf_map *map;
	void *p;

	memset(v, 0, sizeof(*v));
	if (offset < 0)
		return;
	/* libbpf prefixes the object's name */
	bpf_object__for_each_map(map, obj) if (strstr(bpf_map__name(map), "." SECTION)) break;
	if (!map)
		return;
	v->map_len = offset % page + size;
	p = mmap(NULL, v->map_len, PROT_READ, MAP_SHARED, bpf_map__fd(map), offset / page * page);
	if (p == MAP_FAILED)
		return;
	v->map = p;
	v->at = (const char *)p + offset % page;
}

void fl_variable_unmap(struct fl_variable *v)
{
	if (v->map)
		munmap(v->map, v->map_len);
	memset(v, 0, sizeof(*v));
}
