/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel text that record_callsites.c recorded, and the call-site map of it. For test_callsite*.c. */
#ifndef RECORDED_TEXT_H
#define RECORDED_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/callsite_decode.h"
#include "kernel/callsite_map.h"

struct part {
	__u64 addr;
	size_t len;
	unsigned char *bytes;
};

struct recording {
	unsigned int machine; /* see <elf.h> */
	struct fl_symbols symbols;
	struct fl_lock_offsets at;
	struct part part[512];
	size_t nparts;
	struct fl_callsite_map map;
};

static inline void add_text(struct recording *r, char *line)
{
	struct part *p = &r->part[r->nparts++];
	char *hex;

	assert_true(r->nparts <= 512);
	p->addr = strtoull(line, &hex, 16);
	hex++;
	p->len = strcspn(hex, "\n") / 2;
	p->bytes = malloc(p->len);
	for (size_t i = 0; i < p->len; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1]};

		p->bytes[i] = strtoul(two, NULL, 16);
	}
}

static inline int read_part(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	const struct recording *r = ctx;

	for (size_t i = 0; i < r->nparts; i++)
		if (r->part[i].addr == addr && r->part[i].len == len) {
			memcpy(buf, r->part[i].bytes, len);
			return 0;
		}
	return fl_err(err, "not recorded");
}

static inline struct recording *load(const char *variant)
{
	struct recording *r = calloc(1, sizeof(*r));
	char path[128], *text = calloc(1, 1 << 20), *line = NULL;
	size_t room = 0, len = 0;
	struct fl_err err;
	struct fl_text reader = {.symbols = &r->symbols, .read = read_part, .ctx = r};
	FILE *f;

	snprintf(path, sizeof(path), "tests/unit/data/callsites-%s.txt", variant);
	f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) > 0) {
		if (!strncmp(line, "symbol ", 7))
			len += sprintf(text + len, "%s", line + 7);
		else if (!strncmp(line, "text ", 5))
			add_text(r, line + 5);
		else if (!sscanf(line, "machine %u", &r->machine))
			sscanf(line, "offsets %lld %lld", &r->at.i_rwsem, &r->at.fi_lock);
	}
	free(line);
	fclose(f);
	reader.machine = r->machine;
	assert_int_equal(fl_symbols_parse(&r->symbols, text, len, &err), 0);
	assert_int_equal(fl_callsite_map_build(&r->map, &reader, &r->at, &err), 0);
	return r;
}

static inline void done(struct recording *r)
{
	fl_callsite_map_free(&r->map);
	fl_symbols_free(&r->symbols);
	for (size_t i = 0; i < r->nparts; i++)
		free(r->part[i].bytes);
	free(r);
}

/* How many sites of a role lie on a route's write path. */
static inline int sites(const struct recording *r, enum fl_route route, enum fl_site_role role)
{
	int n = 0;

	for (size_t i = 0; i < r->map.nsites; i++)
		n += r->map.site[i].role == role && r->map.site[i].routes & 1u << route;
	return n;
}

/* The first site of this role in a function; NULL if there is none. */
static inline const struct fl_callsite *site_in(const struct recording *r, const char *function,
						enum fl_site_role role)
{
	for (size_t i = 0; i < r->map.nsites; i++)
		if (r->map.site[i].role == role && !strcmp(r->map.site[i].function, function))
			return &r->map.site[i];
	return NULL;
}

#endif
