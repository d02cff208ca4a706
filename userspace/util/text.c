// SPDX-License-Identifier: GPL-2.0-only
#include "util/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

/*
 * Length of the UTF-8 sequence at s (1 to 4); 0 if there is none. Overlong forms and surrogates are
 * none.
 */
static int utf8_len(const unsigned char *s)
{
	static const unsigned char min2 = 0xc2;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= min2 && s[0] <= 0xdf)
		return (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		if ((s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
			return 0;
		if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return 3;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		if ((s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80)
			return 0;
		if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

/* C1 controls (U+0080..9F) and the bidirectional overrides can rewrite a line of a terminal. */
static bool utf8_is_control(const unsigned char *s, int n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x80)
		return (s[2] >= 0xa8 && s[2] <= 0xae) || (s[2] >= 0x8b && s[2] <= 0x8f);
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x81)
		return s[2] >= 0xa0 && s[2] <= 0xaf;
	return false;
}

static char *escape(const char *name, bool backslash)
{
	const unsigned char *s = (const unsigned char *)name;
	char *out = malloc(4 * strlen(name) + 1), *o = out;

	if (!out)
		return NULL;
	while (*s) {
		int n = utf8_len(s);

		if (*s == '\\' && backslash) {
			o += sprintf(o, "\\\\");
			s++;
		} else if (*s == '\n' || *s == '\t') {
			o += sprintf(o, *s == '\n' ? "\\n" : "\\t");
			s++;
		} else if (!n || utf8_is_control(s, n)) {
			for (int i = 0; i < (n ? n : 1); i++)
				o += sprintf(o, "\\x%02x", *s++);
		} else {
			memcpy(o, s, n);
			o += n;
			s += n;
		}
	}
	*o = '\0';
	return out;
}

char *fl_escape(const char *name)
{
	return escape(name, true);
}

char *fl_safe(const char *text)
{
	return escape(text, false);
}

char *fl_shell_word(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./,:=@%+-";
	char *word = NULL;
	size_t len;
	FILE *f;

	if (*name && !name[strspn(name, plain)])
		return strdup(name);
	f = open_memstream(&word, &len);
	if (!f)
		return NULL;
	fputc('\'', f);
	for (; *name; name++)
		fprintf(f, *name == '\'' ? "'\\''" : "%c", *name);
	fputc('\'', f);
	return fclose(f) ? NULL : word;
}

char *fl_utf8(const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	char *out = malloc(3 * strlen(name) + 1), *o = out;

	if (!out)
		return NULL;
	while (*s) {
		int n = utf8_len(s);

		if (n) {
			memcpy(o, s, n);
			o += n;
			s += n;
		} else {
			o += sprintf(o, "\xef\xbf\xbd");
			s++;
		}
	}
	*o = '\0';
	return out;
}

/* The number of a character that takes n bytes, 1 to 3. */
static unsigned int utf8_number(const unsigned char *s, int n)
{
	unsigned int number = n == 1 ? s[0] : s[0] & (0x3f >> (n - 1));

	for (int i = 1; i < n; i++)
		number = number << 6 | (s[i] & 0x3f);
	return number;
}

void fl_put_json_text(const char *json, FILE *out)
{
	const unsigned char *s = (const unsigned char *)json, *from = s;

	while (*s) {
		int n = utf8_len(s);

		if (*s != '\n' && n && utf8_is_control(s, n)) {
			fwrite(from, 1, s - from, out);
			fprintf(out, "\\u%04x", utf8_number(s, n));
			from = s + n;
		}
		s += n ? n : 1;
	}
	fwrite(from, 1, s - from, out);
}

char *fl_grouped(__u64 n, char *buf, size_t len)
{
	char digits[24];
	size_t nd, o = 0;

	nd = snprintf(digits, sizeof(digits), "%" PRIu64, (uint64_t)n);
	for (size_t i = 0; i < nd && o + 2 < len; i++) {
		if (i && (nd - i) % 3 == 0)
			buf[o++] = ',';
		buf[o++] = digits[i];
	}
	buf[o] = '\0';
	return buf;
}

char *fl_bytes(__u64 bytes, char *buf, size_t len)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = bytes;
	size_t u = 0;

	while (v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		u++;
	}
	snprintf(buf, len, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return buf;
}

char *fl_duration(__u64 ns, char *buf, size_t len)
{
	static const struct {
		double per;
		const char *unit;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns < units[i].per)
			continue;
		snprintf(buf, len, ns / units[i].per < 100 ? "%.1f %s" : "%.0f %s",
			 ns / units[i].per, units[i].unit);
		return buf;
	}
	snprintf(buf, len, "%" PRIu64 " ns", (uint64_t)ns);
	return buf;
}

char *fl_scaled(double n, char *buf, size_t len)
{
	static const char units[] = " kMGTPE";
	int u = 0;

	while (n >= (u ? 999.95 : 9999.5) && units[u + 1]) {
		n /= 1000;
		u++;
	}
	if (u)
		snprintf(buf, len, "%.1f%c", n, units[u]);
	else
		snprintf(buf, len, n > 0 && n < 9.95 ? "%.1f" : "%.0f", n);
	return buf;
}

char *fl_short_duration(__u64 ns, char *buf, size_t len)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double n = ns;
	int u = 0;

	while (u < 3 && n >= 999.5) {
		n /= 1000;
		u++;
	}
	snprintf(buf, len, u && n < 9.95 ? "%.1f%s" : "%.0f%s", n, units[u]);
	return buf;
}

