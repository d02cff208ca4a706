// SPDX-License-Identifier: GPL-2.0-only
/* The report that SIGUSR1 asks for; see report.h. */
#include "report.h"

#include <pthread.h>
#include <unistd.h>

#include "log.h"

static void write_one(struct report *r)
{
	uint64_t inodes = inode_count(r->table);
	char shown[256];
	int err;

	r->serial++;
	if (r->path) {
		err = stats_write(r->path, r->stats, inodes, r->serial);
		if (err)
			log_failure(-err, NULL, "writing the counters to %s",
				    log_name(r->path, shown, sizeof(shown)));
	} else if (r->in_messages) {
		stats_print(stderr, r->stats, inodes, r->serial);
		fflush(stderr);
	} else {
		log_failure(0, "mount with -o stats_file=PATH", "the counters have nowhere to go");
	}
}

static void *report_main(void *arg)
{
	struct report *r = arg;

	do
		write_one(r);
	while (atomic_fetch_sub(&r->wanted, 1) > 1);
	return NULL;
}

void report_ask(struct report *r)
{
	pthread_t thread;
	int err;

	/* else the thread is there, and writes once more */
	if (atomic_fetch_add(&r->wanted, 1) > 0)
		return;
	err = pthread_create(&thread, NULL, report_main, r);
	if (!err) {
		pthread_detach(thread);
		return;
	}
	atomic_store(&r->wanted, 0);
	log_failure(err, NULL, "starting a thread that writes the counters");
}

bool report_end(struct report *r, int seconds)
{
	const int pause_ms = 5;

	for (int ms = 0; atomic_load(&r->wanted) > 0; ms += pause_ms) {
		if (ms > seconds * 1000)
			return false;
		usleep(pause_ms * 1000);
	}
	return true;
}
