// SPDX-License-Identifier: GPL-2.0-only
#include "collect/options.h"

int fl_set_evidence(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	int evidence = fl_evidence_from_name(arg);

	if (evidence < 0)
		return fl_err(err, "%s: there is no method '%s'", o->name, arg);
	*(enum fl_evidence *)to = evidence;
	return 0;
}
