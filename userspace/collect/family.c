// SPDX-License-Identifier: GPL-2.0-only
#include "collect/family.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/bpf_object.h"
#include "family.skel.h"
#include "kernel/privileges.h"

/*
 * Runs an iterator to its end, for the process pid only, or for all tasks if 0. Returns the number
 * of bytes it wrote, or -1 with errno set.
 */
static long run_iterator(struct bpf_program *prog, pid_t pid)
{
	union bpf_iter_link_info info = {.task.pid = pid};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(prog, pid ? &opts : NULL);
	char buf[4096];
	long n = -1, total = 0;
	int fd;

	if (!link)
		return -1;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (n > 0)
			total += n;
	}
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return n < 0 ? -1 : total;
}

/*
 * Each pass marks children of tasks that the last pass marked; new tasks are marked when they are
 * forked.
 */
static int mark_all(struct fl_family *f, pid_t pid, struct fl_err *err)
{
	long marked = run_iterator(f->skel->progs.mark_process, pid);

	while (marked >= 0) {
		marked = run_iterator(f->skel->progs.mark_children, 0);
		if (!marked)
			return 0;
	}
	return fl_errno(err, errno, "cannot tell the tasks of process %d", pid);
}

int fl_family_open(struct fl_family *f, int map, pid_t pid, struct fl_err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = fl_privileges_btf_path());

	memset(f, 0, sizeof(*f));
	f->map = map;
	f->skel = family_bpf__open_opts(&opts);
	if (!f->skel || bpf_map__reuse_fd(f->skel->maps.family, map) || family_bpf__load(f->skel))
		return fl_errno(err, errno, "cannot load the programs that follow forks: %.300s",
				fl_bpf_log());
	f->forks = bpf_program__attach(f->skel->progs.task_forks);
	if (!f->forks)
		return fl_errno(err, errno, "cannot follow forks");
	f->missed = fl_prog_misses(f->skel->progs.task_forks);
	return mark_all(f, pid, err);
}

bool fl_family_has(const struct fl_family *f, __u32 pid)
{
	__u32 at = pid >> 6;
	__u64 word;

	return bpf_map_lookup_elem(f->map, &at, &word) || word >> (pid & 63) & 1;
}

struct fl_probe fl_family_probe(struct fl_family *f)
{
	__u64 misses = fl_prog_misses(f->skel->progs.task_forks);
	struct fl_probe p = {.name = "task_forks", .live = true, .misses = misses - f->missed};

	f->missed = misses;
	return p;
}

void fl_family_close(struct fl_family *f)
{
	bpf_link__destroy(f->forks);
	family_bpf__destroy(f->skel);
	memset(f, 0, sizeof(*f));
}
