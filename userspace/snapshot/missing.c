// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/missing.h"

#include <stdio.h>
#include <string.h>

bool fl_snapshot_has_times(const struct fl_snapshot *s)
{
	if (s->timed_in)
		return true;
	/* for snapshots that were recorded before timed_in existed */
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].hists)
			return true;
	return false;
}

/* Why there are no times, and what gives them. Every command says this, so options of one are named with it. */
static const char *why_no_times(const struct fl_snapshot *s)
{
	if (s->takes_only)
		return "calls of lock functions do not show when a write begins and ends; function hooks do (--evidence state-fentry)";
	if (s->writes_method == FL_METHOD_STATE_TP && s->has_waits)
		return "tracepoints do not show when a write begins and ends; function hooks do (--evidence state-fentry)";
	if (s->writes_method == FL_METHOD_STATE_TP)
		return "tracepoints do not show when a write begins and ends; function hooks do (--evidence state-fentry), and 'fuselens prove --waits' counts the waits that queued";
	return "--times 0 leaves them out";
}

char *fl_missing_text(const struct fl_snapshot *s, char *buf, size_t len)
{
	size_t used;

	buf[0] = '\0';
	if (!fl_snapshot_has_times(s))
		snprintf(buf, len, "waits, holds and the ceiling are not known: %s",
			 why_no_times(s));
	used = strlen(buf);
	if (!s->has_takes)
		snprintf(buf + used, len - used, "%supgrades and fi->lock are not counted: %s",
			 used ? ". " : "", "--evidence callsite counts them");
	used = strlen(buf);
	if (used)
		snprintf(buf + used, len - used,
			 ". 'fuselens doctor' says which of these this kernel allows");
	return buf;
}
