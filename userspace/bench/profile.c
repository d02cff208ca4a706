// SPDX-License-Identifier: GPL-2.0-only
#include "bench/profile.h"

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

/* The names of the profiles in the first directory that has any, for the hint. */
static void list_profiles(char *buf, size_t len)
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
	list_profiles(known, sizeof(known));
	fl_err(err, "there is no profile '%.64s'", name);
	if (*known)
		fl_hint(err, "there are %s; or name a file that ends with .fio", known);
	else
		fl_hint(err,
			"set FUSELENS_PROFILES to the directory that holds them, or name a file that ends with .fio");
	return NULL;
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
	}
	*name = text ? strndup(base, n) : NULL;
	return text;
}
