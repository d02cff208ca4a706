// SPDX-License-Identifier: GPL-2.0-only
#include "collect/waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/bpf_object.h"
#include "kernel/privileges.h"
#include "waits.skel.h"

/* In the order of attaching: the ends before the beginnings. */
static struct bpf_program *program(const struct fl_wait_table *t, int i)
{
	struct bpf_program *const programs[FL_WAIT_PROGS] = {
		t->skel->progs.wait_ends,
		t->skel->progs.wait_begins,
		t->skel->progs.io_ends,
		t->skel->progs.io_begins,
	};

	return programs[i];
}

static int share(struct fl_wait_table *t, const struct fl_source *counts)
{
	static const char *const names[] = {"slots", "locks", "lock_state", "gate", ".data.gate"};
	int bad = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(t->skel->obj, names[i]);

		bad |= !map || bpf_map__reuse_fd(map, fl_source_map(counts, names[i]));
	}
	return bad;
}

int fl_wait_table_open(struct fl_wait_table *t, const struct fl_source *counts, struct fl_err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = fl_privileges_btf_path());

	memset(t, 0, sizeof(*t));
	t->drained = calloc(FL_WAITED_FILES, sizeof(*t->drained));
	if (!t->drained)
		return fl_err(err, "out of memory");
	t->skel = waits_bpf__open_opts(&opts);
	if (!t->skel || share(t, counts) || waits_bpf__load(t->skel))
		return fl_errno(err, errno, "cannot load the programs that see waits: %.300s",
				fl_bpf_log());
	for (int i = 0; i < FL_WAIT_PROGS; i++) {
		t->link[i] = bpf_program__attach(program(t, i));
		if (!t->link[i])
			return fl_errno(err, errno, "cannot see waits: attaching %s",
					bpf_program__name(program(t, i)));
		t->missed[i] = fl_prog_misses(program(t, i));
	}
	return 0;
}

/* The longest is that of all time; everything else is a sum. */
static bool subtract(struct fl_waits *now, struct fl_waits *drained)
{
	bool any = false;

	for (int k = 0; k < FL_WAIT_KINDS; k++) {
		struct fl_hist *n = &now->kind[k].times, *d = &drained->kind[k].times;

		for (int b = 0; b < FL_HIST_BUCKETS; b++) {
			__u64 total = n->bucket[b];

			n->bucket[b] -= d->bucket[b];
			d->bucket[b] = total;
			any |= n->bucket[b];
		}
		n->sum_ns -= d->sum_ns;
		d->sum_ns += n->sum_ns;
	}
	return any;
}

int fl_wait_table_drain(struct fl_wait_table *t, __u32 place, struct fl_waits **waits)
{
	struct fl_waits *now;

	*waits = NULL;
	if (!t->skel)
		return 0;
	now = malloc(sizeof(*now));
	if (!now || place >= FL_WAITED_FILES ||
	    bpf_map_lookup_elem(bpf_map__fd(t->skel->maps.waits), &place, now)) {
		free(now);
		return -1;
	}
	if (subtract(now, &t->drained[place]))
		*waits = now;
	else
		free(now);
	return 0;
}

__u64 fl_wait_table_unfollowed(const struct fl_wait_table *t, const struct fl_source *counts)
{
	struct fl_lock_state state;
	__u32 zero = 0;

	if (!t->skel || bpf_map_lookup_elem(fl_source_map(counts, "lock_state"), &zero, &state))
		return 0;
	return state.unfollowed;
}

void fl_wait_table_probes(struct fl_wait_table *t, struct fl_probe probe[FL_WAIT_PROGS])
{
	for (int i = 0; i < FL_WAIT_PROGS; i++) {
		__u64 misses = fl_prog_misses(program(t, i));

		memset(&probe[i], 0, sizeof(probe[i]));
		snprintf(probe[i].name, sizeof(probe[i].name), "%s",
			 bpf_program__name(program(t, i)));
		probe[i].live = true;
		probe[i].misses = misses - t->missed[i];
		t->missed[i] = misses;
	}
}

void fl_wait_table_close(struct fl_wait_table *t)
{
	for (int i = FL_WAIT_PROGS - 1; i >= 0; i--)
		bpf_link__destroy(t->link[i]);
	waits_bpf__destroy(t->skel);
	free(t->drained);
	memset(t, 0, sizeof(*t));
}
