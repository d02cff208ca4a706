// SPDX-License-Identifier: GPL-2.0-only
/* Runs the iterators over open files; the parsing lives in openfiles.c, which needs no BPF. */
#include "openfiles/openfiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "files.skel.h"
#include "kernel/privileges.h"
#include "util/clock.h"

static struct files_bpf *skel;

static int load(struct fl_err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = fl_privileges_btf_path());

	if (skel)
		return 0;
	skel = files_bpf__open_opts(&opts);
	if (skel && files_bpf__load(skel)) {
		int e = errno;

		files_bpf__destroy(skel);
		skel = NULL;
		errno = e;
	}
	if (skel)
		return 0;
	fl_errno(err, errno, "cannot load the iterator over open files");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		fl_hint(err,
			"/sys/kernel/btf/vmlinux cannot be read: is sysfs mounted? mount -t sysfs sysfs /sys");
	return -1;
}

/* Room for several records, of which each has less than 20 KiB. */
#define READ_ROOM (1u << 18)

/* Parses what was read so far, and moves the rest to the beginning. */
static int parse(struct fl_open_files *files, char *buf, size_t *len, struct fl_err *err)
{
	size_t at = 0;
	ssize_t n = 1;

	while (n > 0 && !files->cut) {
		n = fl_open_files_parse_one(files, buf + at, *len - at, err);
		at += n > 0 ? n : 0;
		files->cut = files->n >= FL_OPEN_FILES_MOST;
	}
	*len -= at;
	memmove(buf, buf + at, *len);
	return n < 0 ? -1 : 0;
}

static int read_files(struct fl_open_files *files, int fd, struct fl_err *err)
{
	char *buf = malloc(READ_ROOM);
	size_t len = 0;
	ssize_t n = 1;
	int ret = buf ? 0 : fl_err(err, "out of memory");

	while (!ret && n > 0 && !files->cut) {
		n = read(fd, buf + len, READ_ROOM - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			n = 1;
			continue;
		}
		if (n < 0) {
			ret = fl_errno(err, errno, "cannot read the list of open files");
			break;
		}
		len += n;
		ret = parse(files, buf, &len, err);
	}
	if (!ret && len && !files->cut)
		ret = fl_err(err, "the list of open files is cut short");
	free(buf);
	return ret;
}

int fl_open_files_read(struct fl_open_files *files, pid_t pid, struct fl_err *err)
{
	union bpf_iter_link_info info = {.task.pid = pid};
	LIBBPF_OPTS(bpf_iter_attach_opts, iter, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link;
	int fd, ret = -1;

	if (load(err))
		return -1;
	link = bpf_program__attach_iter(skel->progs.list_files, pid ? &iter : NULL);
	if (!link)
		return fl_errno(err, errno, "cannot attach the iterator over open files");
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		fl_errno(err, errno, "cannot start the iterator over open files");
		goto out_link;
	}
	ret = read_files(files, fd, err);
	close(fd);
out_link:
	bpf_link__destroy(link);
	return ret;
}

struct bpf_link *fl_open_files_own_versions(struct fl_err *err)
{
	union bpf_iter_link_info info = {.task.pid = getpid()};
	LIBBPF_OPTS(bpf_iter_attach_opts, iter, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link;

	if (load(err))
		return NULL;
	link = bpf_program__attach_iter(skel->progs.list_versions, &iter);
	if (!link)
		fl_errno(err, errno, "cannot attach the iterator over versions");
	return link;
}

void fl_open_list_again(struct fl_open_list *l, __u64 pause_ns)
{
	__u64 began = fl_now_ns();
	struct fl_open_files files = {};
	struct fl_err ignored;

	if (l->tried_ns && began - l->tried_ns < pause_ns + 5 * l->took_ns)
		return;
	if (fl_open_files_read(&files, 0, &ignored)) {
		fl_open_files_free(&files);
	} else {
		fl_open_files_free(&l->files);
		l->files = files;
		l->read_ns = fl_now_ns();
	}
	l->tried_ns = fl_now_ns();
	l->took_ns = l->tried_ns - began;
}

void fl_open_files_done(void)
{
	files_bpf__destroy(skel);
	skel = NULL;
}
