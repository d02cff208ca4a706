// SPDX-License-Identifier: GPL-2.0-only
/* Runs the processes and threads of a plan, and those that only read or map its files. */
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"

struct actor {
	const struct place *place;
	const struct plan *plan;
	struct ledger *ledger;
	uint32_t nr;
	pthread_t thread;
};

static void nothing(int sig)
{
}

static void run_job(struct job *j)
{
	struct op reopen = {.kind = OP_REOPEN};
	bool done;

	j->fd = -1;
	job_event(j, &reopen);
	switch (j->run->engine) {
	case ENGINE_AIO:
		done = engine_aio(j);
		break;
	case ENGINE_URING:
		done = engine_uring(j);
		break;
	default:
		done = false;
	}
	/* if the kernel refuses an interface, the plan's writes are made by pwrite() */
	if (!done)
		engine_sync(j);
	if (j->fd >= 0)
		close(j->fd);
}

static void *act(void *arg)
{
	struct actor *a = arg;
	char *buffer = mmap(NULL, 2 * OP_LENGTH_MAX, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (buffer == MAP_FAILED || mprotect(buffer, OP_LENGTH_MAX, PROT_READ | PROT_WRITE)) {
		ledger_fault(a->ledger, "no memory for buffers");
		return NULL;
	}
	for (uint32_t i = 0; i < a->plan->actor[a->nr].runs; i++) {
		struct job j = {
			.plan = a->plan,
			.ledger = a->ledger,
			.place = a->place,
			.run = &a->plan->actor[a->nr].run[i],
			.actor = a->nr,
			.run_nr = i,
			.buffer = buffer,
		};

		run_job(&j);
	}
	munmap(buffer, 2 * OP_LENGTH_MAX);
	return NULL;
}

/* One process: its limits, its signals, its threads. */
static void process(const struct place *place, const struct plan *p, struct ledger *l, uint32_t nr)
{
	struct actor actor[PLAN_ACTORS];
	const struct itimerval often = {{0, 1500}, {0, 1500}}, never = {};
	const struct rlimit limit = {p->size_limit, RLIM_INFINITY};
	const struct sigaction on_alarm = {.sa_handler = nothing};
	uint32_t n = 0;

	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGALRM, &on_alarm, NULL);
	if (p->size_limit && nr == 0 && setrlimit(RLIMIT_FSIZE, &limit))
		ledger_fault(l, "setrlimit: errno %d", errno);
	if (p->signals >> nr & 1)
		setitimer(ITIMER_REAL, &often, NULL);
	for (uint32_t i = 0; i < p->actors; i++) {
		if (p->actor[i].process != nr)
			continue;
		actor[n] = (struct actor){place, p, l, i, 0};
		if (pthread_create(&actor[n].thread, NULL, act, &actor[n]))
			ledger_fault(l, "no thread");
		else
			n++;
	}
	for (uint32_t i = 0; i < n; i++)
		pthread_join(actor[i].thread, NULL);
	setitimer(ITIMER_REAL, &never, NULL);
}

static sigjmp_buf beyond_the_end;

static void fell_off(int sig)
{
	siglongjmp(beyond_the_end, 1);
}

/* A truncate removes pages of a mapping: then skip the rest of it. */
static void use_mapping(char *map, size_t size, bool store)
{
	volatile char sum = 0;

	if (sigsetjmp(beyond_the_end, 1))
		return;
	for (size_t at = 0; at < size; at += 4096) {
		if (store)
			map[at]++;
		else
			sum += map[at];
	}
}

/* Reads, maps or stores until it is killed. */
static void look_on(const struct place *place, const struct plan *p, const struct plan_aside *aside)
{
	char path[PLACE_PATH], name[PLACE_NAME], block[65536];
	struct stat st;
	char *map = MAP_FAILED;
	int fd;

	place_name(p, aside->file, 0, name);
	place_path(place, p, aside->file, "mnt", name, path);
	signal(SIGBUS, fell_off);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return;
	if (aside->kind != BESIDE_READER) {
		map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			return; /* a file in direct mode may refuse a shared mapping */
	}
	for (;;) {
		if (aside->kind == BESIDE_READER)
			for (off_t at = 0; at < st.st_size; at += sizeof(block))
				(void)!pread(fd, block, sizeof(block), at);
		else
			use_mapping(map, st.st_size, aside->kind == BESIDE_STORES);
		usleep(200);
	}
}

static pid_t forked(const struct place *place, const struct plan *p, struct ledger *l, uint32_t i)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	/*
	 * the process that ends the load ends all of it: readers and mappers would never end by
	 * themselves
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (i < p->processes)
		process(place, p, l, i);
	else
		look_on(place, p, &p->beside[i - p->processes]);
	_exit(0);
}

static void wait_for(pid_t pid, bool writer, struct ledger *l)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (writer && (!WIFEXITED(status) || WEXITSTATUS(status)))
		ledger_fault(l, "a writer ended with status %#x", status);
}

void drive(const struct place *place, const struct plan *p, struct ledger *l)
{
	pid_t pid[PLAN_ACTORS + PLAN_ASIDE];
	uint32_t n = p->processes + p->aside;

	for (uint32_t i = n; i-- > 0;) {
		pid[i] = forked(place, p, l, i);
		if (pid[i] < 0)
			ledger_fault(l, "no process");
	}
	for (uint32_t i = 0; i < p->processes; i++)
		if (pid[i] > 0)
			wait_for(pid[i], true, l);
	for (uint32_t i = p->processes; i < n; i++) {
		if (pid[i] > 0) {
			kill(pid[i], SIGKILL);
			wait_for(pid[i], false, l);
		}
	}
	atomic_store(&l->done, 1);
}
