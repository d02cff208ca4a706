// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/print.h"

#include <stdlib.h>
#include <json-c/json.h>

#include "util/json.h"
#include "util/table.h"
#include "util/text.h"

static const char *const answers[] = {
	[FL_NO] = "no",
	[FL_YES] = "yes",
	[FL_NOT_KNOWN] = "?",
};

/* The column of the text after "  TITLE yes ". Further lines of the text begin there, too. */
#define CHECK_COLUMN  28
#define METHOD_COLUMN 22

static void probes_text(const struct fl_method_check *m, FILE *out)
{
	for (size_t i = 0; m->works && i < m->nprobes; i++)
		if (!m->probe[i].live)
			fl_wrapped(out, METHOD_COLUMN, METHOD_COLUMN + 2, "%s: %s",
				   m->probe[i].name, m->probe[i].why_not);
}

/* Only calls on a write's path; --json also has other holders of the same locks. */
static void callsites_text(const struct fl_callsite_map *map, FILE *out)
{
	struct fl_table *t = fl_table_new(4);
	char routes[96];

	fl_table_align(t, "llll");
	for (size_t i = 0; i < map->nsites; i++) {
		const struct fl_callsite *s = &map->site[i];

		if (!s->routes)
			continue;
		fl_table_cell(t, "%s%s", fl_site_role_name(s->role),
			      s->merged ? " or upgrade" : "");
		fl_table_cell(t, "%s+%#llx", s->function, s->offset);
		fl_table_cell(t, "%s", s->callee);
		fl_table_cell(t, "%s", fl_route_names(s->routes, routes, sizeof(routes)));
	}
	fprintf(out, "\nlock calls on the write path (%s)\n", fl_variant_name(map));
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

void fl_doctor_text(const struct fl_doctor *d, FILE *out)
{
	fprintf(out, "kernel %s, %s\n\n", d->kernel, d->machine);
	for (size_t i = 0; i < d->nchecks; i++) {
		const struct fl_check *c = &d->check[i];

		fprintf(out, "  %-20s %-4s ", c->title, answers[c->answer]);
		fl_wrap(out, c->detail, CHECK_COLUMN, CHECK_COLUMN);
		if (c->remedy[0])
			fl_wrapped(out, CHECK_COLUMN, CHECK_COLUMN + 3, "-> %s", c->remedy);
	}
	fprintf(out, "\nmethods of evidence\n");
	for (size_t i = 0; i < d->nmethods; i++) {
		const struct fl_method_check *m = &d->method[i];

		fprintf(out, "  %-14s %-4s ", m->name, m->works ? "yes" : "no");
		fl_wrap(out, m->why, METHOD_COLUMN, METHOD_COLUMN);
		if ((int)i == d->chosen)
			fprintf(out, "%*s(what --evidence auto takes)\n", METHOD_COLUMN, "");
		probes_text(m, out);
		if (m->remedy[0])
			fl_wrapped(out, METHOD_COLUMN, METHOD_COLUMN + 3, "-> %s", m->remedy);
	}
	if (d->callsites)
		callsites_text(d->callsites, out);
	fprintf(out, "\nFUSE mounts\n");
	for (size_t i = 0; i < d->mounts.n; i++) {
		const struct fl_mount *m = &d->mounts.mount[i];
		char *path = fl_escape(m->path), *source = fl_escape(m->source);

		fprintf(out, "  %s  %s, from %s, device %u:%u\n", path ? path : "?", m->fstype,
			source ? source : "?", m->dev >> 20, m->dev & 0xfffff);
		free(path);
		free(source);
	}
	if (!d->mounts.n)
		fprintf(out, "  none\n");
	fflush(out);
}

static struct json_object *callsites_json(const struct fl_callsite_map *map)
{
	struct json_object *list = map ? json_object_new_array() : NULL;

	for (size_t i = 0; map && i < map->nsites; i++) {
		const struct fl_callsite *s = &map->site[i];
		struct json_object *o = json_object_new_object(), *routes = json_object_new_array();

		fl_json_name(o, "function", s->function);
		fl_json_u64(o, "offset", s->offset);
		fl_json_name(o, "callee", s->callee);
		fl_json_name(o, "role", fl_site_role_name(s->role));
		for (int r = 0; r < FL_ROUTES; r++)
			if (s->routes & 1u << r)
				json_object_array_add(routes,
						      json_object_new_string(fl_route_name(r)));
		json_object_object_add(o, "routes", routes);
		fl_json_bool(o, "merged", s->merged);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *method_json(const struct fl_method_check *m)
{
	struct json_object *o = json_object_new_object(), *list;

	fl_json_name(o, "name", m->name);
	fl_json_bool(o, "works", m->works);
	fl_json_name(o, "why", m->why);
	fl_json_name(o, "remedy", m->remedy[0] ? m->remedy : NULL);
	list = fl_json_array(o, "probes");
	for (size_t i = 0; i < m->nprobes; i++) {
		struct json_object *p = json_object_new_object();

		fl_json_name(p, "name", m->probe[i].name);
		fl_json_bool(p, "attaches", m->probe[i].live);
		fl_json_name(p, "why_not", m->probe[i].why_not[0] ? m->probe[i].why_not : NULL);
		json_object_array_add(list, p);
	}
	return o;
}

void fl_doctor_json(const struct fl_doctor *d, FILE *out)
{
	struct json_object *o = json_object_new_object(), *checks, *list;

	fl_json_name(o, "schema", "fuselens.doctor/1");
	fl_json_name(o, "kernel", d->kernel);
	fl_json_name(o, "machine", d->machine);
	checks = fl_json_object(o, "checks");
	for (size_t i = 0; i < d->nchecks; i++) {
		const struct fl_check *c = &d->check[i];
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "ok",
				       c->answer == FL_NOT_KNOWN
					       ? NULL
					       : json_object_new_boolean(c->answer == FL_YES));
		fl_json_name(one, "detail", c->detail);
		fl_json_name(one, "remedy", c->remedy[0] ? c->remedy : NULL);
		json_object_object_add(checks, c->id, one);
	}
	list = fl_json_array(o, "methods");
	for (size_t i = 0; i < d->nmethods; i++)
		json_object_array_add(list, method_json(&d->method[i]));
	fl_json_name(o, "auto", d->chosen >= 0 ? d->method[d->chosen].name : NULL);
	list = fl_json_array(o, "fuse_mounts");
	for (size_t i = 0; i < d->mounts.n; i++) {
		struct json_object *one = json_object_new_object();

		fl_json_name(one, "path", d->mounts.mount[i].path);
		fl_json_name(one, "fstype", d->mounts.mount[i].fstype);
		fl_json_name(one, "source", d->mounts.mount[i].source);
		fl_json_dev(one, "dev", d->mounts.mount[i].dev);
		json_object_array_add(list, one);
	}
	fl_json_name(o, "variant", fl_variant_name(d->callsites));
	json_object_object_add(o, "callsites", callsites_json(d->callsites));
	fl_json_print(o, out, true);
}
