// SPDX-License-Identifier: GPL-2.0-only
#include "bench/profile.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"

int fl_profile_files(const char *text, enum fl_profile_files *files, struct fl_err *err)
{
	static const char *const names[] = {
		[FL_FILES_SHARED] = "shared",
		[FL_FILES_PER_JOB] = "per-job",
		[FL_FILES_FRESH] = "fresh",
	};
	static const char tag[] = "# fuselens: files=";
	const char *line = strstr(text, tag);
	char word[16] = "";

	if (!line || (line != text && line[-1] != '\n')) {
		fl_err(err, "the profile does not say which files it writes to");
		return fl_hint(err, "add a line '%sshared', or per-job, or fresh", tag);
	}
	sscanf(line + strlen(tag), "%15[a-z-]", word);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], word)) {
			*files = i;
			return 0;
		}
	}
	return fl_err(err, "the profile's files=%s is none of shared, per-job and fresh", word);
}

/* Directory number i in which profiles are looked for; false past the last one. */
static bool profile_dir(int i, char *dir, size_t len)
{
	static const char *const from_binary[] = {"../profiles", "../share/fuselens/profiles"};
	const char *env = getenv("FUSELENS_PROFILES");
	char self[PATH_MAX], *slash;
	ssize_t n;

	if (!i) {
		snprintf(dir, len, "%s", env ? env : "");
		return true;
	}
	if (i > 2)
		return false;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	/* a path that does not fit is simply not found */
	return (size_t)snprintf(dir, len, "%s/%s", self, from_binary[i - 1]) < len;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the first directory that has any. */
void fl_profile_names(char *buf, size_t len)
{
	char dir[PATH_MAX];

	*buf = '\0';
	for (int i = 0; !*buf && profile_dir(i, dir, sizeof(dir)); i++) {
		char *name[64];
		struct dirent *entry;
		size_t n = 0;
		DIR *d = *dir ? opendir(dir) : NULL;

		while (d && n < 64 && (entry = readdir(d))) {
			char *dot = strrchr(entry->d_name, '.');

			if (dot && dot != entry->d_name && !strcmp(dot, ".fio"))
				name[n++] = strndup(entry->d_name, dot - entry->d_name);
		}
		if (d)
			closedir(d);
		qsort(name, n, sizeof(*name), by_name);
		for (size_t k = 0; k < n; k++) {
			size_t used = strlen(buf);

			if (name[k])
				snprintf(buf + used, len - used, "%s%s", used ? ", " : "", name[k]);
			free(name[k]);
		}
	}
}

static char *load_by_name(const char *name, struct fl_err *err)
{
	char dir[PATH_MAX], path[2 * PATH_MAX], known[384], *text;
	struct fl_err ignored;
	size_t len;

	for (int i = 0; profile_dir(i, dir, sizeof(dir)); i++) {
		if (!*dir)
			continue;
		snprintf(path, sizeof(path), "%s/%s.fio", dir, name);
		text = fl_read_file(path, &len, &ignored);
		if (text)
			return text;
	}
	fl_profile_names(known, sizeof(known));
	fl_err(err, "there is no profile '%.64s'", name);
	if (*known)
		fl_hint(err, "there are %s; or name a file that ends with .fio", known);
	else
		fl_hint(err,
			"set FUSELENS_PROFILES to the directory that holds them, or name a file that ends with .fio");
	return NULL;
}

/* Splits a line into its first word and the value after '=', both without surrounding spaces. */
static void split(const char *line, size_t len, char *key, size_t keylen, char *value,
		  size_t valuelen)
{
	const char *eq = memchr(line, '=', len);
	size_t n = eq ? (size_t)(eq - line) : len;

	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	snprintf(key, keylen, "%.*s", (int)n, line);
	*value = '\0';
	if (!eq)
		return;
	len -= eq + 1 - line;
	for (eq++; len && isspace((unsigned char)*eq); len--)
		eq++;
	while (len && isspace((unsigned char)eq[len - 1]))
		len--;
	snprintf(value, valuelen, "%.*s", (int)len, eq);
}

/* fio computes values with $pagesize, $mb_memory and $ncpus by running bc in a shell. */
static bool asks_shell(const char *line, size_t len)
{
	static const char *const words[] = {"$pagesize", "$mb_memory", "$ncpus", "`"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Whether an engine runs programs or loads a library. fio ends the name at a blank, ';' or '#'. */
static bool runs_engine(const char *value)
{
	return !strcmp(value, "exec") || !strncmp(value, "external", 8) ||
	       value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

/* fio reads longer lines in pieces of 8190 characters, so an option could follow a comment. */
#define LONGEST_LINE 4000

static const char *line_runs(const char *line, size_t len)
{
	static const char *const options[] = {"exec_prerun", "exec_postrun"};
	char key[64], value[512];

	if (len > LONGEST_LINE)
		return "a line of more than 4000 characters";
	while (len && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	if (!len || *line == '#' || *line == ';')
		return NULL;
	split(line, len, key, sizeof(key), value, sizeof(value));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(key, options[i]))
			return options[i];
	if (!strcmp(key, "ioengine") && runs_engine(value))
		return "ioengine";
	/* fio checks only these letters: any character may follow */
	if (!strncmp(key, "include", 7))
		return "include";
	/* fio expands variables in an option's name, too, and to nothing if one is not set */
	if (strchr(key, '$'))
		return "an option's name with a variable in it";
	return asks_shell(line, len) ? "a value that a shell computes" : NULL;
}

const char *fl_profile_runs(const char *text)
{
	const char *found = NULL;

	while (*text && !found) {
		size_t n = strcspn(text, "\n");

		found = line_runs(text, n);
		text += n + (text[n] == '\n');
	}
	return found;
}

int fl_profile_check_variable(const char *text, const char *name, const char *value,
			      struct fl_err *err)
{
	/* the characters of numbers, sizes, percentages and the like */
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,%+-_";
	static const char *const always[] = {"BS", "IODEPTH", "READ_PERCENT", "RUNTIME", "SIZE"};
	bool known = false;
	char use[80];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		known |= !strcmp(name, always[i]);
	snprintf(use, sizeof(use), "${%.64s}", name);
	known |= strstr(text, use) && strncmp(name, "LD_", 3) && strcmp(name, "PATH");
	if (!known)
		fl_err(err, "the result sets '%.64s', which its profile does not use", name);
	else if (strspn(value, harmless) != strlen(value))
		fl_err(err,
		       "the result sets %.64s to '%.64s'; such a value is not accepted from a file",
		       name, value);
	else
		return 0;
	return fl_hint(err, "begin a new bench, with --set");
}

static int refuse_programs(const char *text, const char *name, struct fl_err *err)
{
	const char *option = fl_profile_runs(text);

	if (!option)
		return 0;
	fl_err(err, "the profile '%.64s' runs programs (%s)", name, option);
	return fl_hint(err, "if you know what it does, give its file: fuselens bench ./FILE.fio");
}

char *fl_profile_load(const char *spec, char **name, struct fl_err *err)
{
	const char *base = strrchr(spec, '/');
	size_t n;
	char *text;

	base = base ? base + 1 : spec;
	n = strlen(base);
	if (n > 4 && !strcmp(base + n - 4, ".fio")) {
		size_t len;

		n -= 4;
		text = fl_read_file(spec, &len, err);
	} else {
		text = base == spec ? load_by_name(spec, err) : NULL;
		if (base != spec)
			fl_err(err, "%s: a profile's file name ends with .fio", spec);
		if (text && refuse_programs(text, spec, err)) {
			free(text);
			text = NULL;
		}
	}
	*name = text ? strndup(base, n) : NULL;
	return text;
}

char *fl_profile_again(const char *spec, const char *name, struct fl_err *err)
{
	char *ignored = NULL, *text;

	if (spec) {
		text = fl_profile_load(spec, &ignored, err);
		free(ignored);
		return text;
	}
	text = strchr(name, '/') ? NULL : load_by_name(name, err);
	if (!text) {
		fl_err(err, "the bench was begun with a profile '%.64s' that is not installed here",
		       name);
		fl_hint(err,
			"give the profile's file again: fuselens bench FILE.fio --resume -o DIR");
		return NULL;
	}
	if (!refuse_programs(text, name, err))
		return text;
	free(text);
	return NULL;
}
