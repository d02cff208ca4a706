// SPDX-License-Identifier: GPL-2.0-only
#include "collect/cross_check.h"

#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "openfiles/openfiles.h"
#include "snapshot/coverage.h"
#include "util/in_time.h"

/* Without an answer the mount has no cross-check. */
#define ANSWER_SECONDS 1

void fl_cross_check_open(struct fl_cross_check *x, const struct fl_target *target, bool partial)
{
	struct fl_err ignored;

	memset(x, 0, sizeof(*x));
	x->on = true;
	x->target = target;
	x->partial = partial;
	x->link = fl_open_files_own_versions(&ignored);
}

void fl_cross_check_close(struct fl_cross_check *x)
{
	bpf_link__destroy(x->link);
	memset(x, 0, sizeof(*x));
}

static void read_records(struct fl_cross_check *x, int iter)
{
	struct fl_version_record r;

	while (read(iter, &r, sizeof(r)) == sizeof(r))
		for (__u32 i = 0; i < x->target->ndevs; i++)
			if (x->target->dev[i] == r.dev) {
				x->version[i] = r.version;
				x->writeback[i] = r.fc_flags & FL_FC_WRITEBACK_CACHE;
			}
}

void fl_cross_check_read(struct fl_cross_check *x)
{
	int fd[FL_MAX_DEVS], iter;
	const struct fl_mount *m;

	if (!x->link)
		return;
	memset(x->version, 0, sizeof(x->version));
	/* open the mount only for this moment: a descriptor would keep it busy */
	for (__u32 i = 0; i < x->target->ndevs; i++) {
		m = fl_mounts_by_dev(&x->target->mounts, x->target->dev[i]);
		/* the daemon of another mount on the way may not answer */
		fd[i] = m ? fl_open_in_time(m->path, ANSWER_SECONDS) : -1;
	}
	iter = bpf_iter_create(bpf_link__fd(x->link));
	if (iter >= 0) {
		read_records(x, iter);
		close(iter);
	}
	for (__u32 i = 0; i < x->target->ndevs; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

void fl_cross_check_begin(struct fl_cross_check *x)
{
	fl_cross_check_read(x);
	memcpy(x->base, x->version, sizeof(x->base));
}

/* Whether anybody but the watched command wrote to the mount. */
static bool others_wrote(const struct fl_snapshot *s, __u32 dev)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].dev == dev && s->file[i].counter[FL_COUNT_OUTSIDE])
			return true;
	return false;
}

static void fill_mount(const struct fl_cross_check *x, const struct fl_snapshot *s,
		       struct fl_mount_snapshot *m)
{
	bool quiet = x->quiet && !others_wrote(s, m->dev);

	m->cross_check = FL_CROSS_UNREADABLE;
	for (__u32 i = 0; i < x->target->ndevs; i++) {
		if (x->target->dev[i] != m->dev || !x->base[i] || x->version[i] < x->base[i])
			continue;
		if (x->writeback[i])
			m->cross_check = FL_CROSS_WRITEBACK;
		else
			fl_cross_check_judge(s, m, x->version[i] - x->base[i], x->explained[i],
					     quiet ? 0 : FL_CROSS_UNDER_WAY);
	}
}

void fl_cross_check_fill(const struct fl_cross_check *x, struct fl_snapshot *s)
{
	for (size_t i = 0; x->on && i < s->nmounts; i++) {
		if (x->partial)
			s->mount[i].cross_check = FL_CROSS_PARTIAL;
		else if (!x->target->ndevs)
			s->mount[i].cross_check = FL_CROSS_ALL;
		else if (!x->begun)
			s->mount[i].cross_check = FL_CROSS_SHORT;
		else if (x->blind)
			s->mount[i].cross_check = FL_CROSS_NOWAIT;
		else
			fill_mount(x, s, &s->mount[i]);
	}
}
