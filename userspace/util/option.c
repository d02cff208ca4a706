// SPDX-License-Identifier: GPL-2.0-only
#include "util/option.h"

#include "util/parse.h"
#include "util/text.h"

int fl_set_flag(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	*(bool *)to = true;
	return 0;
}

int fl_set_text(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	*(const char **)to = arg;
	return 0;
}

int fl_set_u64(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	return fl_parse_u64(arg, o->name, o->min, o->max ? o->max : ~0ull, to, err);
}

int fl_set_u32(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	__u64 n;

	if (fl_parse_u64(arg, o->name, o->min, o->max ? o->max : ~0u, &n, err))
		return -1;
	*(__u32 *)to = n;
	return 0;
}

int fl_set_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	return fl_parse_seconds(arg, o->name, o->min, o->max, to, err);
}

int fl_set_whole_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	return fl_parse_whole_seconds(arg, o->name, o->min, o->max, to, err);
}

int fl_set_percent(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	double percent;

	if (fl_parse_double(arg, o->name, 0, 100, &percent, err))
		return -1;
	*(double *)to = percent / 100;
	return 0;
}

/* Prints "  -i, --interval SEC" and returns its length. */
static int left_side(const struct fl_option *o, char *buf, size_t len)
{
	const char letter[] = {'-', o->letter, ',', '\0'};

	return snprintf(buf, len, "  %-3s %s%s%s", o->letter ? letter : "", o->name,
			o->arg ? " " : "", o->arg ? o->arg : "");
}

void fl_options_print(const struct fl_option *options, FILE *out)
{
	char text[64];
	int column = 0, n;

	for (const struct fl_option *o = options; o->name; o++) {
		n = left_side(o, text, sizeof(text)) + 2;
		column = n > column ? n : column;
	}
	for (const struct fl_option *o = options; o->name; o++) {
		left_side(o, text, sizeof(text));
		fprintf(out, "%-*s", column, text);
		fl_wrap(out, o->help, column, column);
	}
	fputs("  -h, --help\n", out);
}
