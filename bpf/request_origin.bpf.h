/* SPDX-License-Identifier: GPL-2.0-only */
/* What a FUSE request belongs to: its mount, its connection, and the task that made it and owns its arguments. */
#ifndef FUSELENS_REQUEST_ORIGIN_BPF_H
#define FUSELENS_REQUEST_ORIGIN_BPF_H

#include "order.bpf.h"
#include "walks.bpf.h"
#include "select.bpf.h"

#define MAX_MOUNTS 2048

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_MOUNTS);
	__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);
	__type(key, __u32);
	__type(value, struct fl_mount_counts);
} mounts SEC(".maps");

/* All mounts that found no place among them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fl_mount_counts);
} mounts_without_place SEC(".maps");

/* Then no mount gets a place any more: what a place has counted of its mount is all. */
static bool no_place_left;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fl_asked_key);
	__type(value, struct fl_asked);
} asked SEC(".maps");

static __always_inline struct fl_mount_counts *mount_counts(__u32 dev)
{
	struct fl_mount_counts *m = bpf_map_lookup_elem(&mounts, &dev);
	__u32 zero = 0;

	if (!m && !no_place_left) {
		static const struct fl_mount_counts none;

		bpf_map_update_elem(&mounts, &dev, &none, BPF_NOEXIST);
		m = bpf_map_lookup_elem(&mounts, &dev);
		if (!m)
			no_place_left = true;
	}
	return m ? m : bpf_map_lookup_elem(&mounts_without_place, &zero);
}

static __always_inline void count_on_mount(__u32 dev, enum fl_mount_counter what)
{
	struct fl_mount_counts *m = mount_counts(dev);

	if (m)
		m->counter[what]++;
}

static __always_inline void count_blind_file(__u32 dev)
{
	struct fl_mount_counts *m = mount_counts(dev);

	if (m)
		m->blind_files++;
}

/*
 * Whether the request was made for the current task. The request carries the pid as the daemon's
 * PID namespace sees it (fuse_get_req()). A background request may be sent later, by the task that
 * ended an earlier one (flush_bg_queue()), such as a thread of the daemon.
 */
static __always_inline bool request_is_own(const struct fuse_req *req, struct fuse_conn *fc)
{
	__u32 want = req->in.h.pid, level;
	struct task_struct *task;

	if (!want)
		return false;
	level = BPF_CORE_READ(fc, pid_ns, level);
	if (!level)
		return want == (__u32)bpf_get_current_pid_tgid();
	task = (struct task_struct *)bpf_get_current_task();
	return want == pid_in_namespace(BPF_CORE_READ(task, thread_pid), level);
}

/*
 * The task for which a request was made, or the process of a task that sends its own request, by
 * its PID in the initial PID namespace. 0 if that is not known: the request has the PID of the
 * daemon's namespace.
 */
static __always_inline __u32 maker_of_request(const struct fuse_req *req, struct fuse_conn *fc)
{
	if (request_is_own(req, fc))
		return bpf_get_current_pid_tgid() >> 32;
	return BPF_CORE_READ(fc, pid_ns, level) ? 0 : req->in.h.pid;
}

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

/* The process of a task. Both by their PIDs in the initial PID namespace; 0 if there is no such task any more. */
static __noinline __u32 process_of_task(__u32 pid)
{
	struct task_struct *task;
	__u32 tgid;

	if (!bpf_task_from_pid)
		return 0;
	task = bpf_task_from_pid(pid);
	if (!task)
		return 0;
	tgid = task->tgid;
	bpf_task_release(task);
	return tgid;
}

/*
 * A request's connection (NULL if it has none yet), and the device of its mount. If requests know
 * only their channel, the device is that of the connection's first mount. Submounts, which only
 * virtiofs has, are then counted with it.
 */
static __always_inline struct fuse_conn *conn_of_request(const struct fuse_req *req, __u32 *dev)
{
	const struct fuse_req___chan *by_chan = (const void *)req;
	struct fuse_conn *fc;

	if (bpf_core_field_exists(by_chan->chan)) {
		fc = BPF_CORE_READ(by_chan, chan, conn);
		*dev = BPF_CORE_READ(fc, dev);
		return fc;
	}
	*dev = BPF_CORE_READ(req, fm, sb, s_dev);
	return BPF_CORE_READ(req, fm, fc);
}

static __always_inline bool is_background(const struct fuse_req *req)
{
	return req->flags >> bpf_core_enum_value(enum fuse_req_flag, FR_BACKGROUND) & 1;
}

/* Whether the request went to the daemon through a ring of io_uring. */
static __always_inline bool is_ring_request(const struct fuse_req *req)
{
	return bpf_core_enum_value_exists(enum fuse_req_flag, FR_URING) &&
	       req->flags >> bpf_core_enum_value(enum fuse_req_flag, FR_URING) & 1;
}

/*
 * Whether what was read of an ended request's arguments was true. They belong to the task that waits for the
 * request. The kernel marks the request as finished before it calls the tracepoint, so that the task may go on
 * and free them while a program reads. Until then the task holds a reference. A background request frees its
 * arguments after the tracepoint.
 */
static __always_inline bool arguments_were_there(const struct fuse_req *req)
{
	read_in_order();
	return is_background(req) || *(volatile int *)&req->count.refs.counter > 1;
}

#endif
