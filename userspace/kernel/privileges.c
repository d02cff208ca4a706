// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/privileges.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/capability.h>
#include <sys/prctl.h>

bool fl_privileges_have(int cap)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (!caps)
		return false;
	cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return value == CAP_SET;
}

int fl_privileges_need(struct fl_err *err)
{
	bool admin = fl_privileges_have(CAP_SYS_ADMIN);
	bool bpf = admin || fl_privileges_have(CAP_BPF);
	bool perfmon = admin || fl_privileges_have(CAP_PERFMON);
	char command[256];

	if (bpf && perfmon)
		return 0;
	fl_err(err, "missing privileges: %s%s%s", bpf ? "" : "CAP_BPF",
	       bpf || perfmon ? "" : " and ", perfmon ? "" : "CAP_PERFMON");
	return fl_hint(err, "run as root, or let everybody who can run this binary do so: %s",
		       fl_privileges_command(command, sizeof(command)));
}

char *fl_privileges_command(char *buf, size_t len)
{
	char path[PATH_MAX] = "fuselens";
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0)
		path[n] = '\0';
	snprintf(buf, len, "sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace=ep %s", path);
	return buf;
}

const char *fl_privileges_btf_path(void)
{
	return fl_privileges_have(CAP_SYS_ADMIN) ? NULL : "/sys/kernel/btf/vmlinux";
}

/* Adds to caps those of the listed capabilities that we have. */
static void keep(cap_t caps, cap_t now, cap_flag_t set, const cap_value_t *list, size_t n)
{
	cap_flag_value_t value;

	for (size_t i = 0; i < n; i++)
		/*
		 * no need to ask for CAP_SYS_ADMIN: kernels without CAP_BPF are years older than
		 * FUSE passthrough
		 */
		if (!cap_get_flag(now, list[i], CAP_PERMITTED, &value) && value == CAP_SET)
			cap_set_flag(caps, set, 1, &list[i], CAP_SET);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const cap_value_t counting[] = {CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_KILL};
/* we use the first one ourselves */
static const cap_value_t workload[] = {CAP_DAC_OVERRIDE, CAP_IPC_LOCK, CAP_SYS_NICE};
static const cap_value_t admin[] = {CAP_SYS_ADMIN};

/* Sets caps as ours, and keeps workloads from getting more back by being root. */
static void set_for_good(cap_t caps)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	cap_set_proc(caps);
}

static void keep_for_counting(bool probes)
{
	cap_t caps = cap_init(), now = cap_get_proc();

	if (caps && now) {
		keep(caps, now, CAP_PERMITTED, counting, COUNT(counting));
		if (probes)
			keep(caps, now, CAP_PERMITTED, admin, COUNT(admin));
		keep(caps, now, CAP_EFFECTIVE, counting, COUNT(counting));
		set_for_good(caps);
	}
	cap_free(caps);
	cap_free(now);
}

void fl_privileges_drop(void)
{
	keep_for_counting(false);
}

void fl_privileges_keep_for_probes(void)
{
	keep_for_counting(true);
}

void fl_privileges_drop_all(void)
{
	cap_t caps = cap_init();

	if (caps)
		set_for_good(caps);
	cap_free(caps);
}

/*
 * Whether hooked functions may lie in a module. If they are built in, their BTF is vmlinux's, which
 * anybody may read.
 */
static bool hooks_modules(void)
{
	static const char *const btf[] = {"/sys/kernel/btf/fuse", "/sys/kernel/btf/xfs"};

	for (size_t i = 0; i < COUNT(btf); i++)
		if (!access(btf[i], F_OK))
			return true;
	return false;
}

void fl_privileges_keep_for_runs(bool need_admin)
{
	cap_t caps = cap_init(), now = cap_get_proc();

	if (caps && now) {
		keep(caps, now, CAP_PERMITTED, counting, COUNT(counting));
		keep(caps, now, CAP_PERMITTED, workload, COUNT(workload));
		if (need_admin || hooks_modules())
			keep(caps, now, CAP_PERMITTED, admin, COUNT(admin));
		keep(caps, now, CAP_EFFECTIVE, counting, COUNT(counting));
		keep(caps, now, CAP_EFFECTIVE, workload, 1);
		set_for_good(caps);
	}
	cap_free(caps);
	cap_free(now);
}

void fl_privileges_admin(bool on)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value;

	if (caps && !cap_get_flag(caps, CAP_SYS_ADMIN, CAP_PERMITTED, &value) && value == CAP_SET &&
	    !cap_set_flag(caps, CAP_EFFECTIVE, 1, admin, on ? CAP_SET : CAP_CLEAR))
		cap_set_proc(caps);
	cap_free(caps);
}

void fl_privileges_for_workload(void)
{
	cap_t caps = cap_init(), now = cap_get_proc();

	if (caps && now) {
		keep(caps, now, CAP_PERMITTED, workload, COUNT(workload));
		keep(caps, now, CAP_EFFECTIVE, workload, COUNT(workload));
		set_for_good(caps);
	}
	cap_free(caps);
	cap_free(now);
}
