// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as the cells of tables show them. */
#include "report/sections.h"

#include <math.h>
#include <string.h>

#include "util/text.h"

static char *dash(char *buf)
{
	snprintf(buf, FL_CELL, "-");
	return buf;
}

char *fl_cell_at(const struct fl_bench *b, unsigned int at, char buf[FL_CELL])
{
	char v[FL_SWEEP_VALUE];

	if (b->sweep && !strcmp(fl_axis_name(b), "read"))
		snprintf(buf, FL_CELL, "%.15s %% reads", fl_axis_value(b, at, v));
	else if (b->sweep)
		snprintf(buf, FL_CELL, "%.14s %.15s", fl_axis_name(b), fl_axis_value(b, at, v));
	else
		snprintf(buf, FL_CELL, "%u job%s", at, at == 1 ? "" : "s");
	return buf;
}

char *fl_cell_number(double v, char buf[FL_CELL])
{
	if (!isfinite(v) || v < 0 || v > 1e18)
		return dash(buf);
	return fl_grouped((__u64)(v + 0.5), buf, FL_CELL);
}

char *fl_cell_short(double v, char buf[FL_CELL])
{
	double scaled = v >= 999500 ? v / 1e6 : v >= 9995 ? v / 1e3 : v;
	const char *unit = v >= 999500 ? " M" : v >= 9995 ? " k" : "";

	if (!isfinite(v) || v < 0)
		return dash(buf);
	snprintf(buf, FL_CELL, "%.*f%s",
		 !*unit || scaled >= 99.95 ? 0
		 : scaled >= 9.995	   ? 1
					   : 2,
		 scaled, unit);
	return buf;
}

char *fl_cell_ratio(double v, char buf[FL_CELL])
{
	if (!isfinite(v))
		return dash(buf);
	snprintf(buf, FL_CELL, "%.3f", v);
	return buf;
}

char *fl_cell_ns(double v, char buf[FL_CELL])
{
	if (!isfinite(v) || v < 0 || v > 1e18)
		return dash(buf);
	return fl_duration((__u64)(v + 0.5), buf, FL_CELL);
}

char *fl_cell_signed(double v, char buf[FL_CELL])
{
	if (!isfinite(v))
		return dash(buf);
	snprintf(buf, FL_CELL, fabs(v) < 9.9995 ? "%+.1f %%" : "%+.0f %%", v * 100);
	return buf;
}

char *fl_cell_spread(const struct fl_spread *s, char buf[FL_CELL])
{
	if (!(s->sd >= 0) || !(s->mean > 0))
		return dash(buf);
	snprintf(buf, FL_CELL, "%.1f %%", 100 * s->sd / s->mean);
	return buf;
}
