// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kallsyms.h"

#include <stdlib.h>
#include <string.h>

static int by_addr(const void *a, const void *b)
{
	const struct fl_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* so that the order does not depend on the sorting */
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Cuts up "ffffffff81000000 T name\t[module]" in place. Returns false unless the symbol is code. */
static bool parse_line(struct fl_symbols *s, char *line, struct fl_symbol *sym)
{
	char *end, *name, *module;

	sym->addr = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	if (!strcmp(end + 1, "D klp_patches") || !strcmp(end + 1, "d klp_patches"))
		s->klp_patches = sym->addr;
	if (!strchr("tTwW", end[1]))
		return false;
	name = end + 3;
	module = strpbrk(name, "\t ");
	if (module)
		*module++ = '\0';
	sym->name = name;
	sym->in_fuse = module && strstr(module, "[fuse]");
	/* "$x" and "$d" tell code from data in arm64's modules, and are no functions */
	return *name && *name != '$';
}

int fl_symbols_parse(struct fl_symbols *s, char *text, size_t len, struct fl_err *err)
{
	size_t room = 1;
	bool any = false;
	char *line, *next;

	memset(s, 0, sizeof(*s));
	s->text = text;
	text[len] = '\0';
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		room++;
	s->sym = calloc(room, sizeof(*s->sym));
	if (!s->sym) {
		fl_symbols_free(s);
		return fl_err(err, "out of memory");
	}
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!parse_line(s, line, &s->sym[s->n]))
			continue;
		any |= s->sym[s->n++].addr != 0;
	}
	if (!any) {
		size_t n = s->n;

		fl_symbols_free(s);
		if (!n)
			return fl_err(err, "the symbol table is empty");
		fl_err(err, "the kernel hides its addresses (kernel.kptr_restrict)");
		return fl_hint(err,
			       "run as root with CAP_SYSLOG, or set kernel.kptr_restrict to 1");
	}
	qsort(s->sym, s->n, sizeof(*s->sym), by_addr);
	return 0;
}

void fl_symbols_free(struct fl_symbols *s)
{
	free(s->sym);
	free(s->text);
	memset(s, 0, sizeof(*s));
}

const struct fl_symbol *fl_symbol_by_name(const struct fl_symbols *s, const char *name)
{
	const struct fl_symbol *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->sym[i].name, name))
			continue;
		if (s->sym[i].in_fuse)
			return &s->sym[i];
		if (!found)
			found = &s->sym[i];
	}
	return found;
}

/* Index of the first symbol above addr. */
static size_t above(const struct fl_symbols *s, __u64 addr)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->sym[mid].addr > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct fl_symbol *fl_symbol_around(const struct fl_symbols *s, __u64 addr)
{
	size_t i = above(s, addr);

	if (!i)
		return NULL;
	i--;
	while (i && s->sym[i - 1].addr == s->sym[i].addr)
		i--;
	return &s->sym[i];
}

const struct fl_symbol *fl_symbol_at(const struct fl_symbols *s, __u64 addr)
{
	const struct fl_symbol *sym = fl_symbol_around(s, addr);

	return sym && sym->addr == addr ? sym : NULL;
}

__u64 fl_symbol_end(const struct fl_symbols *s, __u64 addr)
{
	size_t i = above(s, addr);

	return i < s->n ? s->sym[i].addr : 0;
}
