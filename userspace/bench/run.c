// SPDX-License-Identifier: GPL-2.0-only
#include "bench/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmd.h"
#include "kernel/privileges.h"
#include "result/dir.h"
#include "util/workload.h"
#include "util/file.h"

static unsigned int most_jobs(const struct fl_bench *b)
{
	unsigned int most = 0;

	for (size_t i = 0; i < b->njob_counts; i++)
		if (b->job_count[i] > most)
			most = b->job_count[i];
	return most;
}

static void remove_data(const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		if (!strncmp(entry->d_name, "data.", 5))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

void fl_bench_cleanup(const struct fl_bench_run *run)
{
	for (int i = 0; i < FL_SYSTEMS; i++) {
		if (!run->dir[i])
			continue;
		remove_data(run->dir[i]);
		rmdir(run->dir[i]);
	}
}

/*
 * fio works in the directory itself, so that no name of it passes through fio's own syntax, where ':'
 * separates directories.
 */
static int begin_fio(struct fl_workload *w, char *const argv[], const char *dir, const char *log,
		     struct fl_err *err)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), ret = -1;
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		fl_errno(err, errno, "cannot write %s", log);
	else if (back < 0 || chdir(dir))
		fl_errno(err, errno, "cannot work in %s", dir);
	else
		ret = fl_workload_prepare_to(w, argv, fd, fl_privileges_for_workload, err);
	if (back >= 0 && fchdir(back) && !ret)
		ret = fl_errno(err, errno, "cannot go back");
	if (back >= 0)
		close(back);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* fio's own complaint: the last line of its log that is not empty. */
static void last_line(const char *log, char *buf, size_t len)
{
	struct fl_err ignored;
	size_t n;
	char *text = fl_read_file(log, &n, &ignored), *line;

	*buf = '\0';
	if (!text)
		return;
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	line = strrchr(text, '\n');
	snprintf(buf, len, "%s", line ? line + 1 : text);
	free(text);
}

static int fio_status(const struct fl_workload *w, const char *log, struct fl_err *err)
{
	char said[200];

	if (WIFEXITED(w->status) && !WEXITSTATUS(w->status))
		return 0;
	last_line(log, said, sizeof(said));
	if (WIFSIGNALED(w->status)) {
		fl_err(err, "fio was ended by signal %d (%s)", WTERMSIG(w->status),
		       strsignal(WTERMSIG(w->status)));
		return fl_hint(err, "who ended it? out of memory, or somebody's kill");
	}
	fl_err(err, "fio failed with exit code %d: %s", WEXITSTATUS(w->status), said);
	if (strstr(said, "No space left"))
		return fl_hint(err, "make room on the file system, or give a smaller --size");
	return fl_hint(
		err,
		"the profile can be tried by hand: DIR=... SIZE=... RUNTIME=... JOBS=... fio profile.fio");
}

int fl_bench_prefill(const struct fl_bench_run *run, enum fl_system system, struct fl_err *err)
{
	const char *dir = run->dir[system];
	unsigned int files = run->files == FL_FILES_PER_JOB ? most_jobs(run->bench) : 1;
	char size[64], jobs[32], log[PATH_MAX];
	char *const argv[] = {"fio",
			      "--name=prefill",
			      "--directory=.",
			      "--filename_format=data.$jobnum",
			      "--rw=write",
			      "--bs=1m",
			      "--direct=1",
			      "--ioengine=psync",
			      "--thread=1",
			      "--end_fsync=1",
			      "--eta=never",
			      size,
			      jobs,
			      "--output=/dev/null",
			      NULL};
	struct fl_workload w = {};
	int ret;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return fl_errno(err, errno, "cannot make %s", dir);
	remove_data(dir);
	if (run->files == FL_FILES_FRESH)
		return 0;
	snprintf(size, sizeof(size), "--size=%s", fl_bench_get(run->bench, "SIZE"));
	snprintf(jobs, sizeof(jobs), "--numjobs=%u", files);
	if ((size_t)snprintf(log, sizeof(log), "%s/prefill-%s.log", run->result,
			     fl_system_name(system)) >= sizeof(log))
		return fl_errno(err, ENAMETOOLONG, "%s", run->result);
	ret = begin_fio(&w, argv, dir, log, err);
	if (!ret)
		ret = fl_workload_go(&w, "fio", err);
	while (!ret && !fl_workload_ended(&w) && !fl_interrupted)
		fl_sleep_ms(20);
	if (!ret && fl_interrupted)
		ret = 1;
	if (!ret)
		ret = fio_status(&w, log, err);
	fl_workload_finish(&w);
	return ret;
}

