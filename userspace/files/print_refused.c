// SPDX-License-Identifier: GPL-2.0-only
/* Opens that the kernel refused, as text and as JSON. Pure. */
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "util/json.h"
#include "snapshot/names.h"
#include "files/print.h"
#include "util/text.h"

static const struct rule {
	const char *name, *meaning;
} rules[FL_RULES] = {
	[FL_RULE_ALL_PASSTHROUGH] =
		{"all-passthrough",
		 "the inode is open for passthrough, so every open must be, too"},
	[FL_RULE_FLAGS] =
		{"flags",
		 "FOPEN_PASSTHROUGH was not negotiated, or comes with a flag that it excludes"},
	[FL_RULE_BACKING_ID] = {"backing-id", "the backing id could not be used"},
	[FL_RULE_OTHER_BACKING] = {"other-backing",
				   "the inode is open with another backing file already"},
	[FL_RULE_CACHED_OPENS] = {"cached-opens", "the inode is already open in cached mode"},
	[FL_RULE_UNCACHED_OPENS] =
		{"uncached-opens",
		 "the open is in cached mode, and the inode is open for passthrough"},
};

static const char *rule_name(enum fl_open_rule rule)
{
	return rule < FL_RULES ? rules[rule].name : "?";
}

static const char *rule_meaning(enum fl_open_rule rule)
{
	return rule < FL_RULES ? rules[rule].meaning : "?";
}

static void refused_text(const struct fl_refused_open *o, const struct fl_mounts *mounts, FILE *out)
{
	const struct fl_mount *m = fl_mounts_by_dev(mounts, o->key.dev);
	char *path = fl_escape(m ? m->path : "?"), *name = fl_escape(o->seen.name);
	char *comm = fl_escape(o->seen.last_comm), flags[160], n[32];

	fprintf(out, "%s on %s: %s refused, %s\n", name ? name : "?", path ? path : "?",
		fl_grouped(o->seen.count, n, sizeof(n)), strerrorname_np(-o->key.error));
	fprintf(out, "  %s\n", rule_meaning(o->key.rule));
	fprintf(out, "  the daemon replied with %s; last tried by %s %u, who got EIO\n",
		fl_fopen_flag_names(o->key.open_flags, flags, sizeof(flags)), comm ? comm : "?",
		o->seen.last_pid);
	free(path);
	free(name);
	free(comm);
}

void fl_refused_text(const struct fl_refused_opens *opens, const struct fl_mounts *mounts,
		     FILE *out)
{
	char n[32];

	for (size_t i = 0; i < opens->nrefused; i++)
		refused_text(&opens->refused[i], mounts, out);
	if (opens->more_refused)
		fprintf(out,
			"%s more opens were refused, of any mount: there was no place left to tell their files apart\n",
			fl_grouped(opens->more_refused, n, sizeof(n)));
	else if (!opens->nrefused)
		fprintf(out, "no open was refused in %.3g s\n", opens->seconds);
	for (size_t i = 0; i < opens->nstripped; i++) {
		const struct fl_stripped_open *s = &opens->stripped[i];
		const struct fl_mount *m = fl_mounts_by_dev(mounts, s->key.dev);
		char *path = fl_escape(m ? m->path : "?"), flags[160];

		fprintf(out,
			"%s opens on %s lost FOPEN_PARALLEL_DIRECT_WRITES (the daemon replied with %s)\n",
			fl_grouped(s->count, n, sizeof(n)), path ? path : "?",
			fl_fopen_flag_names(s->key.open_flags, flags, sizeof(flags)));
		free(path);
	}
	if (opens->more_stripped)
		fprintf(out,
			"%s more opens lost FOPEN_PARALLEL_DIRECT_WRITES, on any mount: there was no place left to tell them apart\n",
			fl_grouped(opens->more_stripped, n, sizeof(n)));
	if (opens->not_live[0])
		fprintf(out, "not hooked, so refusals by its rule are listed under another: %s\n",
			opens->not_live);
	fflush(out);
}

void fl_refused_json(const struct fl_refused_opens *opens, const struct fl_mounts *mounts,
		     FILE *out)
{
	struct json_object *o = json_object_new_object(), *list, *one;
	const struct fl_mount *m;

	fl_json_name(o, "schema", "fuselens.refused/1");
	fl_json_double(o, "duration_s", opens->seconds);
	list = fl_json_array(o, "refused");
	for (size_t i = 0; i < opens->nrefused; i++) {
		const struct fl_refused_open *r = &opens->refused[i];

		one = json_object_new_object();
		m = fl_mounts_by_dev(mounts, r->key.dev);
		fl_json_name(one, "mount", m ? m->path : NULL);
		fl_json_dev(one, "dev", r->key.dev);
		fl_json_u64(one, "ino", r->key.ino);
		fl_json_u64(one, "nodeid", r->key.nodeid);
		fl_json_name(one, "name", r->seen.name);
		fl_json_u64(one, "count", r->seen.count);
		fl_json_name(one, "errno", strerrorname_np(-r->key.error));
		fl_json_name(one, "rule", rule_name(r->key.rule));
		fl_json_u64(one, "open_flags", r->key.open_flags);
		fl_json_u64(one, "last_pid", r->seen.last_pid);
		fl_json_name(one, "last_comm", r->seen.last_comm);
		json_object_array_add(list, one);
	}
	fl_json_u64(o, "more_refused", opens->more_refused);
	list = fl_json_array(o, "stripped");
	for (size_t i = 0; i < opens->nstripped; i++) {
		const struct fl_stripped_open *s = &opens->stripped[i];

		one = json_object_new_object();
		m = fl_mounts_by_dev(mounts, s->key.dev);
		fl_json_name(one, "mount", m ? m->path : NULL);
		fl_json_dev(one, "dev", s->key.dev);
		fl_json_u64(one, "open_flags", s->key.open_flags);
		fl_json_u64(one, "count", s->count);
		json_object_array_add(list, one);
	}
	fl_json_u64(o, "more_stripped", opens->more_stripped);
	fl_json_name(o, "not_hooked", opens->not_live[0] ? opens->not_live : NULL);
	fl_json_print(o, out, true);
}
