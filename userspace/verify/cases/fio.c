// SPDX-License-Identifier: GPL-2.0-only
#include "verify/cases/fio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/file.h"
#include "util/text.h"
#include "verify/cases/child.h"

/*
 * verify_fatal: without it fio reports a block that fails its check on stderr and then ends with 0.
 * fallocate and fsync take the inode lock too and are not wanted unasked. A thread per job: all of them
 * end with the one process.
 */
static const char global[] = "[global]\n"
			     "thread=1\n"
			     "verify_fatal=1\n"
			     "verify_state_save=0\n"
			     "fallocate=none\n"
			     "group_reporting=0\n"
			     "allow_file_create=0\n";

static int write_job(const char *path, const char *job)
{
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return -1;
	bad = fprintf(f, "%s%s", global, job) < 0;
	return fclose(f) || bad ? -1 : 0;
}

static void exec_fio(const char *job, const char *out, const char *messages)
{
	char output[PATH_MAX + 16];
	int fd = open(messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	snprintf(output, sizeof(output), "--output=%s", out);
	execlp("fio", "fio", "--output-format=json", output, "--eta=never", job, NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* fio's own first words about what went wrong. */
static void fio_failed(struct fl_case_env *e, const char *messages, int status)
{
	struct fl_err ignored;
	size_t len;
	char *text = fl_read_file(messages, &len, &ignored), *line;

	if (text)
		text[strcspn(text, "\n")] = '\0';
	line = text ? fl_safe(text) : NULL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		fl_case_inconclusive(e, "fio is not installed");
	} else if (WIFSIGNALED(status)) {
		fl_case_fail(e, "fio was killed by signal %d", WTERMSIG(status));
	} else {
		/* as for our own calls: refused is not wrong */
		if (line && strstr(line, "Invalid argument"))
			fl_case_inconclusive(e, "%s", line);
		else
			fl_case_fail(e, "%s", line && *line ? line : "fio failed without a word");
	}
	free(line);
	free(text);
}

int fl_fio_run(struct fl_case_env *e, const char *job, struct fl_fio *fio)
{
	char job_path[PATH_MAX], out[PATH_MAX], messages[PATH_MAX], *text;
	struct fl_fio unused;
	struct fl_err err;
	int status, ret = -1;
	size_t len;
	pid_t pid;

	snprintf(job_path, sizeof(job_path), "%s/job", e->tmp);
	snprintf(out, sizeof(out), "%s/out", e->tmp);
	snprintf(messages, sizeof(messages), "%s/messages", e->tmp);
	unlink(out);
	if (write_job(job_path, job))
		return fl_case_inconclusive(e, "writing %s: %s", job_path, strerror(errno));
	pid = fork();
	if (!pid)
		exec_fio(job_path, out, messages);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fl_case_inconclusive(e, "fork: %s", strerror(errno));
	if (status) {
		fio_failed(e, messages, status);
		return -1;
	}
	text = fl_read_file(out, &len, &err);
	if (!text || fl_fio_read_output(fio ? fio : &unused, text, len, &err))
		fl_case_inconclusive(e, "%s", err.what);
	else
		ret = 0;
	free(text);
	return ret;
}

int fl_fio_seed(struct fl_case_env *e, const char *file, __u64 size)
{
	char job[512];
	int fd = fl_case_open(e, file, O_RDWR | O_CREAT | O_TRUNC);

	if (fd < 0)
		return -1;
	/* of full size beforehand: fio unlinks a file that it finds too short and is to write */
	if (ftruncate(fd, size)) {
		close(fd);
		return fl_case_errno(e, "ftruncate");
	}
	close(fd);
	snprintf(job, sizeof(job),
		 "[seed]\nfilename=%s\nrw=write\nbs=1M\nsize=%llu\ndirect=1\nioengine=psync\n"
		 "verify=crc32c\nverify_interval=4k\ndo_verify=0\n",
		 file, (unsigned long long)size);
	return fl_fio_run(e, job, NULL);
}

int fl_fio_verify(struct fl_case_env *e, const char *file, __u64 size)
{
	char job[512];

	snprintf(job, sizeof(job),
		 "[check]\nfilename=%s\nrw=read\nbs=1M\nsize=%llu\ndirect=1\nioengine=psync\n"
		 "verify=crc32c\nverify_interval=4k\n",
		 file, (unsigned long long)size);
	return fl_fio_run(e, job, NULL);
}