struct ticks {
	struct fl_tick *tick;
	size_t n, room;
};

static __u64 add_tick(struct ticks *t, struct fl_collector *c)
{
	struct fl_sample s;

	fl_collector_sample(c, &s);
	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 1024;
		struct fl_tick *grown = realloc(t->tick, room * sizeof(*grown));

		if (!grown)
			return s.writes;
		t->tick = grown;
		t->room = room;
	}
	t->tick[t->n++] = (struct fl_tick){
		.t_ns = s.t_ns,
		.writes = s.writes,
		.exclusive = s.exclusive,
		.shared = s.shared,
		.has_fi_lock = s.has_fi_lock,
		.fi_lock = s.fi_lock,
	};
	return s.writes;
}

static void watch(const struct fl_bench_run *run, struct fl_bench_row *row, struct fl_workload *w,
		  struct fl_collector *c, struct ticks *ticks)
{
	__u64 next = row->start_ns;

	while (!fl_workload_ended(w) && !fl_interrupted) {
		__u64 now = fl_now_ns(), writes = ~0ull;

		/* waking more often than sampling: the end of fio is part of the row's time */
		if (now < next) {
			__u64 left = (next - now) / 1000000 + 1;

			fl_sleep_ms(left < 20 ? left : 20);
			continue;
		}
		next += FL_SERIES_MS * 1000000ull;
		if (next < now)
			next = now + FL_SERIES_MS * 1000000ull;
		if (c) {
			fl_collector_poll(c);
			writes = add_tick(ticks, c);
		}
		if (run->progress)
			run->progress(run->ctx, row, now - row->start_ns, writes);
	}
}

static int set_variables(const struct fl_bench *b, unsigned int jobs)
{
	char text[16];
	int bad = 0;

	for (size_t i = 0; i < b->nvariables; i++)
		bad |= setenv(b->variable[i].name, b->variable[i].value, 1);
	snprintf(text, sizeof(text), "%u", jobs);
	return bad | setenv("JOBS", text, 1) | setenv("DIR", ".", 1);
}

struct row_files {
	char json[PATH_MAX + 16], log_prefix[PATH_MAX + 16], log[PATH_MAX + 16],
		messages[PATH_MAX + 16];
};

static void name_files(struct row_files *f, const char *dir)
{
	snprintf(f->json, sizeof(f->json), "%s/fio.json", dir);
	snprintf(f->log_prefix, sizeof(f->log_prefix), "%s/fio", dir);
	snprintf(f->log, sizeof(f->log), "%s/fio_iops.log", dir);
	snprintf(f->messages, sizeof(f->messages), "%s/fio.log", dir);
}

