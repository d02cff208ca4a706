// SPDX-License-Identifier: GPL-2.0-only
#include "collect/options.h"

#include "util/parse.h"

int fl_collect_option(struct fl_collect_opts *o, int opt, const char *arg, struct fl_err *err)
{
	__u64 n;
	int ret;

	switch (opt) {
	case FL_OPT_EVIDENCE:
		ret = fl_evidence_from_name(arg);
		if (ret < 0)
			return fl_err(err, "--evidence: there is no method '%s'", arg);
		o->evidence = ret;
		return 0;
	case FL_OPT_MAX_INODES:
		ret = fl_parse_u64(arg, "--max-inodes", 1, 1 << 20, &n, err);
		if (!ret)
			o->max_inodes = n;
		return ret;
	case FL_OPT_TIMES:
		ret = fl_parse_u64(arg, "--times", 0, 1 << 20, &n, err);
		if (!ret)
			o->timed_in = n;
		return ret;
	}
	return fl_err(err, "unknown option");
}
