// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts takes where fs/fuse makes them: a kprobe sits on each call instruction of the call-site map, or shortly
 * before it. The lock's address is the call's first argument, or comes from the register that the cookie names, and
 * leads to the inode. So nothing depends on the task, and a completion in a worker goes to the right file.
 *
 * A spin lock that is compiled into its users (arm64 without preemption) has its probe on the unlock, where such a
 * register holds its address. That is one hit for each take, too.
 *
 * A second probe at the return address times the wait for a spin lock. A probe pair takes longer than a take
 * without contention, so a pair around a plain instruction before the call measures what a pair takes.
 * A call that may fail to take the lock is counted at its return address, once its result is known.
 */
#include "registers.bpf.h"
#include "takes.bpf.h"
#include "times.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Offset of fi->lock in struct fuse_inode: from BTF, or from the code if fuse has no BTF. */
const volatile __u64 fi_lock_offset;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FL_MAX_SITES);
	__type(key, __u32);
	__type(value, struct fl_site_counts);
} site_counts SEC(".maps");

/*
 * Two for each site: times around the call, and times of a probe pair around a plain instruction.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * FL_MAX_SITES);
	__type(key, __u32);
	__type(value, struct fl_hist);
} site_times SEC(".maps");

#define START_PLACES 32768

struct start {
	__u64 task;
	__u64 site;
	__u64 ns;
};

/* A call that may fail is under way. Not a struct start: an interrupt may time a take of its own meanwhile. */
struct attempt {
	__u64 task; /* 0: none */
	__u64 site;
	__u64 lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, START_PLACES);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, START_PLACES);
	__type(key, __u32);
	__type(value, struct attempt);
} attempts SEC(".maps");

static __always_inline struct start *start_of_current(void)
{
	__u32 place = (__u32)bpf_get_current_pid_tgid() & (START_PLACES - 1);

	return bpf_map_lookup_elem(&starts, &place);
}

static __always_inline struct attempt *attempt_of_current(void)
{
	__u32 place = (__u32)bpf_get_current_pid_tgid() & (START_PLACES - 1);

	return bpf_map_lookup_elem(&attempts, &place);
}

static __always_inline __u64 lock_at(struct pt_regs *ctx, __u64 cookie)
{
	if (cookie >> 32 & FL_SITE_IN_REGISTER)
		return register_numbered(ctx, cookie >> FL_SITE_REGISTER_SHIFT) +
		       (cookie >> FL_SITE_OFFSET_SHIFT & FL_SITE_OFFSET_MASK);
	return first_argument(ctx);
}

/* entry: the index in site_times. */
static __always_inline void begin(__u32 entry)
{
	struct start *s = start_of_current();

	if (!s)
		return;
	s->task = bpf_get_current_task();
	s->site = entry;
	s->ns = bpf_ktime_get_ns();
}

static __always_inline void end(__u32 entry, __u64 now)
{
	struct start *s = start_of_current();
	struct fl_hist *t;

	if (!s || s->task != bpf_get_current_task() || s->site != entry)
		return;
	s->task = 0;
	t = bpf_map_lookup_elem(&site_times, &entry);
	if (!t)
		return;
	add_time(t, now - s->ns);
}

/*
 * Whether a take passes the gate. Where no program sees writes begin, a write comes to the gate with its
 * first take. The same goes for splices, whose beginning no program sees.
 */
static __always_inline bool take_passed(enum fl_site_role role, __u32 route)
{
	bool first = role == FL_SITE_EXCLUSIVE || role == FL_SITE_SHARED;

	if ((__u32)role < FL_SITE_OTHER_EXCLUSIVE && !writer_selected())
		return false;
	if (first && (!writes_come_marked || route == FL_ROUTE_SPLICE))
		return gate_enter();
	return (__u32)role < FL_SITE_OTHER_EXCLUSIVE ? gate_passed() : gate_open;
}

static __always_inline bool count_site(__u32 site, __u64 cookie, __u64 lock)
{
	struct fl_site_counts *c = bpf_map_lookup_elem(&site_counts, &site);
	__u32 dev, slot, route = cookie >> 24 & 0xff;
	enum fl_site_role role = cookie >> 16 & 0xff;
	struct inode *inode;
	__u64 ino;

	if (!c)
		return false;
	if (role == FL_SITE_FI_LOCK || role == FL_SITE_OTHER_FI_LOCK)
		inode = inode_at(lock - fi_lock_offset);
	else
		inode = inode_at(lock - bpf_core_field_offset(struct inode, i_rwsem));
	if (!is_selected_inode(inode, &dev, &ino)) {
		if (gate_open)
			c->elsewhere++;
		return false;
	}
	if (!take_passed(role, route))
		return false;
	c->takes++;
	slot = slot_for_take(inode, route, ino, dev);
	count_take(slot, role);
	if (cookie >> 32 & FL_SITE_COMPLETES)
		count_completion(slot);
	return true;
}

static __always_inline void begin_attempt(__u32 site, __u64 lock)
{
	struct attempt *a = attempt_of_current();

	if (!a)
		return;
	/* another task has the same place, and its result will not be known */
	if (a->task && a->task != bpf_get_current_task() && gate_open)
		lost(FL_LOSS_UNPAIRED);
	a->task = bpf_get_current_task();
	a->site = site;
	a->lock = lock;
}

static __always_inline void end_attempt(__u32 site, __u64 cookie, int result)
{
	struct attempt *a = attempt_of_current();
	bool taken = cookie >> 32 & FL_SITE_TRY_IS_ZERO ? !result : result;

	/* the code at the return address may be reached by other ways, too */
	if (!a || a->task != bpf_get_current_task() || a->site != site)
		return;
	a->task = 0;
	if (taken)
		count_site(site, cookie, a->lock);
}

SEC("kprobe")
int at_site(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u32 site = cookie & 0xffff, action = cookie >> 32;

	if (site >= FL_MAX_SITES)
		return 0;
	if (action & FL_SITE_CALIBRATE_END)
		end(site + FL_MAX_SITES, bpf_ktime_get_ns());
	if (action & FL_SITE_CALIBRATE_BEGIN) {
		if (gate_open)
			begin(site + FL_MAX_SITES);
		return 0;
	}
	if (action & FL_SITE_TRY)
		begin_attempt(site, lock_at(ctx, cookie));
	if (action & FL_SITE_COUNT && !count_site(site, cookie, lock_at(ctx, cookie)))
		return 0;
	if (action & FL_SITE_BEGIN)
		begin(site);
	return 0;
}

/* At the entry of fuse_write_update_attr(), whose first argument is the inode. */
SEC("kprobe")
int at_completion(struct pt_regs *ctx)
{
	struct inode *inode = inode_at(first_argument(ctx));
	__u32 dev;
	__u64 ino;

	if (is_selected_inode(inode, &dev, &ino) && writer_selected() && gate_passed())
		count_completion(slot_for_take(inode, FL_ROUTE_OTHER, ino, dev));
	return 0;
}

/*
 * A separate program: on a CPU no program can interrupt itself, and the kernel would count a miss.
 */
SEC("kprobe")
int after_site(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u32 site = cookie & 0xffff;

	if (site >= FL_MAX_SITES)
		return 0;
	if (cookie >> 32 & FL_SITE_TRY)
		end_attempt(site, cookie, result_of_call(ctx));
	else
		end(site, bpf_ktime_get_ns());
	return 0;
}
