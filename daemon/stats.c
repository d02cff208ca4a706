// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's counters; see stats.h. */
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

void stats_upcall(struct stats *stats, uint32_t opcode)
{
	if (opcode < WIRE_MAX_OPCODE)
		atomic_fetch_add_explicit(&stats->upcall[opcode], 1, memory_order_relaxed);
	else
		atomic_fetch_add_explicit(&stats->upcall_other, 1, memory_order_relaxed);
}

static void line(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

void stats_print(FILE *out, struct stats *stats, uint64_t inodes, uint64_t serial)
{
	uint64_t other = stats->upcall_other;

	line(out, "serial", serial);
	line(out, "inodes", inodes);
	line(out, "pruned", stats->pruned);
	line(out, "opens", stats->opens);
	line(out, "opens_passthrough", stats->opens_passthrough);
	line(out, "opens_direct", stats->opens_direct);
	line(out, "opens_cached", stats->opens_cached);
	line(out, "open_files", stats->open_files);
	line(out, "open_dirs", stats->open_dirs);
	line(out, "backing_opened", stats->backing_opened);
	line(out, "backing_live", stats->backing_live);
	line(out, "backing_failed", stats->backing_failed);
	for (uint32_t op = 0; op < WIRE_MAX_OPCODE; op++) {
		const char *name = wire_opcode_name(op);

		if (name)
			fprintf(out, "upcall_%s %" PRIu64 "\n", name, (uint64_t)stats->upcall[op]);
		else
			other += stats->upcall[op];
	}
	line(out, "upcall_other", other);
}

int stats_write(const char *path, struct stats *stats, uint64_t inodes, uint64_t serial)
{
	char *tmp = NULL;
	FILE *out = NULL;
	int fd, err = 0;

	if (asprintf(&tmp, "%s.new", path) < 0)
		return -ENOMEM;
	/* Always make a new file: the existing one may be a link of another user. */
	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		goto out;
	}
	stats_print(out, stats, inodes, serial);
	if (fflush(out) != 0 || ferror(out))
		err = -(errno ?: EIO);
	if (fclose(out) != 0 && !err)
		err = -errno;
	if (!err && rename(tmp, path) != 0)
		err = -errno;
	if (err)
		unlink(tmp);
out:
	free(tmp);
	return err;
}
