// SPDX-License-Identifier: GPL-2.0-only
#include "collect/bpf_object.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/disable.h"
#include "kernel/kernel.h"
#include "kernel/privileges.h"

/*
 * A program is loaded to see whether it loads. libbpf's messages go into the error, not to the
 * terminal.
 */
static char load_log[4096];

static int keep_log(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t used = strlen(load_log);

	if (level != LIBBPF_WARN || used > sizeof(load_log) / 2)
		return 0;
	return vsnprintf(load_log + used, sizeof(load_log) - used, fmt, ap);
}

const char *fl_bpf_log(void)
{
	return load_log;
}

struct bpf_object *fl_open_bpf(const void *elf, size_t size)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "fuselens",
		    .btf_custom_path = fl_privileges_btf_path());

	libbpf_set_print(keep_log);
	load_log[0] = '\0';
	return bpf_object__open_mem(elf, size, &opts);
}

/*
 * Makes the map of the variables that begin as 0. libbpf makes it, too, but then writes all of its zeros into it, which
 * takes as long as loading a large program. If this fails, libbpf still makes the map.
 */
static void make_zeroed_variables(struct bpf_object *obj)
{
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_map *map;
	int fd;

	/* libbpf puts the object's name in front */
	bpf_object__for_each_map(map, obj) if (strstr(bpf_map__name(map), ".bss")) break;
	if (!map)
		return;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(map));
	snprintf(name, sizeof(name), "%s", bpf_map__name(map));
	fd = bpf_map_create(bpf_map__type(map), name, bpf_map__key_size(map),
			    bpf_map__value_size(map), bpf_map__max_entries(map), &opts);
	if (fd < 0)
		return;
	bpf_map__reuse_fd(map, fd);
	close(fd);
}

int fl_load_bpf(struct bpf_object *obj)
{
	make_zeroed_variables(obj);
	return bpf_object__load(obj);
}

int fl_program_disabled(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);

	if (fl_disabled(FL_DISABLE_FENTRY) &&
	    (!strncmp(section, "fentry", 6) || !strncmp(section, "fexit", 5)))
		return EPERM;
	if (fl_disabled(FL_DISABLE_MODULE_BTF) && strstr(section, "/fuse_") &&
	    !access("/sys/module/fuse/coresize", F_OK))
		return ESRCH;
	return 0;
}

int fl_hook_refused(const struct bpf_program *prog, const struct fl_btf *btf)
{
	static const char type[] = "fentry/";
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	const char *section = bpf_program__section_name(prog);
	int e = fl_program_disabled(prog), fd;

	if (e || strncmp(section, type, strlen(type)))
		return e;
	opts.attach_btf_id = fl_btf_kernel_function(btf, section + strlen(type));
	if (!opts.attach_btf_id)
		return 0;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fuselens", "GPL", nothing,
			   sizeof(nothing) / sizeof(nothing[0]), &opts);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

int fl_try_program(const void *(*elf)(size_t *size), const char *name, bool attach)
{
	struct bpf_object *obj;
	struct bpf_program *prog, *wanted;
	struct bpf_link *link;
	size_t size;
	const void *bytes = elf(&size);
	int ret;

	obj = fl_open_bpf(bytes, size);
	if (!obj)
		return errno ? errno : EINVAL;
	wanted = bpf_object__find_program_by_name(obj, name);
	ret = wanted ? fl_program_disabled(wanted) : ENOENT;
	if (ret)
		goto out;
	bpf_object__for_each_program(prog, obj) bpf_program__set_autoload(prog, prog == wanted);
	if (fl_load_bpf(obj)) {
		ret = errno ? errno : EINVAL;
		goto out;
	}
	if (!attach)
		goto out;
	link = bpf_program__attach(wanted);
	if (!link)
		ret = errno ? errno : EINVAL;
	bpf_link__destroy(link);
out:
	bpf_object__close(obj);
	return ret;
}

__u64 fl_prog_misses(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (!prog || bpf_program__fd(prog) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	return info.recursion_misses;
}

int fl_set_rodata(struct bpf_object *obj, const char *name, const void *value, size_t size)
{
	struct bpf_map *map;
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_var_secinfo *var;
	const struct btf_type *sec;
	size_t room;
	char *data;
	int id;

	/* libbpf puts the object's name in front */
	bpf_object__for_each_map(map, obj) if (strstr(bpf_map__name(map), ".rodata")) break;
	if (!map || !btf)
		return -1;
	data = (char *)bpf_map__initial_value(map, &room);
	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	if (!data || id < 0)
		return -1;
	sec = btf__type_by_id(btf, id);
	var = btf_var_secinfos(sec);
	for (int i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *t = btf__type_by_id(btf, var[i].type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		if (var[i].size != size || var[i].offset + size > room)
			return -1;
		memcpy(data + var[i].offset, value, size);
		return 0;
	}
	return -1;
}

int fl_set_target(struct bpf_object *obj, struct fl_kernel *kernel, const struct fl_target *target,
		  __u32 nslots, struct fl_err *err)
{
	__u32 mask = nslots - 1;
	__s32 cache_bit = fl_btf_enumerator(fl_kernel_btf(kernel), "FUSE_I_CACHE_IO_MODE");
	__u64 ino = target->ino;
	int bad = 0;

	bad |= fl_set_rodata(obj, "slot_mask", &mask, sizeof(mask));
	bad |= fl_set_rodata(obj, "selected_devs", target->dev, sizeof(target->dev));
	bad |= fl_set_rodata(obj, "selected_dev_count", &target->ndevs, sizeof(target->ndevs));
	bad |= fl_set_rodata(obj, "selected_ino", &ino, sizeof(ino));
	bad |= fl_set_rodata(obj, "selected_nodeid", &target->nodeid, sizeof(target->nodeid));
	bad |= fl_set_rodata(obj, "selected_generation", &target->generation,
			     sizeof(target->generation));
	bad |= fl_set_rodata(obj, "cache_io_mode_bit", &cache_bit, sizeof(cache_bit));
	return bad ? fl_err(err, "the BPF object and the collector do not fit together") : 0;
}
