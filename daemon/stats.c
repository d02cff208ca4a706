// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's counters; see stats.h. */
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "path.h"

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

/* Makes a new file in @dir: the one that is there may be a link of another user. */
static int write_new(int dir, const char *tmp, const char *name, struct stats *stats,
		     uint64_t inodes, uint64_t serial)
{
	FILE *out = NULL;
	int fd, err = 0;

	unlinkat(dir, tmp, 0);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		out = fdopen(fd, "w");
	if (!out) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	stats_print(out, stats, inodes, serial);
	if (fflush(out) != 0 || ferror(out))
		err = -(errno ?: EIO);
	if (fclose(out) != 0 && !err)
		err = -errno;
	if (!err && renameat(dir, tmp, dir, name) != 0)
		err = -errno;
	if (err)
		unlinkat(dir, tmp, 0);
	return err;
}

int stats_write(const char *path, struct stats *stats, uint64_t inodes, uint64_t serial)
{
	const char *name;
	char *tmp = NULL;
	int dir = path_open_parent(path, &name), err;

	if (dir < 0)
		return -errno;
	if (asprintf(&tmp, "%s.new", name) < 0)
		err = -ENOMEM;
	else
		err = write_new(dir, tmp, name, stats, inodes, serial);
	free(tmp);
	close(dir);
	return err;
}
