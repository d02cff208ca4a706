// SPDX-License-Identifier: GPL-2.0-only
/* The forms of the state method, and setting constants by name. */
#include "collect/forms.h"

#include <errno.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "state_fentry.skel.h"
#include "state_tp.skel.h"

static const struct fl_prog state_tp_progs[] = {
	{"dio_begin", true, true, "direct writes to backing files"},
	{"request_send", true, true, "direct and cached writes through the daemon"},
	{"xfs_buffered_write", false, true, "buffered writes to backing files (XFS is not loaded)"},
	{"dio_complete", false, false, "attempts that io_uring tries again: they count as writes"},
	{"request_end", false, false, "what daemons ask for when files are opened"},
};

const struct fl_form fl_form_state_tp = {
	.method = FL_METHOD_STATE_TP,
	.title = "state (BTF tracepoints)",
	.elf = state_tp_bpf__elf_bytes,
	.prog = state_tp_progs,
	.nprogs = sizeof(state_tp_progs) / sizeof(state_tp_progs[0]),
};

enum {
	FENTRY_DIRECT = 2,
};

static const struct fl_prog state_fentry_progs[] = {
	{"write_entry", true, true, "every write's beginning"},
	{"passthrough_locked", true, true, "passthrough writes"},
	[FENTRY_DIRECT] = {"direct_locked", false, true,
			   "the lock of direct writes that other tasks send"},
	{"write_exit", true, true, "hold times"},
	{"request_send", false, true, "cached writes"},
	{"splice_locked", false, false, "splice writes"},
	{"request_end", false, false, "what daemons ask for when files are opened"},
};

static int configure_fentry(struct bpf_object *obj, const bool *available, struct fl_err *err)
{
	bool by_function = available[FENTRY_DIRECT];

	if (fl_set_rodata(obj, "direct_by_function", &by_function, sizeof(by_function)))
		return fl_err(err, "the BPF object lacks the constant direct_by_function");
	return 0;
}

const struct fl_form fl_form_state_fentry = {
	.method = FL_METHOD_STATE_FENTRY,
	.title = "state (fentry)",
	.elf = state_fentry_bpf__elf_bytes,
	.prog = state_fentry_progs,
	.nprogs = sizeof(state_fentry_progs) / sizeof(state_fentry_progs[0]),
	.has_hists = true,
	.sees_entry = true,
	.configure = configure_fentry,
};

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
