// SPDX-License-Identifier: GPL-2.0-only
#include "collect/refused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/bpf_object.h"
#include "collect/variables.h"

#include "opens.skel.h"
#include "util/array.h"

struct fl_refused_watch {
	struct bpf_object *obj;
	struct bpf_link *link[8];
	size_t nlinks;
	struct fl_variable refused_without_place, stripped_without_place;
	char not_live[256];
};

/* The outer pair is necessary. Without an inner one its rule cannot be told from the others. */
static bool needed(const char *name)
{
	return !strcmp(name, "open_entry") || !strcmp(name, "open_exit");
}

static int choose_programs(struct fl_refused_watch *w, struct fl_err *err)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, w->obj)
	{
		const char *name = bpf_program__name(prog);
		int e = fl_try_program(opens_bpf__elf_bytes, name, true);
		size_t used = strlen(w->not_live);

		if (!e)
			continue;
		if (needed(name)) {
			fl_errno(err, e, "cannot hook fuse_file_io_open()");
			return fl_hint(
				err,
				"only function hooks show why the kernel refused an open; without them only the daemons' replies are seen");
		}
		bpf_program__set_autoload(prog, false);
		snprintf(w->not_live + used, sizeof(w->not_live) - used, "%s%s: %s",
			 used ? ", " : "", name, strerror(e));
	}
	return 0;
}

struct fl_refused_watch *fl_refused_start(struct fl_err *err)
{
	struct fl_refused_watch *w = calloc(1, sizeof(*w));
	struct bpf_program *prog;
	size_t size;
	const void *elf = opens_bpf__elf_bytes(&size);

	if (!w) {
		fl_err(err, "out of memory");
		return NULL;
	}
	w->obj = fl_open_bpf(elf, size);
	if (!w->obj) {
		fl_errno(err, errno, "cannot open the BPF object");
		goto fail;
	}
	if (choose_programs(w, err))
		goto fail;
	if (fl_load_bpf(w->obj)) {
		fl_errno(err, errno, "cannot load the hooks on opens: %.300s", fl_bpf_log());
		goto fail;
	}
	bpf_object__for_each_program(prog, w->obj)
	{
		if (!bpf_program__autoload(prog))
			continue;
		w->link[w->nlinks] = bpf_program__attach(prog);
		if (!w->link[w->nlinks]) {
			fl_errno(err, errno, "cannot attach %s", bpf_program__name(prog));
			goto fail;
		}
		w->nlinks++;
	}
	fl_variable_map(&w->refused_without_place, w->obj, "refused_without_place", sizeof(__u64));
	fl_variable_map(&w->stripped_without_place, w->obj, "stripped_without_place",
			sizeof(__u64));
	return w;
fail:
	fl_refused_finish(w);
	return NULL;
}

static int read_refused(int fd, const struct fl_target *target, struct fl_refused_opens *opens)
{
	struct fl_refused_open one = {};
	struct fl_refused_key *prev = NULL, key;

	while (!bpf_map_get_next_key(fd, prev, &one.key)) {
		key = one.key;
		prev = &key;
		if (!fl_target_selects(target, key.dev, key.ino, key.nodeid, target->generation) ||
		    bpf_map_lookup_elem(fd, &key, &one.seen))
			continue;
		if (!FL_MORE(opens->refused, opens->nrefused))
			return -1;
		opens->refused[opens->nrefused++] = one;
	}
	return 0;
}

static int read_stripped(int fd, const struct fl_target *target, struct fl_refused_opens *opens)
{
	struct fl_stripped_open one = {};
	struct fl_stripped_key *prev = NULL, key;

	while (!bpf_map_get_next_key(fd, prev, &one.key)) {
		key = one.key;
		prev = &key;
		if (!fl_target_selects(target, key.dev, target->ino, 0, 0) ||
		    bpf_map_lookup_elem(fd, &key, &one.count))
			continue;
		if (!FL_MORE(opens->stripped, opens->nstripped))
			return -1;
		opens->stripped[opens->nstripped++] = one;
	}
	return 0;
}

static __u64 number(const struct fl_variable *v)
{
	return v->at ? *(const volatile __u64 *)v->at : 0;
}

int fl_refused_read(struct fl_refused_watch *w, const struct fl_target *target,
		    struct fl_refused_opens *opens, struct fl_err *err)
{
	memset(opens, 0, sizeof(*opens));
	snprintf(opens->not_live, sizeof(opens->not_live), "%s", w->not_live);
	opens->more_refused = number(&w->refused_without_place);
	opens->more_stripped = number(&w->stripped_without_place);
	if (!read_refused(bpf_object__find_map_fd_by_name(w->obj, "refused"), target, opens) &&
	    !read_stripped(bpf_object__find_map_fd_by_name(w->obj, "stripped"), target, opens))
		return 0;
	fl_refused_free(opens);
	return fl_err(err, "out of memory");
}

void fl_refused_finish(struct fl_refused_watch *w)
{
	if (!w)
		return;
	while (w->nlinks)
		bpf_link__destroy(w->link[--w->nlinks]);
	fl_variable_unmap(&w->refused_without_place);
	fl_variable_unmap(&w->stripped_without_place);
	bpf_object__close(w->obj);
	free(w);
}

void fl_refused_free(struct fl_refused_opens *opens)
{
	free(opens->refused);
	free(opens->stripped);
	memset(opens, 0, sizeof(*opens));
}
