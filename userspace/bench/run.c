// SPDX-License-Identifier: GPL-2.0-only
#include "bench/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench/stall.h"
#include "cmd.h"
#include "kernel/privileges.h"
#include "result/dir.h"
#include "util/array.h"
#include "util/workload.h"
#include "util/below.h"

static unsigned int most_jobs(const struct fl_bench *b)
{
	unsigned int most = 0;

	for (size_t i = 0; i < b->njob_counts; i++)
		if (b->job_count[i] > most)
			most = b->job_count[i];
	return most;
}

/* How long a file system may take to remove files. A stopped daemon never answers. */
#define REMOVAL_SECONDS 300

/* fio works in the directory itself, so that no name of it passes through fio's own syntax. */
static int begin_fio(struct fl_workload *w, const struct fl_bench_run *run, char *const argv[],
		     enum fl_system system, int log_dir, const char *log, int profile, int row,
		     struct fl_err *err)
{
	struct fl_workload_opts o = {
		.output = fl_below_open(log_dir, log, O_WRONLY | O_CREAT | O_TRUNC, 0666),
		.dir = run->place[system].dir,
		.inherit = {profile, row},
		.own_group = true,
		.in_child = fl_privileges_for_workload,
	};
	int ret;

	if (o.output < 0)
		return fl_errno(err, errno, "cannot write %s/%s", run->result->path, log);
	ret = fl_workload_prepare_ours(w, argv, &o, err);
	close(o.output);
	return ret;
}

/* fio has done no I/O for so long. */
static int no_answer(const struct fl_bench_run *run, struct fl_err *err)
{
	fl_err(err, "fio was given up: for %llu s none of its I/O got an answer", run->deadline);
	return fl_hint(
		err,
		"is the mount's daemon stopped? 'fuselens files' shows who serves it; --deadline waits longer");
}

/* Ends all of fio's processes. Reports those that the kernel does not let go. */
static int end_fio(struct fl_workload *w, int ret, struct fl_err *err)
{
	char before[sizeof(err->what)] = "";

	fl_workload_finish(w);
	if (!w->left)
		return ret;
	if (ret < 0)
		snprintf(before, sizeof(before), "%.300s; ", err->what);
	fl_err(err,
	       "%s%zu processes of fio could not be ended: the kernel holds them until they get it",
	       before, w->left);
	return fl_hint(err, "is the mount's daemon stopped? 'fuselens files' shows who serves it");
}

/* fio's own complaint: the last line of its log that is not empty. */
static void last_line(int dir, const char *log, char *buf, size_t len)
{
	struct fl_err ignored;
	size_t n;
	char *text = fl_below_read(dir, log, &n, &ignored), *line;

	*buf = '\0';
	if (!text)
		return;
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	line = strrchr(text, '\n');
	snprintf(buf, len, "%s", line ? line + 1 : text);
	free(text);
}

static int fio_status(const struct fl_workload *w, int dir, const char *log, struct fl_err *err)
{
	char said[200];

	if (WIFEXITED(w->status) && !WEXITSTATUS(w->status))
		return 0;
	last_line(dir, log, said, sizeof(said));
	if (WIFSIGNALED(w->status)) {
		fl_err(err, "fio was ended by signal %d (%s)", WTERMSIG(w->status),
		       strsignal(WTERMSIG(w->status)));
		return fl_hint(err, "was the machine out of memory, or did somebody kill it?");
	}
	fl_err(err, "fio failed with exit code %d: %s", WEXITSTATUS(w->status), said);
	if (strstr(said, "No space left"))
		return fl_hint(err, "make room on the file system, or give a smaller --size");
	return fl_hint(
		err,
		"the profile can be tried by hand: DIR=... SIZE=... RUNTIME=... JOBS=... fio profile.fio");
}