char *fl_percent(__u64 part, __u64 whole, char *buf, size_t len)
{
	double p;

	if (!whole) {
		snprintf(buf, len, "-");
		return buf;
	}
	p = 100.0 * part / whole;
	if (part && p < 0.05)
		snprintf(buf, len, "<0.1 %%");
	else if (part < whole && p > 99.95)
		snprintf(buf, len, ">99.9 %%");
	else
		snprintf(buf, len, "%.1f %%", p);
	return buf;
}

bool fl_same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/*
 * Edit distance between a and b (insertions, removals, changes, swaps of neighbours); 99 for long
 * words.
 */
static int edits(const char *a, const char *b)
{
	int d[33][33], na = (int)strlen(a), nb = (int)strlen(b);

	if (na > 32 || nb > 32)
		return 99;
	for (int i = 0; i <= na; i++) {
		for (int j = 0; j <= nb; j++) {
			int best = i && j ? d[i - 1][j - 1] + (a[i - 1] != b[j - 1]) : i + j;

			if (i && d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (j && d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[na][nb];
}

bool fl_meant(const char *word, const char *name)
{
	size_t len = strlen(word);

	if (len >= 2 && !strncmp(word, name, len))
		return true;
	return 3 * edits(word, name) <= (int)(len > 3 ? len : 3);
}

bool fl_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && !(no && *no) && term && strcmp(term, "dumb");
}

/* Columns that a terminal needs for s: continuation bytes need none. */
static int shown(const char *s, size_t bytes)
{
	int n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

int fl_shown_width(const char *s)
{
	return shown(s, strlen(s));
}

/* Number of bytes of s that need at most columns; up to a comma if there is one. */
static size_t fit(const char *s, size_t bytes, int columns)
{
	size_t n = 0, comma = 0;

	while (n < bytes && columns > 0) {
		n++;
		while (n < bytes && ((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		columns--;
		if (s[n - 1] == ',')
			comma = n;
	}
	return comma ? comma : n;
}

int fl_text_width(FILE *out)
{
	struct winsize size;

	if (fileno(out) < 0 || ioctl(fileno(out), TIOCGWINSZ, &size) ||
	    size.ws_col >= FL_TEXT_WIDTH)
		return FL_TEXT_WIDTH;
	return size.ws_col < 40 ? 40 : size.ws_col;
}

/* Number of bytes up to the next blank at which a line may end: not between a number and its %. */
static size_t word_at(const char *p)
{
	size_t n = strcspn(p, " ");

	return p[n] == ' ' && p[n + 1] == '%' ? n + 1 + strcspn(p + n + 1, " ") : n;
}

void fl_wrap(FILE *out, const char *text, int column, int indent)
{
	const char *p = text;
	int width = fl_text_width(out);
	bool first = true;

	while (*p) {
		size_t n = word_at(p);
		int w = shown(p, n);

		if (!first && column + 1 + w > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			first = true;
		}
		/* cut a word that is too wide, such as a list of mount options */
		for (; first && column + w > width && width - indent >= 20; w = shown(p, n)) {
			size_t cut = fit(p, n, width - column);

			fprintf(out, "%.*s\n%*s", (int)cut, p, indent, "");
			column = indent;
			p += cut;
			n -= cut;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)n, p);
		column += w + !first;
		first = false;
		p += n;
		p += strspn(p, " ");
	}
	fputc('\n', out);
}

void fl_wrapped(FILE *out, int first, int further, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	fprintf(out, "%*s", first, "");
	fl_wrap(out, text ? text : "", first, further);
	free(text);
}

void fl_csv_name(FILE *out, const char *name)
{
	char *shown = name ? fl_escape(name) : NULL;

	if (shown) {
		fputc('"', out);
		for (const char *s = shown; *s; s++)
			fprintf(out, *s == '"' ? "\"\"" : "%c", *s);
		fputc('"', out);
	}
	free(shown);
}
