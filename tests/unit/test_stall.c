// SPDX-License-Identifier: GPL-2.0-only
/* Whether fio gets on: processes of ours stand in for it. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "bench/stall.h"
#include "util/interrupt.h"

static void *wake_up_often(void *arg)
{
	for (;;)
		usleep(1000);
	return arg;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void begin(void *(*thread)(void *))
{
	pthread_t t;

	if (thread && pthread_create(&t, NULL, thread, NULL))
		_exit(1);
}

/* As fio: a main thread, one for statistics that wakes up often, a job in a thread, and one in a process. */
static pid_t begin_fio(void *(*leader)(void *), void *(*thread)(void *), void *(*process)(void *))
{
	pid_t pid = fork(), job;

	if (pid)
		return pid;
	/* before it has a child, which would not be in the group otherwise, and would stay */
	setpgid(0, 0);
	begin(wake_up_often);
	begin(thread);
	job = process ? fork() : 1;
	if (!job)
		process(NULL);
	leader(NULL);
	_exit(0);
}

static void end(pid_t pid)
{
	/* its processes are in its group */
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Looks until a stall is seen, or three times that it gets on. */
static bool stalls(void *(*leader)(void *), void *(*thread)(void *), void *(*process)(void *),
		   double seconds)
{
	pid_t pid = begin_fio(leader, thread, process);
	bool stalled = false;
	__u64 moved = 0;
	struct fl_stall s;
	int times = 0;

	assert_true(pid > 0);
	setpgid(pid, pid);
	/* until its processes are there */
	fl_sleep_ms(100);
	fl_stall_begin(&s, pid, 0);
	while (!stalled && times < 4) {
		fl_sleep_ms(10);
		s.looked_ns = 0; /* now, not in a second */
		stalled = fl_stall_lasts(&s, seconds);
		times += s.moved_ns > moved;
		moved = s.moved_ns;
	}
	end(pid);
	return stalled;
}

static void test_gets_on(void **state)
{
	assert_false(stalls(wake_up_often, wake_up_often, NULL, 600));
	assert_false(stalls(wake_up_often, wait_for_ever, wake_up_often, 600));
	assert_false(stalls(wake_up_often, NULL, NULL, 600));
}

static void test_stalls(void **state)
{
	assert_true(stalls(wait_for_ever, NULL, NULL, 0.2));
	assert_true(stalls(wake_up_often, wait_for_ever, wait_for_ever, 0.2));
	assert_true(stalls(wake_up_often, NULL, wait_for_ever, 0.2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gets_on),
		cmocka_unit_test(test_stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
