// SPDX-License-Identifier: GPL-2.0-only
/* Recorded snapshots with arbitrary edits: read, judged, written again. */
#include <stdint.h>
#include <json-c/json.h>
#include "snapshot/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = json_tokener_parse_ex(tok, (const char *)data, (int)size);
	struct fl_snapshot s;
	struct fl_verdict v;
	struct fl_err err;

	if (o && !fl_snapshot_from_json(&s, o, &err)) {
		fl_verdict_of(&s, 0, &defaults, &v);
		json_object_put(fl_snapshot_to_json(&s));
		fl_snapshot_free(&s);
	}
	json_object_put(o);
	json_tokener_free(tok);
	return 0;
}
