// SPDX-License-Identifier: GPL-2.0-only
#include "files/print.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "util/json.h"
#include "util/text.h"

#define FOPEN_PARALLEL (1u << 6)

const char *fl_file_can_share(const struct fl_open_file *f, enum fl_can can)
{
	bool flag = f->rec.open_flags & FOPEN_PARALLEL;

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
		if (!flag)
			return "none: flag not in force";
		if (!(f->rec.f_flags & O_DIRECT))
			return "none: not O_DIRECT";
		return f->rec.f_flags & O_APPEND ? "none: append" : "direct ones within EOF";
	default:
		return "not known";
	}
}

char *fl_file_backing_path(const struct fl_open_file *f, const struct fl_mounts *mounts)
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
	char *backing = fl_file_backing_path(f, mounts),
	     *shown = backing ? fl_escape(backing) : NULL;
	const char *iomode = fl_iomode_name(f->rec.iomode),
		   *fs = fl_magic_name(f->rec.backing_magic);

	fprintf(out, "%s\n", path ? path : "?");
	fprintf(out, "  %s %u, fd %u, %s", comm ? comm : "?", f->rec.pid, f->rec.fd,
		fl_open_mode_names(f->rec.f_flags, mode, sizeof(mode)));
	fprintf(out, "; route %s\n", fl_route_name(fl_open_file_route(f)));
	fprintf(out, "  open flags %s",
		fl_fopen_flag_names(f->rec.open_flags, flags, sizeof(flags)));
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

static int by_mount_path_pid(const void *a, const void *b)
{
	const struct fl_open_file *x = *(const struct fl_open_file *const *)a;
	const struct fl_open_file *y = *(const struct fl_open_file *const *)b;
	int order;

	if (x->rec.dev != y->rec.dev)
		return x->rec.dev < y->rec.dev ? -1 : 1;
	order = strcmp(x->path ? x->path : "", y->path ? y->path : "");
	if (order)
		return order;
	if (x->rec.pid != y->rec.pid)
		return x->rec.pid < y->rec.pid ? -1 : 1;
	return x->rec.fd < y->rec.fd ? -1 : x->rec.fd > y->rec.fd;
}

static const struct fl_open_file **sorted(const struct fl_open_files *files)
{
	const struct fl_open_file **list = calloc(files->n + 1, sizeof(*list));

	for (size_t i = 0; list && i < files->n; i++)
		list[i] = &files->file[i];
	if (list)
		qsort(list, files->n, sizeof(*list), by_mount_path_pid);
	return list;
}

void fl_files_text(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], FILE *out)
{
	const struct fl_open_file **list = sorted(files);
	__u32 dev = 0;

	if (!list)
		return;
	if (!files->n)
		fprintf(out, "no file is open there\n");
	for (size_t i = 0; i < files->n; i++) {
		const struct fl_mount *m;

		if (list[i]->rec.dev != dev || !i) {
			char *path;

			dev = list[i]->rec.dev;
			m = fl_mounts_by_dev(mounts, dev);
			path = m ? fl_escape(m->path) : NULL;
			fprintf(out, "%s== mount %s (%s, device %u:%u)%s\n", i ? "\n" : "",
				path ? path : "(no longer mounted)", m ? m->fstype : "fuse",
				dev >> 20, dev & 0xfffff,
				list[i]->rec.fc_flags & FL_FC_WRITEBACK_CACHE ? ", writeback cache"
									      : "");
			free(path);
		}
		file_text(list[i], mounts, can, out);
	}
	fflush(out);
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
	char mode[96], *backing = fl_file_backing_path(f, mounts);

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
	json_object_object_add(o, "route",
			       json_object_new_string(fl_route_name(fl_open_file_route(f))));
	fl_json_u64(o, "open_flags", f->rec.open_flags);
	json_object_object_add(o, "open_flag_names", flag_list(f->rec.open_flags));
	fl_json_name(o, "io_mode", fl_iomode_name(f->rec.iomode));
	fl_json_name(o, "backing_path", backing);
	fl_json_name(o, "backing_fs",
		     f->rec.passthrough ? fl_magic_name(f->rec.backing_magic) : NULL);
	fl_json_u64_or_null(o, "backing_ino", f->rec.passthrough, f->rec.backing_ino);
	json_object_object_add(o, "writeback_cache",
			       json_object_new_boolean(f->rec.fc_flags & FL_FC_WRITEBACK_CACHE));
	json_object_object_add(
		o, "shared_lock",
		json_object_new_string(fl_file_can_share(f, can[fl_open_file_route(f)])));
	free(backing);
	return o;
}

void fl_files_json(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], FILE *out)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	const struct fl_open_file **order = sorted(files);

	json_object_object_add(o, "schema", json_object_new_string("fuselens.files/1"));
	for (size_t i = 0; order && i < files->n; i++)
		json_object_array_add(list, file_json(order[i], mounts, can));
	json_object_object_add(o, "files", list);
	fl_json_print(o, out, true);
	free(order);
}
