// SPDX-License-Identifier: GPL-2.0-only
#include "util/in_time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "util/clock.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/pass_fds.h"
#include "util/processes.h"

/* What the child says: the errno that explains why there is no descriptor, or the bytes that it read. */
struct answer {
	int why;
	size_t len;
	char text[FL_READ_IN_TIME];
};

typedef int question(const char *path, struct answer *a);

static int open_path(const char *path, struct answer *a)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	a->why = fd < 0 ? errno : 0;
	return fd;
}

static int read_proc(const char *path, struct answer *a)
{
	a->len = fl_read_proc(path, a->text, sizeof(a->text));
	return -1;
}

static void answer_in_child(int line, question *ask, const char *path)
{
	struct answer a = {};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = ask(path, &a);
	_exit(fl_pass_fds(line, &a, sizeof(a), &fd, fd >= 0) < 0);
}

/* Returns 0 with the answer, and a descriptor if there is one; -1 with errno set. */
static int in_time(question *ask, const char *path, double seconds, struct answer *a, int *fd)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	struct pollfd p = {.events = POLLIN};
	int line[2], ready = 0, why;
	pid_t pid;

	*fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		return -1;
	pid = fork();
	if (!pid) {
		close(line[0]);
		answer_in_child(line[1], ask, path);
	}
	why = errno;
	close(line[1]);
	p.fd = line[0];
	while (pid > 0 && !ready && !fl_interrupted && fl_now_ns() < end)
		ready = poll(&p, 1, 50) > 0;
	if (ready)
		why = fl_receive_fds(line[0], a, sizeof(*a), fd, 1) ? EIO : 0;
	else if (pid > 0)
		why = fl_interrupted ? EINTR : ETIMEDOUT;
	close(line[0]);
	if (pid > 0)
		fl_process_end_child(pid);
	errno = why;
	return why ? -1 : 0;
}

int fl_open_in_time(const char *path, double seconds)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct answer a;

	if (fd >= 0 || (errno != EAGAIN && errno != EINVAL && errno != ENOSYS))
		return fd;
	if (!in_time(open_path, path, seconds, &a, &fd))
		errno = a.why;
	return fd;
}

size_t fl_read_proc_in_time(const char *path, char *buf, size_t len, double seconds)
{
	struct answer a;
	int none;

	buf[0] = '\0';
	if (in_time(read_proc, path, seconds, &a, &none))
		return 0;
	if (a.len > len - 1)
		a.len = len - 1;
	memcpy(buf, a.text, a.len);
	buf[a.len] = '\0';
	return a.len;
}