int fl_bench_prefill(struct fl_bench_run *run, enum fl_system system, struct fl_err *err)
{
	unsigned int files = run->files == FL_FILES_PER_JOB ? most_jobs(run->bench) : 1;
	char size[64], jobs[32], log[32];
	char *const argv[] = {(char *)run->fio,
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
	struct fl_stall stall;
	bool stalled = false;
	int ret;

	if (run->files == FL_FILES_FRESH)
		return 0;
	snprintf(size, sizeof(size), "--size=%s", fl_bench_get(run->bench, "SIZE"));
	snprintf(jobs, sizeof(jobs), "--numjobs=%u", files);
	snprintf(log, sizeof(log), "prefill-%s.log", fl_system_name(system));
	ret = begin_fio(&w, run, argv, system, run->result->fd, log, 0, 0, err);
	if (!ret)
		ret = fl_workload_go(&w, run->fio, err);
	fl_stall_begin(&stall, w.pid, 0);
	while (!ret && !stalled && !fl_workload_ended(&w) && !fl_interrupted) {
		fl_sleep_ms(20);
		stalled = fl_stall_lasts(&stall, run->deadline);
	}
	if (!ret && fl_interrupted)
		ret = 1;
	else if (stalled)
		ret = no_answer(run, err);
	if (!ret)
		ret = fio_status(&w, run->result->fd, log, err);
	return end_fio(&w, ret, err);
}

struct samples {
	struct fl_sample *sample;
	size_t n;
};

static __u64 add_sample(struct samples *all, struct fl_collector *c)
{
	struct fl_sample s;

	fl_collector_sample(c, &s);
	if (FL_MORE(all->sample, all->n))
		all->sample[all->n++] = s;
	return s.writes;
}

/* Returns whether fio ended, or was interrupted; false: its I/O gets no answer. */
static bool watch(const struct fl_bench_run *run, struct fl_bench_row *row, struct fl_workload *w,
		  struct fl_collector *c, struct samples *samples)
{
	__u64 next = row->start_ns;
	struct fl_stall stall;

	/* as long as fio should run, nobody disturbs the machine by looking */
	fl_stall_begin(&stall, w->pid, atof(fl_bench_get(run->bench, "RUNTIME")));
	while (!fl_workload_ended(w) && !fl_interrupted) {
		__u64 now = fl_now_ns(), writes = ~0ull;

		/*
		 * wake more often than for samples: the row's time includes the wait for fio's end
		 */
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
			writes = add_sample(samples, c);
		}
		if (run->progress)
			run->progress(run->ctx, row, now - row->start_ns, writes);
		if (fl_stall_lasts(&stall, run->deadline))
			return false;
	}
	return true;
}

static int set_variables(const struct fl_bench *b, const struct fl_bench_row *row)
{
	char text[16];
	int bad = 0;

	for (size_t i = 0; i < b->nvariables; i++)
		bad |= setenv(b->variable[i].name, b->variable[i].value, 1);
	if (b->sweep)
		bad |= setenv(b->sweep, row->sweep, 1);
	snprintf(text, sizeof(text), "%u", row->jobs);
	return bad | setenv("JOBS", text, 1) | setenv("DIR", ".", 1);
}

#define FIO_JSON     "fio.json"
#define FIO_MESSAGES "fio.log"
/*
 * The checked text of the profile, in memory. The copy in the result directory is only for people.
 */
