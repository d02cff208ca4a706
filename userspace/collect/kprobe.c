// SPDX-License-Identifier: GPL-2.0-only
#include "collect/kprobe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/disable.h"
#include "util/file.h"

/* The perf event's type; -1 if this kernel has no kprobes. */
static int kprobe_type(void)
{
	char type[16];

	return fl_read_line("/sys/bus/event_source/devices/kprobe/type", type, sizeof(type))
		       ? atoi(type)
		       : -1;
}

bool fl_kprobes_available(struct fl_err *err)
{
	if (fl_disabled(FL_DISABLE_KPROBES)) {
		fl_err(err, "kprobes are disabled (FUSELENS_DISABLE)");
		return false;
	}
	if (kprobe_type() >= 0)
		return true;
	fl_err(err, "this kernel has no kprobes");
	fl_hint(err, "it needs CONFIG_KPROBE_EVENTS=y");
	return false;
}

int fl_kprobe_open(__u64 addr)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = kprobe_type(),
		/* kprobe_func stays NULL: a name could be ambiguous */
		.kprobe_addr = addr,
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

struct bpf_link *fl_kprobe_attach(struct bpf_program *prog, __u64 addr, __u64 cookie)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = cookie);
	struct bpf_link *link;
	int fd = fl_kprobe_open(addr), e;

	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event_opts(prog, fd, &opts);
	if (!link) {
		e = errno;
		close(fd);
		errno = e;
	}
	return link;
}

/*
 * The part of struct bpf_link_info that is needed; installed headers may be older than the kernel.
 */
struct kprobe_link_info {
	__u32 type, id, prog_id, pad;
	__u32 perf_type, perf_pad;
	__u64 func_name;
	__u32 name_len, offset;
	__u64 addr;
	__u64 missed; /* commit 3acf8ace6823 ("bpf: Add missed value to kprobe perf link info") */
	__u64 room[8];
};

__u64 fl_kprobe_misses(const struct bpf_link *link)
{
	struct kprobe_link_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len))
		return 0;
	return info.missed;
}
