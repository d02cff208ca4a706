// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load for the daemon.
 *
 * usage: daemon_load stress DIR PROCESSES SECONDS   everybody does everything to a few names
 *        daemon_load many DIR N                     makes N files, finds them all, removes them
 *        daemon_load fill DIR N                     makes N files and keeps them open; prints how many it
 *                                                   could make, and the last errno
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAMES 12

static unsigned long done;

/* What may happen when others do the same; anything else is a fault. */
static bool expected(int err)
{
	return err == ENOENT || err == EEXIST || err == ENOTEMPTY || err == EISDIR ||
	       err == ENOTDIR || err == EINVAL || err == EMLINK;
}

static void did(long res, const char *what)
{
	done++;
	if (res >= 0 || expected(errno))
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void use(int fd, unsigned int *seed)
{
	char buf[8192];
	struct stat st;

	if (fd < 0)
		return;
	memset(buf, 'x', sizeof(buf));
	did(pwrite(fd, buf, rand_r(seed) % sizeof(buf), rand_r(seed) % 65536), "pwrite");
	did(pread(fd, buf, sizeof(buf), 0), "pread");
	if (rand_r(seed) % 4 == 0)
		did(ftruncate(fd, rand_r(seed) % 65536), "ftruncate");
	did(fstat(fd, &st), "fstat");
	close(fd);
}

static void one(unsigned int *seed)
{
	static const int flags[] = {O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_TRUNC,
				    O_RDWR | O_CREAT | O_EXCL, O_RDWR | O_APPEND};
	char a[16], b[16];
	struct stat st;
	DIR *dir;
	int fd;

	snprintf(a, sizeof(a), "n%u", rand_r(seed) % NAMES);
	snprintf(b, sizeof(b), "n%u", rand_r(seed) % NAMES);
	switch (rand_r(seed) % 10) {
	case 0:
	case 1:
	case 2:
	case 3:
		fd = open(a, flags[rand_r(seed) % 5], 0644);
		did(fd, "open");
		use(fd, seed);
		break;
	case 4:
		did(unlink(a), "unlink");
		break;
	case 5:
		did(rename(a, b), "rename");
		break;
	case 6:
		did(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE), "exchange");
		break;
	case 7:
		did(link(a, b), "link");
		break;
	case 8:
		fd = open(".", O_TMPFILE | O_RDWR, 0600);
		did(fd, "tmpfile");
		use(fd, seed);
		did(stat(a, &st), "stat");
		break;
	case 9:
		dir = opendir(".");
		did(dir ? 0 : -1, "opendir");
		while (dir && readdir(dir))
			;
		if (dir)
			closedir(dir);
		break;
	}
}

static int stress(int processes, int seconds)
{
	time_t end = time(NULL) + seconds;
	int failed = 0, status;

	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			unsigned int seed = i + 1;

			while (time(NULL) < end)
				one(&seed);
			printf("# process %d: %lu operations\n", i, done);
			fflush(stdout);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

static int many(int n)
{
	char name[32];
	struct dirent *de;
	int listed = 0, found = 0, err = 0, fd;
	DIR *dir;

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0) {
			printf("%s: %s\n", name, strerror(errno));
			return 1;
		}
		close(fd);
	}
	dir = opendir(".");
	while ((de = readdir(dir))) {
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		listed++;
		if (stat(de->d_name, &st) == 0)
			found++;
		else if (!err)
			err = errno;
	}
	closedir(dir);
	if (found == n)
		printf("%d\n", found);
	else
		printf("%d listed, %d found, %s\n", listed, found,
		       err ? strerror(err) : "no error");
	return found != n;
}

static int fill(int n)
{
	char name[32];
	int made = 0, fd, err = 0;

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (fd < 0) {
			err = errno;
			continue;
		}
		made++; /* and open until we end */
	}
	printf("%d %s\n", made, err ? strerrorname_np(err) : "all");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4 || chdir(argv[2]) != 0) {
		fprintf(stderr, "usage: daemon_load stress|many|fill DIR N [SECONDS]\n");
		return 2;
	}
	if (strcmp(argv[1], "stress") == 0 && argc > 4)
		return stress(atoi(argv[3]), atoi(argv[4]));
	if (strcmp(argv[1], "many") == 0)
		return many(atoi(argv[3]));
	if (strcmp(argv[1], "fill") == 0)
		return fill(atoi(argv[3]));
	return 2;
}
