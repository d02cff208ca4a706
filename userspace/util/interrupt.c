// SPDX-License-Identifier: GPL-2.0-only
#include "util/interrupt.h"

#include <stddef.h>
#include <time.h>

volatile sig_atomic_t fl_interrupted;

static void on_signal(int sig)
{
	fl_interrupted = sig;
}

void fl_catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal};

	/* no SA_RESTART: sleeps and reads return, and the main path cleans up */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void fl_sleep_ms(unsigned int ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l};

	nanosleep(&ts, NULL);
}
