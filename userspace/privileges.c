// SPDX-License-Identifier: GPL-2.0-only
#include "privileges.h"

#include <string.h>
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

	if (bpf && perfmon)
		return 0;
	fl_err(err, "missing privileges: %s%s%s", bpf ? "" : "CAP_BPF",
	       bpf || perfmon ? "" : " and ", perfmon ? "" : "CAP_PERFMON");
	return fl_hint(err, "run as root, or give the binary what it needs: "
			    "setcap cap_bpf,cap_perfmon,cap_sys_ptrace=ep $(command -v fuselens)");
}

const char *fl_privileges_btf_path(void)
{
	return fl_privileges_have(CAP_SYS_ADMIN) ? NULL : "/sys/kernel/btf/vmlinux";
}

void fl_privileges_drop(void)
{
	static const cap_value_t keep[] = {CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_KILL};
	cap_t caps = cap_init(), now = cap_get_proc();
	cap_flag_value_t value;

	if (!caps || !now)
		goto out;
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		cap_value_t cap = keep[i];

		/* kernels that know CAP_SYS_ADMIN only for BPF predate FUSE passthrough by years */
		if (cap_get_flag(now, cap, CAP_PERMITTED, &value) || value != CAP_SET)
			continue;
		cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	cap_set_proc(caps);
out:
	cap_free(caps);
	cap_free(now);
}
