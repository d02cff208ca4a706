// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kcore.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"

int fl_kallsyms_open(struct fl_err *err)
{
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fl_errno(err, errno, "cannot open /proc/kallsyms") : fd;
}

void fl_kallsyms_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int fl_kallsyms_read(int fd, struct fl_symbols *s, struct fl_err *err)
{
	size_t len;
	char *text;

	/* may have been read before: a livepatch brings new symbols */
	if (lseek(fd, 0, SEEK_SET))
		return fl_errno(err, errno, "cannot read /proc/kallsyms again");
	text = fl_read_all(fd, SIZE_MAX, &len);
	if (!text)
		return fl_errno(err, errno, "cannot read /proc/kallsyms");
	return fl_symbols_parse(s, text, len, err);
}

int fl_kcore_open(struct fl_kcore *k, struct fl_err *err)
{
	Elf64_Phdr phdr[64];
	Elf64_Ehdr ehdr;
	size_t n;

	memset(k, 0, sizeof(*k));
	k->fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (k->fd < 0) {
		int e = errno;

		fl_errno(err, e, "cannot open /proc/kcore, the kernel's text");
		if (e == ENOENT)
			return fl_hint(err, "this kernel was built without CONFIG_PROC_KCORE");
		return fl_hint(
			err,
			"it takes root with CAP_SYS_RAWIO, and no lockdown for confidentiality");
	}
	if (pread(k->fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_phentsize != sizeof(phdr[0])) {
		fl_kcore_close(k);
		return fl_err(err, "/proc/kcore is not the ELF file it should be");
	}
	k->machine = ehdr.e_machine;
	n = ehdr.e_phnum < 64 ? ehdr.e_phnum : 64;
	k->part = calloc(n + 1, sizeof(*k->part));
	if (!k->part || pread(k->fd, phdr, n * sizeof(phdr[0]), ehdr.e_phoff) !=
				(ssize_t)(n * sizeof(phdr[0]))) {
		fl_kcore_close(k);
		return fl_err(err, "cannot read the headers of /proc/kcore");
	}
	for (size_t i = 0; i < n; i++) {
		if (phdr[i].p_type != PT_LOAD)
			continue;
		k->part[k->nparts].addr = phdr[i].p_vaddr;
		k->part[k->nparts].size = phdr[i].p_memsz;
		k->part[k->nparts++].offset = phdr[i].p_offset;
	}
	return 0;
}

int fl_kcore_read(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err)
{
	const struct fl_kcore *k = ctx;

	for (size_t i = 0; i < k->nparts; i++) {
		const struct fl_kcore_part *p = &k->part[i];
		ssize_t got;

		if (addr < p->addr || addr - p->addr >= p->size)
			continue;
		if (len > p->size - (addr - p->addr))
			len = p->size - (addr - p->addr);
		got = pread(k->fd, buf, len, p->offset + (addr - p->addr));
		if (got == (ssize_t)len)
			return 0;
		return fl_errno(err, got < 0 ? errno : EIO, "cannot read /proc/kcore at %#llx",
				addr);
	}
	return fl_err(err, "/proc/kcore does not hold %#llx", addr);
}

void fl_kcore_close(struct fl_kcore *k)
{
	if (k->fd >= 0)
		close(k->fd);
	free(k->part);
	memset(k, 0, sizeof(*k));
	k->fd = -1;
}
