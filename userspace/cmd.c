// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <json-c/json.h>

#include "util/json.h"
#include "util/say.h"

int fl_fail(const struct fl_err *err, bool json)
{
	fl_say("fuselens: %s", err->what);
	if (err->hint[0])
		fl_say("hint: %s", err->hint);
	if (json) {
		struct json_object *o = json_object_new_object(), *e = json_object_new_object();

		fl_json_name(e, "what", err->what);
		fl_json_name(e, "hint", err->hint[0] ? err->hint : NULL);
		json_object_object_add(o, "error", e);
		fl_json_u64(o, "exit_code", FL_EXIT_ERROR);
		fl_json_print(o, stdout, true);
	}
	return FL_EXIT_ERROR;
}

int fl_bad_value(const char *command, bool json, const struct fl_err *err)
{
	struct fl_err said;

	fl_err(&said, "%s: %s", command, err->what);
	if (err->hint[0])
		fl_hint(&said, "%s", err->hint);
	else
		fl_hint(&said, "'fuselens %s --help' shows how it is used", command);
	return fl_fail(&said, json);
}

int fl_usage_error(const char *command, bool json, const char *fmt, ...)
{
	struct fl_err err = {};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.what, sizeof(err.what), fmt, ap);
	va_end(ap);
	return fl_bad_value(command, json, &err);
}
