// SPDX-License-Identifier: GPL-2.0-only
#include "collect/options.h"

#include <string.h>

/* The names of --evidence, one after the other. Returns buf. */
static char *names(const char *between, char *buf, size_t len)
{
	size_t used = 0;

	for (int i = 0; i < FL_EVIDENCES && used < len; i++)
		used += snprintf(buf + used, len - used, "%s%s", i ? between : "",
				 fl_evidence_name(i));
	return buf;
}

void fl_evidence_words(FILE *out)
{
	char all[256];

	fputs(names(" ", all, sizeof(all)), out);
}

int fl_set_evidence(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	int evidence = fl_evidence_from_name(arg);
	char all[256];

	if (evidence < 0) {
		fl_err(err, "%s: there is no method '%s'", o->name, arg);
		return fl_hint(err, "there are %s", names(", ", all, sizeof(all)));
	}
	*(enum fl_evidence *)to = evidence;
	return 0;
}

int fl_collect_target(struct fl_target *t, const char *spec, pid_t pid,
		      const struct fl_collect_opts *o, struct fl_err *err)
{
	if (!o->children)
		return fl_target_resolve(t, spec, pid, err);
	if (pid)
		return fl_target_of_family(t, pid, err);
	memset(t, 0, sizeof(*t));
	fl_err(err, "--children needs a process");
	return fl_hint(err, "name one with -p PID");
}
