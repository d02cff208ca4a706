// SPDX-License-Identifier: GPL-2.0-only
#include "export/self.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/resource.h>

#include "util/file.h"

static void read_memory(struct fl_self *self)
{
	unsigned long long whole, resident;
	char text[128];

	if (!fl_read_line("/proc/self/statm", text, sizeof(text)) ||
	    sscanf(text, "%llu %llu", &whole, &resident) != 2)
		return;
	self->virtual_bytes = whole * sysconf(_SC_PAGESIZE);
	self->resident_bytes = resident * sysconf(_SC_PAGESIZE);
}

static __u64 open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	__u64 n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	/* without the descriptor of this listing */
	return n ? n - 1 : 0;
}

void fl_self_read(struct fl_self *self)
{
	struct rlimit limit;
	struct rusage u;

	if (!getrusage(RUSAGE_SELF, &u))
		self->cpu_seconds = u.ru_utime.tv_sec + u.ru_stime.tv_sec +
				    (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	read_memory(self);
	self->open_fds = open_fds();
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		self->max_fds = limit.rlim_cur;
}
