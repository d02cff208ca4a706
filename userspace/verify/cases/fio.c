// SPDX-License-Identifier: GPL-2.0-only
#include "verify/cases/fio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/file.h"
#include "util/text.h"
#include "util/workload.h"
#include "verify/cases/child.h"

/*
 * verify_fatal: without it, fio reports a block that fails its check on stderr and still ends with
 * 0. fallocate and fsync also take the inode lock, so fio must not make them by itself. Jobs are
 * threads, so that all of them end with one process.
 */
static const char global[] = "[global]\n"
			     "thread=1\n"
			     "verify_fatal=1\n"
			     "verify_state_save=0\n"
			     "fallocate=none\n"
			     "group_reporting=0\n"
			     "allow_file_create=0\n";

/* fio's job file and output: files in memory, which it reaches by /proc/self/fd. */
struct papers {
	int job, out, messages;
};

static int prepare_papers(struct papers *p, const char *fmt, va_list ap)
{
	p->job = memfd_create("job", MFD_CLOEXEC);
	p->out = memfd_create("out", MFD_CLOEXEC);
	p->messages = memfd_create("messages", MFD_CLOEXEC);
	if (p->job < 0 || p->out < 0 || p->messages < 0)
		return -1;
	return dprintf(p->job, "%s", global) < 0 || vdprintf(p->job, fmt, ap) < 0 ? -1 : 0;
}

/* fio's first message about what went wrong. */
static void fio_failed(struct fl_case_env *e, int messages, int status)
{
	struct fl_err ignored;
	size_t len;
	char *text = fl_read_fd(messages, "its messages", &len, &ignored), *line;

	if (text)
		text[strcspn(text, "\n")] = '\0';
	line = text ? fl_safe(text) : NULL;
	if (WIFSIGNALED(status)) {
		fl_case_fail(e, "fio was killed by signal %d", WTERMSIG(status));
	} else {
		/* as with our own calls, a refusal is inconclusive, not a failure */
		if (line && strstr(line, "Invalid argument"))
			fl_case_inconclusive(e, "%s", line);
		else
			fl_case_fail(e, "%s",
				     line && *line ? line : "fio failed without a message");
	}
	free(line);
	free(text);
}

static int run_fio(struct fl_case_env *e, const struct papers *p)
{
	char job[48], output[48];
	char *const argv[] = {
		(char *)e->opts->fio, "--output-format=json", output, "--eta=never", job, NULL};
	struct fl_workload_opts o = {
		.output = p->messages, .dir = e->dir, .inherit = {p->job, p->out}};
	struct fl_workload w;
	struct fl_err err;

	snprintf(job, sizeof(job), "/proc/self/fd/%d", p->job);
	snprintf(output, sizeof(output), "--output=/proc/self/fd/%d", p->out);
	if (fl_workload_prepare_ours(&w, argv, &o, &err) || fl_workload_go(&w, argv[0], &err))
		return fl_case_inconclusive(e, "%s", err.what);
	while (!fl_workload_ended(&w))
		fl_workload_sleep_ms(&w, 100);
	fl_workload_finish(&w);
	if (w.status)
		fio_failed(e, dup(p->messages), w.status);
	return w.status ? -1 : 0;
}

int fl_fio_run(struct fl_case_env *e, struct fl_fio *fio, const char *fmt, ...)
{
	struct papers p = {-1, -1, -1};
	struct fl_fio unused;
	struct fl_err err;
	char *text;
	int ret = -1, bad;
	size_t len;
	va_list ap;

	if (!e->opts->fio)
		return fl_case_inconclusive(e, "fio is not installed");
	va_start(ap, fmt);
	bad = prepare_papers(&p, fmt, ap);
	va_end(ap);
	if (bad) {
		fl_case_inconclusive(e, "cannot make files in memory for fio: %s", strerror(errno));
	} else if (!run_fio(e, &p)) {
		text = fl_read_fd(dup(p.out), "fio's output", &len, &err);
		if (!text || fl_fio_read_output(fio ? fio : &unused, text, len, &err))
			fl_case_inconclusive(e, "%s", err.what);
		else
			ret = 0;
		free(text);
	}
	close(p.job);
	close(p.out);
	close(p.messages);
	return ret;
}

int fl_fio_seed(struct fl_case_env *e, const char *file, __u64 size)
{
	int fd = fl_case_open(e, file, O_RDWR | O_CREAT | O_TRUNC);

	if (fd < 0)
		return -1;
	/* give the file its full size first: fio unlinks a file that is too short for its writes */
	if (ftruncate(fd, size)) {
		close(fd);
		return fl_case_errno(e, "ftruncate");
	}
	close(fd);
	return fl_fio_run(
		e, NULL,
		"[seed]\nfilename=%s\nrw=write\nbs=1M\nsize=%llu\ndirect=1\nioengine=psync\n"
		"verify=crc32c\nverify_interval=4k\ndo_verify=0\n",
		file, size);
}

int fl_fio_verify(struct fl_case_env *e, const char *file, __u64 size)
{
	return fl_fio_run(
		e, NULL,
		"[check]\nfilename=%s\nrw=read\nbs=1M\nsize=%llu\ndirect=1\nioengine=psync\n"
		"verify=crc32c\nverify_interval=4k\n",
		file, size);
}
