// SPDX-License-Identifier: GPL-2.0-only
#include "files/print.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "util/json.h"
#include "util/table.h"
#include "util/text.h"

const char *fl_file_can_share(const struct fl_open_file *f, enum fl_can can)
{
	bool answered = f->rec.answered_flags & FL_FOPEN_PARALLEL;
	bool flag = f->rec.open_flags & FL_FOPEN_PARALLEL || (answered && f->answer_counts);

	if ((f->rec.f_flags & O_ACCMODE) == O_RDONLY)
		return "does not write";
	switch (fl_open_file_route(f)) {
	case FL_ROUTE_CACHED:
		return "none: cached";
	case FL_ROUTE_DIRECT:
		if (can == FL_CAN_NO)
			return "none: this kernel cannot";
		if (!flag)
			return "none: flag not in force";
		if (f->rec.has_iocachectr && f->rec.iocachectr > 0)
			return "none: open in cached mode elsewhere";
		return f->rec.f_flags & O_APPEND ? "none: append" : "all within EOF";
	case FL_ROUTE_PASSTHROUGH:
		if (can == FL_CAN_NO)
			return "none: this kernel cannot";
		/*
		 * a kernel that can share keeps the flag; if it is missing, the kernel's earlier
		 * code removed it
		 */
		if (!flag && answered && can == FL_CAN_YES)
			return "none: opened before the kernel could";
		if (!flag)
			return "none: flag not in force";
		if (!(f->rec.f_flags & O_DIRECT))
			return "none: not O_DIRECT";
		return f->rec.f_flags & O_APPEND ? "none: append" : "direct ones within EOF";
	default:
		return "not known";
	}
}

bool fl_file_never_shares(const struct fl_open_file *f, enum fl_can can)
{
	return !strncmp(fl_file_can_share(f, can), "none", 4);
}

/* Where the backing file is in this mount namespace; NULL without one. The caller frees it. */
static char *backing_path(const struct fl_open_file *f, const struct fl_mounts *mounts)
{
	const struct fl_mount *m;
	char *path;

	if (!f->backing_path)
		return NULL;
	m = fl_mounts_by_dev(mounts, f->rec.backing_dev);
	if (!m || strcmp(m->root, "/"))
		return strdup(f->backing_path);
	if (asprintf(&path, "%s%s", strcmp(m->path, "/") ? m->path : "", f->backing_path) < 0)
		return NULL;
	return path;
}

static void file_text(const struct fl_open_file *f, const struct fl_mounts *mounts,
		      const enum fl_can can[FL_ROUTES], FILE *out)
{
	char flags[160], mode[96];
	char *path = fl_escape(f->path ? f->path : "?"), *comm = fl_escape(f->rec.comm);
	char *backing = backing_path(f, mounts), *shown = backing ? fl_escape(backing) : NULL;
	const char *iomode = fl_iomode_name(f->rec.iomode),
		   *fs = fl_magic_name(f->rec.backing_magic);

	fprintf(out, "%s\n", path ? path : "?");
	fprintf(out, "  %s %u, fd %u, %s", comm ? comm : "?", f->rec.pid, f->rec.fd,
		fl_open_mode_names(f->rec.f_flags, mode, sizeof(mode)));
	fprintf(out, "; route %s\n", fl_route_name(fl_open_file_route(f)));
	fprintf(out, "  open flags %s",
		fl_fopen_flag_names(f->rec.open_flags, flags, sizeof(flags)));
	if (f->rec.answered_flags & ~f->rec.open_flags & FL_FOPEN_PARALLEL)
		fprintf(out, "; the daemon also asked for %s",
			fl_fopen_flag_names(FL_FOPEN_PARALLEL, flags, sizeof(flags)));
	if (iomode)
		fprintf(out, "; I/O mode %s", iomode);
	fprintf(out, "\n");
	if (shown)
		fprintf(out, "  backing file %s (%s, inode %llu)\n", shown, fs ? fs : "?",
			f->rec.backing_ino);
	fprintf(out, "  shared lock: %s\n", fl_file_can_share(f, can[fl_open_file_route(f)]));
	free(path);
	free(comm);
	free(backing);
	free(shown);
}

/* Order of the mounts, then of the paths. */
static int by_file(const struct fl_open_file *x, const struct fl_open_file *y)
{
	if (x->rec.dev != y->rec.dev)
		return x->rec.dev < y->rec.dev ? -1 : 1;
	return strcmp(x->path ? x->path : "", y->path ? y->path : "");
}

static int by_file_and_fd(const void *a, const void *b)
{
	const struct fl_open_file *x = *(const struct fl_open_file *const *)a;
	const struct fl_open_file *y = *(const struct fl_open_file *const *)b;
	int order = by_file(x, y);

	if (order)
		return order;
	if (x->rec.pid != y->rec.pid)
		return x->rec.pid < y->rec.pid ? -1 : 1;
	return x->rec.fd < y->rec.fd ? -1 : x->rec.fd > y->rec.fd;
}

