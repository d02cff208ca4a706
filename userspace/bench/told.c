// SPDX-License-Identifier: GPL-2.0-only
#include "bench/told.h"

#include <stdlib.h>
#include <string.h>

#include "util/say.h"
#include "util/text.h"

const char *fl_bench_level(const struct fl_bench *b, const struct fl_bench_row *row,
			   char buf[FL_BENCH_LEVEL])
{
	if (b->sweep)
		snprintf(buf, FL_BENCH_LEVEL, "%.16s %-4s", fl_axis_name(b), row->sweep);
	else
		snprintf(buf, FL_BENCH_LEVEL, "%2u job%s", row->jobs, row->jobs == 1 ? " " : "s");
	return buf;
}

void fl_bench_say_how_long(const struct fl_bench *b, size_t left)
{
	const char *runtime = fl_bench_get(b, "RUNTIME");
	unsigned long seconds = left * (runtime ? strtoul(runtime, NULL, 10) : 0);

	if (!seconds)
		return;
	if (seconds < 120)
		fl_say("fuselens: %zu rows of %s s: about %lu s", left, runtime, seconds);
	else
		fl_say("fuselens: %zu rows of %s s: about %lu minutes", left, runtime,
		       seconds / 60);
}

void fl_bench_say_resume(const char *profile, const char *result)
{
	size_t len = profile ? strlen(profile) : 0;
	bool own = len > 4 && !strcmp(profile + len - 4, ".fio");
	char *file = own ? fl_shell_word(profile) : NULL, *dir = fl_shell_word(result);

	fl_say("hint: the rest is run by: fuselens bench %s%s--resume -o %s", file ? file : "",
	       file ? " " : "", dir ? dir : "DIR");
	free(file);
	free(dir);
}

void fl_bench_say_row(const struct fl_bench *b, const struct fl_bench_row *row, size_t done,
		      size_t planned)
{
	char iops[32], writes[32], counts[48], at[FL_BENCH_LEVEL];
	bool known;
	long long difference = fl_bench_row_difference(row, &known);

	if (known)
		snprintf(counts, sizeof(counts), "difference %lld", difference);
	else
		snprintf(counts, sizeof(counts), "%s",
			 row->system == FL_SYSTEM_RAW ? "not counted: raw" : "no probes");
	fl_say("%3zu/%zu  %-5s  %s  run %u  %9s IOPS  %11s writes  %s", done, planned,
	       fl_system_name(row->system), fl_bench_level(b, row, at), row->repeat,
	       fl_grouped(row->fio.write.iops + 0.5, iops, sizeof(iops)),
	       fl_grouped(row->fio.write.ios, writes, sizeof(writes)), counts);
	if (row->status == FL_BENCH_ROW_MISSED)
		fl_say("fuselens: this row takes no part in conclusions: %s", row->why);
}
