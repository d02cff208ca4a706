// SPDX-License-Identifier: GPL-2.0-only
/* Ending children: killed ones that are still there are waited for, unless the kernel holds them. */
#include "check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/processes.h"

/* A child that sleeps, and that anybody may trace. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		for (;;)
			pause();
	}
	return pid;
}

/* Another child, which traces the first for so long: meanwhile that cannot be reaped, whoever kills it. */
static pid_t tracer(pid_t of, unsigned int ms)
{
	int line[2];
	pid_t pid;
	char ok = 0;

	assert_int_equal(pipe(line), 0);
	pid = fork();
	if (!pid) {
		/* the sleeper may not have allowed it yet */
		for (int i = 0; i < 1000 && ptrace(PTRACE_SEIZE, of, 0, 0); i++)
			usleep(10000);
		ok = write(line[1], "", 1) == 1;
		usleep(ms * 1000);
		_exit(!ok);
	}
	assert_int_equal(read(line[0], &ok, 1), 1);
	close(line[0]);
	close(line[1]);
	return pid;
}

static void all_end_but_those_named(void **state)
{
	pid_t kept = sleeper(), other = sleeper();

	assert_int_equal(fl_processes_end_children(&kept, 1, 5), 0);
	assert_int_equal(waitpid(other, NULL, WNOHANG), -1);
	assert_int_equal(waitpid(kept, NULL, WNOHANG), 0);
	kill(kept, SIGKILL);
	assert_int_equal(waitpid(kept, NULL, 0), kept);
}

/* The time is over, but nothing holds the child: it only has not come to its end. */
static void a_late_end_is_waited_for(void **state)
{
	pid_t child = sleeper(), by = tracer(child, 1000);
	int status;

	assert_int_equal(fl_processes_end_children(&by, 1, 0.1), 0);
	assert_int_equal(waitpid(child, NULL, WNOHANG), -1);
	assert_int_equal(waitpid(by, &status, 0), by);
	assert_int_equal(status, 0);
}

/* A child that cannot end is given up. */
static void one_ends_or_is_given_up(void **state)
{
	pid_t child = sleeper(), held = sleeper(), by = tracer(held, 600000);
	int status;

	fl_process_end_child(child);
	assert_int_equal(waitpid(child, NULL, WNOHANG), -1);
	fl_process_end_child(held);
	kill(by, SIGKILL);
	assert_int_equal(waitpid(by, &status, 0), by);
	assert_int_equal(waitpid(held, &status, 0), held);
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_end_but_those_named),
		cmocka_unit_test(a_late_end_is_waited_for),
		cmocka_unit_test(one_ends_or_is_given_up),
	};

	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