static int profile_file(const struct fl_bench *b, struct fl_err *err)
{
	int fd = memfd_create("profile", MFD_CLOEXEC);
	size_t len = strlen(b->profile_text);

	if (fd >= 0 && write(fd, b->profile_text, len) == (ssize_t)len)
		return fd;
	fl_errno(err, errno, "cannot hand the profile to fio");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Counts the writes of fio, whose PID is given. */
static struct fl_collector *begin_counting(const struct fl_bench_run *run, pid_t fio,
					   struct fl_err *err)
{
	struct fl_collect_opts collect = run->collect;
	struct fl_collector *c;

	collect.command = fio;
	fl_privileges_admin(true);
	c = fl_collector_prepare(run->target, &collect, err);
	fl_privileges_admin(false);
	if (c)
		fl_collector_start(c);
	return c;
}

/*
 * The measurement itself: start counting, run fio, stop counting. fio reaches its files through
 * descriptors that it inherits.
 */
static int measure(struct fl_bench_run *run, struct fl_bench_row *row, int dir,
		   struct samples *samples, struct fl_err *err)
{
	int profile_fd = profile_file(run->bench, err);
	char output[64], log[64], profile[64];
	char *const argv[] = {(char *)run->fio,
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
	bool answered;
	int ret = -1;

	if (profile_fd < 0)
		return -1;
	snprintf(output, sizeof(output), "--output=/proc/self/fd/%d/" FIO_JSON, dir);
	snprintf(log, sizeof(log), "--write_iops_log=/proc/self/fd/%d/fio", dir);
	snprintf(profile, sizeof(profile), "/proc/self/fd/%d", profile_fd);
	if (set_variables(run->bench, row)) {
		fl_err(err, "out of memory");
		goto out;
	}
	if (begin_fio(&w, run, argv, row->system, dir, FIO_MESSAGES, profile_fd, dir, err))
		goto out;
	if (row->probes) {
		c = begin_counting(run, w.pid, err);
		if (!c)
			goto out;
		add_sample(samples, c);
	}
	row->started_s = time(NULL);
	row->start_ns = fl_now_ns();
	if (fl_workload_go(&w, run->fio, err))
		goto out;
	answered = watch(run, row, &w, c, samples);
	row->end_ns = fl_now_ns();
	if (fl_interrupted || !answered) {
		ret = fl_interrupted ? 1 : no_answer(run, err);
		goto out;
	}
	if (c) {
		fl_collector_stop(c);
		add_sample(samples, c);
		if (fl_collector_read(c, &row->snapshot, err))
			goto out;
		row->counted = true;
	}
	ret = fio_status(&w, dir, FIO_MESSAGES, err);
out:
	ret = end_fio(&w, ret, err);
	fl_collector_finish(c);
	close(profile_fd);
	return ret;
}

static int read_fio(struct fl_bench_row *row, const char *profile, int dir,
		    const struct samples *samples, struct fl_err *err)
{
	struct fl_err ignored;
	size_t len;
	char *text = fl_below_read(dir, FIO_JSON, &len, err);
	int ret = text ? fl_fio_read_output(&row->fio, text, len, err) : -1;

	free(text);
	if (ret)
		return -1;
	if (row->fio.error)
		return fl_errno(err, row->fio.error, "fio's jobs failed");
	if (!row->fio.write.ios) {
		fl_err(err, "fio wrote nothing");
		if (strstr(profile, "exec_prerun"))
			return fl_hint(
				err,
				"fio leaves out a job whose exec_prerun fails, and does not say so: try that command by hand");
		return fl_hint(
			err,
			"does this profile write? if so, the machine was too busy: a longer --runtime helps");
	}
	/* a row without its time series is still a row */
	text = fl_below_read(dir, "fio_iops.log", &len, &ignored);
	ret = fl_series_join(&row->series, text ? text : "", text ? len : 0, FL_SERIES_MS,
			     samples->sample, samples->n, err);
	free(text);
	return ret;
}

/* Of a row that failed fio's messages are kept, with the row's name and the reason below them. */
static void keep_messages(const struct fl_bench_run *run, const struct fl_bench_row *row, int dir,
			  struct fl_err *err)
{
	int fd = fl_below_open(dir, FIO_MESSAGES, O_WRONLY | O_CREAT | O_APPEND, 0666);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size && !err->hint[0])
		fl_hint(err, "fio's messages are in %.400s/failed.log", run->result->path);
	dprintf(fd, "fuselens bench: row %s failed: %s\n", row->id, err->what);
	close(fd);
	renameat(dir, FIO_MESSAGES, run->result->fd, "failed.log");
}

int fl_bench_run_row(struct fl_bench_run *run, struct fl_bench_row *row, struct fl_err *err)
{
	struct samples samples = {};
	int dir, ret;

	if (run->files == FL_FILES_FRESH &&
	    fl_janitor_empty(&run->place[row->system], REMOVAL_SECONDS, err))
		return fl_interrupted ? 1 : -1;
	dir = fl_result_row_begin(run->result, row->id, err);
	if (dir < 0)
		return -1;
	ret = measure(run, row, dir, &samples, err);
	if (!ret)
		ret = read_fio(row, run->bench->profile_text, dir, &samples, err);
	if (!ret) {
		fl_bench_row_judge(row, run->bench->max_loss);
		ret = fl_result_row_finish(run->result, dir, row, err);
	}
	if (ret < 0)
		keep_messages(run, row, dir, err);
	close(dir);
	if (ret)
		fl_result_row_discard(run->result, row->id);
	free(samples.sample);
	return ret;
}