/* The measurement itself: probes on, fio, probes off. */
static int measure(const struct fl_bench_run *run, struct fl_bench_row *row,
		   const struct row_files *files, struct ticks *ticks, struct fl_err *err)
{
	char output[PATH_MAX + 32], log[PATH_MAX + 64], profile[PATH_MAX + 16];
	char *const argv[] = {"fio",
			      "--output-format=json",
			      output,
			      "--eta=never",
			      log,
			      "--log_avg_msec=100",
			      "--per_job_logs=0",
			      "--log_alternate_epoch=1",
			      "--log_alternate_epoch_clock_id=1",
			      profile,
			      NULL};
	struct fl_workload w = {};
	struct fl_collector *c = NULL;
	int ret = -1;

	snprintf(output, sizeof(output), "--output=%s", files->json);
	snprintf(log, sizeof(log), "--write_iops_log=%s", files->log_prefix);
	snprintf(profile, sizeof(profile), "%s/profile.fio", run->result);
	if (set_variables(run->bench, row->jobs)) {
		fl_err(err, "out of memory");
		goto out;
	}
	if (begin_fio(&w, argv, run->dir[row->system], files->messages, err))
		goto out;
	if (row->probes) {
		fl_privileges_admin(true);
		c = fl_collector_prepare(run->target, &run->collect, err);
		fl_privileges_admin(false);
		if (!c)
			goto out;
		fl_collector_start(c);
		add_tick(ticks, c);
	}
	row->started_s = time(NULL);
	row->start_ns = fl_now_ns();
	if (fl_workload_go(&w, "fio", err)) {
		fl_hint(err, "install fio 3.33 or newer");
		goto out;
	}
	watch(run, row, &w, c, ticks);
	row->end_ns = fl_now_ns();
	if (fl_interrupted) {
		ret = 1;
		goto out;
	}
	if (c) {
		fl_collector_stop(c);
		add_tick(ticks, c);
		if (fl_collector_read(c, &row->snapshot, err))
			goto out;
		row->counted = true;
	}
	ret = fio_status(&w, files->messages, err);
out:
	fl_workload_finish(&w);
	fl_collector_finish(c);
	return ret;
}

static int read_fio(struct fl_bench_row *row, const struct row_files *files,
		    const struct ticks *ticks, struct fl_err *err)
{
	struct fl_err ignored;
	size_t len;
	char *text = fl_read_file(files->json, &len, err);
	int ret = text ? fl_fio_read_output(&row->fio, text, len, err) : -1;

	free(text);
	if (ret)
		return -1;
	if (row->fio.error)
		return fl_errno(err, row->fio.error, "fio's jobs failed");
	if (!row->fio.write.ios)
		return fl_err(err, "fio did not write: is this a profile that does?");
	/* a row without its time series is still a row */
	text = fl_read_file(files->log, &len, &ignored);
	ret = fl_series_join(&row->series, text ? text : "", text ? len : 0, FL_SERIES_MS,
			     ticks->tick, ticks->n, err);
	free(text);
	return ret;
}

/* A row that failed goes, but what fio said stays. */
static void keep_messages(const char *result, const struct row_files *files, struct fl_err *err)
{
	char to[PATH_MAX + 16];
	struct stat st;

	snprintf(to, sizeof(to), "%s/failed.log", result);
	if (!stat(files->messages, &st) && st.st_size && !rename(files->messages, to) &&
	    !err->hint[0])
		fl_hint(err, "%.400s holds what fio said", to);
}

int fl_bench_run_row(const struct fl_bench_run *run, struct fl_bench_row *row, struct fl_err *err)
{
	struct ticks ticks = {};
	struct row_files files;
	char dir[PATH_MAX];
	int ret;

	if (run->files == FL_FILES_FRESH)
		remove_data(run->dir[row->system]);
	if (fl_result_row_begin(run->result, row->id, dir, sizeof(dir), err))
		return -1;
	name_files(&files, dir);
	ret = measure(run, row, &files, &ticks, err);
	if (!ret)
		ret = read_fio(row, &files, &ticks, err);
	if (!ret) {
		fl_bench_row_judge(row, run->bench->max_loss);
		ret = fl_result_row_finish(run->result, row, err);
	}
	if (ret < 0)
		keep_messages(run->result, &files, err);
	if (ret)
		fl_result_row_discard(run->result, row->id);
	free(ticks.tick);
	return ret;
}
