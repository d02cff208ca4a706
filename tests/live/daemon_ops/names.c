// SPDX-License-Identifier: GPL-2.0-only
/* Names and directories: making, linking, renaming, removing and listing them. */
#include "ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void case_dirs(void)
{
	DO(mkdir("d", 0751));
	DO(mkdir("d", 0755));
	DO(mkdir("none/d", 0755));
	put("f", "x");
	DO(mkdir("f/d", 0755));
	DO(mkdir("d/e", 0700));
	DO(rmdir("d"));
	DO(rmdir("f"));
	DO(rmdir("none"));
	DO(unlink("d"));
	look("d");
	list(".");
	list("d");
	list("f");
	DO(rmdir("d/e"));
	DO(rmdir("d"));
	OPEN(open("f", O_RDONLY | O_DIRECTORY));
	OPEN(open(".", O_WRONLY));
	DO(chdir("f"));
}

static void case_nodes(void)
{
	struct stat st;
	int fd;

	DO(mkfifo("fifo", 0640));
	DO(mknod("regular", S_IFREG | 0604, 0));
	DO(mknod("socket", S_IFSOCK | 0644, 0));
	DO(mknod("char", S_IFCHR | 0600, makedev(1, 3)));
	DO(mknod("block", S_IFBLK | 0600, makedev(7, 200)));
	DO(mknod("fifo", S_IFIFO, 0));
	look("fifo");
	look("regular");
	look("socket");
	look("char");
	look("block");
	list(".");
	fd = OPEN(open("fifo", O_RDWR | O_NONBLOCK));
	DO(write(fd, "x", 1));
	DO(fstat(fd, &st));
	DO(close(fd));
	DO(unlink("socket"));
	list(".");
}

static void case_links(void)
{
	char target[100] = "", longname[300];
	int fd;

	put("a", "text");
	DO(link("a", "b"));
	DO(link("a", "b"));
	DO(link("none", "c"));
	look("a");
	DO(unlink("a"));
	look("b");
	content("b");
	DO(mkdir("d", 0755));
	DO(link("d", "e"));
	DO(symlink("b", "s"));
	DO(symlink("b", "s"));
	DO(symlink("", "empty"));
	DO(symlink("nowhere", "dangling"));
	DO(symlink("loop", "loop"));
	DO(readlink("s", target, sizeof(target)));
	note("%s", target);
	DO(readlink("b", target, sizeof(target)));
	look("s");
	content("s");
	OPEN(open("dangling", O_RDONLY));
	fd = OPEN(open("dangling", O_WRONLY | O_CREAT, 0600));
	DO(close(fd));
	look("nowhere");
	OPEN(open("loop", O_RDONLY));
	OPEN(open("s", O_RDONLY | O_NOFOLLOW));
	DO(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0));
	look("s2");
	look("s");
	DO(lchown("s", 12, 34));
	look("s");
	DO(fchmodat(AT_FDCWD, "s", 0600, 0));
	look("b");
	memset(longname, 'x', 255);
	longname[255] = '\0';
	fd = OPEN(open(longname, O_CREAT | O_WRONLY, 0600));
	DO(close(fd));
	longname[255] = 'x';
	longname[256] = '\0';
	OPEN(open(longname, O_CREAT | O_WRONLY, 0600));
	list(".");
}

static void case_rename(void)
{
	put("a", "a");
	put("b", "bb");
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
	content("a");
	content("b");
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "none", RENAME_EXCHANGE));
	DO(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
	DO(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE));
	DO(rename("c", "b"));
	content("b");
	DO(rename("none", "x"));
	DO(mkdir("d", 0755));
	DO(mkdir("e", 0755));
	DO(rename("b", "d"));
	DO(rename("d", "b"));
	DO(rename("d", "d/sub"));
	DO(rename("b", "d/b"));
	DO(rename("e", "d"));
	DO(rename("d", "e"));
	list(".");
	list("e");
	DO(rename("e/b", "e/b"));
	content("e/b");
}

static void case_names(void)
{
	static const char *const names[] = {
		"new\nline",   "tab\t",	       "\033[31mred", "'quote'", "\"double\"",
		"back\\slash", "\xff\xfe\x80", "percent%s%n", " ",	 "-rf",
		"$(x)`y`;z",   "\x7f",	       "\xc3\xa9",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char other[100];

		put(names[i], names[i]);
		content(names[i]);
		snprintf(other, sizeof(other), "%s.2", names[i]);
		DO(rename(names[i], other));
		DO(link(other, names[i]));
		DO(unlink(other));
		DO(symlink(names[i], other));
		content(other);
	}
	list(".");
}

static void case_many_entries(void)
{
	char name[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "entry-%04d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	list(".");
	for (int i = 0; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "entry-%04d", i);
		unlink(name);
	}
	list(".");
}

static void case_readdir_seek(void)
{
	char first[256] = "", again[256] = "";
	struct dirent *de;
	DIR *dir;
	long at;

	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "entry-%04d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	dir = opendir(".");
	for (int i = 0; i < 150; i++)
		readdir(dir);
	at = telldir(dir);
	de = readdir(dir);
	snprintf(first, sizeof(first), "%s", de ? de->d_name : "(end)");
	while (readdir(dir))
		;
	seekdir(dir, at);
	de = readdir(dir);
	snprintf(again, sizeof(again), "%s", de ? de->d_name : "(end)");
	note("seekdir finds the same entry: %d", strcmp(first, again) == 0);
	rewinddir(dir);
	int n = 0;

	while (readdir(dir))
		n++;
	note("rewound: %d entries", n);
	close(open("later", O_CREAT | O_WRONLY, 0600));
	rewinddir(dir);
	for (n = 0; readdir(dir); n++)
		;
	note("with the new one: %d entries", n);
	closedir(dir);
}

const struct ops_case names_cases[] = {
	{"directories", case_dirs},	{"special files", case_nodes},
	{"links", case_links},		{"rename and its flags", case_rename},
	{"odd names", case_names},	{"1,000 entries", case_many_entries},
	{"seekdir", case_readdir_seek}, {},
};