/* Sorts descriptors that differ only in their holder next to each other. */
static int by_file_and_kind(const void *a, const void *b)
{
	const struct fl_open_file *x = *(const struct fl_open_file *const *)a;
	const struct fl_open_file *y = *(const struct fl_open_file *const *)b;
	int order = by_file(x, y);

	if (order)
		return order;
	if (x->rec.open_flags != y->rec.open_flags)
		return x->rec.open_flags < y->rec.open_flags ? -1 : 1;
	if (x->rec.f_flags != y->rec.f_flags)
		return x->rec.f_flags < y->rec.f_flags ? -1 : 1;
	return (x->rec.pid > y->rec.pid) - (x->rec.pid < y->rec.pid);
}

static const struct fl_open_file **sorted(const struct fl_open_files *files,
					  int (*order)(const void *, const void *))
{
	const struct fl_open_file **list = calloc(files->n + 1, sizeof(*list));

	for (size_t i = 0; list && i < files->n; i++)
		list[i] = &files->file[i];
	if (list)
		qsort(list, files->n, sizeof(*list), order);
	return list;
}

static void mount_text(const struct fl_open_file *f, const struct fl_mounts *mounts, bool first,
		       FILE *out)
{
	const struct fl_mount *m = fl_mounts_by_dev(mounts, f->rec.dev);
	char *path = m ? fl_escape(m->path) : NULL;

	fprintf(out, "%s== mount %s (%s, device %u:%u)%s\n", first ? "" : "\n",
		path ? path : "(no longer mounted)", m ? m->fstype : "fuse", f->rec.dev >> 20,
		f->rec.dev & 0xfffff,
		f->rec.fc_flags & FL_FC_WRITEBACK_CACHE ? ", writeback cache" : "");
	free(path);
}

/* Descriptors of one file that are alike. */
struct alike {
	const struct fl_open_file *file; /* one of them */
	size_t opens, processes;
};

static int most_opened(const void *a, const void *b)
{
	const struct alike *x = a, *y = b;

	if (x->file->rec.dev != y->file->rec.dev)
		return x->file->rec.dev < y->file->rec.dev ? -1 : 1;
	if (x->opens != y->opens)
		return x->opens < y->opens ? 1 : -1;
	return by_file(x->file, y->file);
}

/*
 * Groups descriptors that are alike. list is sorted by by_file_and_kind(); alike has room for as
 * many entries.
 */
static size_t group(const struct fl_open_file **list, size_t n, struct alike *alike)
{
	size_t groups = 0;

	for (size_t i = 0; i < n; i++) {
		const struct fl_open_file *f = list[i], *last = i ? list[i - 1] : NULL;
		struct alike *g = groups ? &alike[groups - 1] : NULL;

		if (!last || by_file(f, last) || f->rec.open_flags != last->rec.open_flags ||
		    f->rec.answered_flags != last->rec.answered_flags ||
		    f->rec.f_flags != last->rec.f_flags) {
			g = &alike[groups++];
			*g = (struct alike){.file = f};
		}
		g->opens++;
		g->processes += g->opens == 1 || f->rec.pid != last->rec.pid;
	}
	return groups;
}

/* The path below the mount point, which the heading has already; else the whole path. */
static const char *path_below(const char *path, const struct fl_mount *m)
{
	size_t len = m ? strlen(m->path) : 0;

	return len > 1 && !strncmp(path, m->path, len) && path[len] == '/' && path[len + 1]
		       ? path + len + 1
		       : path;
}

static void alike_row(struct fl_table *t, const struct alike *g, const struct fl_mounts *mounts,
		      const enum fl_can can[FL_ROUTES])
{
	const struct fl_open_file *f = g->file;
	const struct fl_mount *m = fl_mounts_by_dev(mounts, f->rec.dev);
	char *path = fl_escape(path_below(f->path ? f->path : "?", m)),
	     *comm = fl_escape(f->rec.comm), mode[96];
	enum fl_route route = fl_open_file_route(f);

	fl_table_cell(t, "%zu", g->opens);
	if (g->processes > 1)
		fl_table_cell(t, "%zu processes", g->processes);
	else
		fl_table_cell(t, "%s %u", comm ? comm : "?", f->rec.pid);
	fl_table_cell(t, "%s", fl_open_mode_names(f->rec.f_flags, mode, sizeof(mode)));
	fl_table_cell(t, "%s", fl_route_name(route));
	fl_table_cell(t, "%s", fl_file_can_share(f, can[route]));
	fl_table_cell(t, "%s", path ? path : "?");
	free(path);
	free(comm);
}

