// SPDX-License-Identifier: GPL-2.0-only
#include "util/capture.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "util/file.h"
#include "util/interrupt.h"
#include "util/processes.h"
#include "util/program.h"

#define NOT_FOUND 127

static int memory_file(const char *text)
{
	int fd = memfd_create("fuselens", MFD_CLOEXEC);
	size_t len = text ? strlen(text) : 0, done = 0;

	while (fd >= 0 && done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Waits for the end of the process, and ends it when we are interrupted; then returns false. */
static bool await(pid_t pid, int *status)
{
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	bool ended = false;

	while (!ended && !fl_interrupted) {
		poll(&p, 1, 50);
		ended = waitpid(pid, status, WNOHANG) != 0;
	}
	if (p.fd >= 0)
		close(p.fd);
	if (ended)
		return true;
	fl_process_end_child(pid);
	return false;
}

/* Files in memory instead of pipes: nobody has to read while somebody writes. */
char *fl_capture_from(char *const argv[], int in, size_t *len, struct fl_err *err)
{
	int out = memory_file(NULL), log = memory_file(NULL), status = 0;
	char *text = NULL, *said = NULL, *first = NULL;
	size_t ignored;
	pid_t pid;

	if (out < 0 || log < 0) {
		fl_errno(err, errno, "cannot make files in memory");
		goto out;
	}
	pid = fork();
	if (!pid) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		fl_program_trust_path();
		execv(argv[0], argv);
		_exit(NOT_FOUND);
	}
	if (pid < 0) {
		fl_errno(err, errno, "cannot fork");
		goto out;
	}
	if (!await(pid, &status)) {
		fl_err(err, "%s: interrupted", argv[0]);
		goto out;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		lseek(out, 0, SEEK_SET);
		text = fl_read_all(out, SIZE_MAX, len);
		if (!text)
			fl_err(err, "out of memory");
		goto out;
	}
	lseek(log, 0, SEEK_SET);
	said = fl_read_all(log, SIZE_MAX, &ignored);
	/* the first line with anything on it */
	if (said)
		first = said + strspn(said, "\n");
	if (first)
		first[strcspn(first, "\n")] = '\0';
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		fl_err(err, "cannot run %s: not installed?", argv[0]);
	else if (WIFEXITED(status))
		fl_err(err, "%s ended with exit code %d: %.200s", argv[0], WEXITSTATUS(status),
		       first ? first : "");
	else
		fl_err(err, "%s was ended by signal %d", argv[0], WTERMSIG(status));
out:
	free(said);
	if (out >= 0)
		close(out);
	if (log >= 0)
		close(log);
	return text;
}

char *fl_capture(char *const argv[], const char *input, size_t *len, struct fl_err *err)
{
	int in = memory_file(input);
	char *text;

	if (in < 0) {
		fl_errno(err, errno, "cannot make files in memory");
		return NULL;
	}
	text = fl_capture_from(argv, in, len, err);
	close(in);
	return text;
}