/* Prints one table per mount. */
static void table_text(const struct alike *alike, size_t n, const struct fl_mounts *mounts,
		       const enum fl_can can[FL_ROUTES], FILE *out)
{
	static const char *const titles[] = {"opens", "by", "mode", "route", "shared lock", "file"};
	struct fl_table *t = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!i || alike[i].file->rec.dev != alike[i - 1].file->rec.dev) {
			fl_table_print(t, out, 2);
			fl_table_free(t);
			mount_text(alike[i].file, mounts, !i, out);
			t = fl_table_new(6);
			fl_table_align(t, "rlllll");
			for (int c = 0; c < 6; c++)
				fl_table_cell(t, "%s", titles[c]);
		}
		alike_row(t, &alike[i], mounts, can);
	}
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

void fl_files_text(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], bool verbose, FILE *out)
{
	const struct fl_open_file **list = sorted(files,
						  verbose ? by_file_and_fd : by_file_and_kind);
	struct alike *alike = calloc(files->n + 1, sizeof(*alike));
	size_t n;

	if (!list || !alike)
		goto out;
	if (!files->n)
		fprintf(out, "no matching file is open\n");
	for (size_t i = 0; verbose && i < files->n; i++) {
		if (!i || list[i]->rec.dev != list[i - 1]->rec.dev)
			mount_text(list[i], mounts, !i, out);
		file_text(list[i], mounts, can, out);
	}
	if (!verbose) {
		n = group(list, files->n, alike);
		qsort(alike, n, sizeof(*alike), most_opened);
		table_text(alike, n, mounts, can, out);
	}
	fflush(out);
out:
	free(alike);
	free(list);
}

static struct json_object *flag_list(__u32 open_flags)
{
	struct json_object *list = json_object_new_array();
	char names[160], *save = NULL;

	fl_fopen_flag_names(open_flags, names, sizeof(names));
	for (char *w = open_flags ? strtok_r(names, "|", &save) : NULL; w;
	     w = strtok_r(NULL, "|", &save))
		json_object_array_add(list, json_object_new_string(w));
	return list;
}

static struct json_object *file_json(const struct fl_open_file *f, const struct fl_mounts *mounts,
				     const enum fl_can can[FL_ROUTES])
{
	struct json_object *o = json_object_new_object();
	const struct fl_mount *m = fl_mounts_by_dev(mounts, f->rec.dev);
	char mode[96], *backing = backing_path(f, mounts);

	fl_json_u64(o, "pid", f->rec.pid);
	fl_json_u64(o, "tid", f->rec.tid);
	fl_json_name(o, "comm", f->rec.comm);
	fl_json_u64(o, "fd", f->rec.fd);
	fl_json_name(o, "mount", m ? m->path : NULL);
	fl_json_dev(o, "dev", f->rec.dev);
	fl_json_u64(o, "ino", f->rec.ino);
	fl_json_u64(o, "nodeid", f->rec.nodeid);
	fl_json_name(o, "path", f->path);
	fl_json_u64(o, "size_bytes", f->rec.size);
	fl_json_name(o, "open_mode", fl_open_mode_names(f->rec.f_flags, mode, sizeof(mode)));
	fl_json_name(o, "route", fl_route_name(fl_open_file_route(f)));
	fl_json_u64(o, "open_flags", f->rec.open_flags);
	json_object_object_add(o, "open_flag_names", flag_list(f->rec.open_flags));
	fl_json_u64(o, "answered_flags", f->rec.answered_flags);
	fl_json_name(o, "io_mode", fl_iomode_name(f->rec.iomode));
	fl_json_name(o, "backing_path", backing);
	fl_json_name(o, "backing_fs",
		     f->rec.passthrough ? fl_magic_name(f->rec.backing_magic) : NULL);
	fl_json_u64_or_null(o, "backing_ino", f->rec.passthrough, f->rec.backing_ino);
	fl_json_bool(o, "writeback_cache", f->rec.fc_flags & FL_FC_WRITEBACK_CACHE);
	fl_json_name(o, "shared_lock", fl_file_can_share(f, can[fl_open_file_route(f)]));
	free(backing);
	return o;
}

void fl_files_json(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], FILE *out)
{
	const struct fl_open_file **order = sorted(files, by_file_and_fd);

	/* one after the other: all at once would take gigabytes where somebody has a million descriptors */
	fputs("{\n\"schema\": \"fuselens.files/1\",\n\"files\": [\n", out);
	for (size_t i = 0; order && i < files->n; i++) {
		if (i)
			fputs(",\n", out);
		fl_json_print_part(file_json(order[i], mounts, can), out);
	}
	fputs("\n]\n}\n", out);
	fflush(out);
	free(order);
}
