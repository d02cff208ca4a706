// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a livepatch module of what kbuild linked. Calls of functions that the kernel does not export
 * become livepatch relocations (Documentation/livepatch/module-elf-format.rst). The kernel resolves these
 * by name when it applies them.
 *
 * It also refuses a module that could leave a pointer to its own code behind. Asynchronous I/O keeps a
 * callback for longer than a transition waits. If the callback were code of the module, it would run freed
 * memory once the module is unloaded. For the same reason it refuses a function that jumps out of itself:
 * a transition finds tasks in a function by its beginning and its end.
 *
 * usage: relocs IN.ko OUT.ko MODULE_SYMVERS
 */
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/types.h>

#ifndef SHN_LIVEPATCH
#define SHN_LIVEPATCH 0xff20
#endif
#define SHF_RELA_LIVEPATCH 0x00100000

struct module {
	Elf *elf;
	Elf_Scn *symtab;
	size_t shstrndx;
	size_t nsyms;
	bool *unresolved; /* by index: an undefined symbol that the kernel does not export */
	char *exported;	  /* the text of Module.symvers */
};

/* The sections of a module file in which it holds addresses of its own functions. None outlives the module. */
static const char *const bookkeeping[] = {
	".orc_unwind_ip",
	".orc_unwind",
	"__patchable_function_entries",
	".return_sites",
	".retpoline_sites",
	".call_sites",
	".ibt_endbr_seal",
	".smp_locks",
	"__mcount_loc",
	"__bug_table",
	"__ex_table",
	"__jump_table",
	".static_call_sites",
	".altinstructions",
	".altinstr_replacement",
	"__ksymtab",
	".discard",
	".debug",
	".eh_frame",
	".BTF",
	".gnu.linkonce.this_module",
	".static_call.text",
	".llvm",
	".export_symbol",
	"__bpf_kfunc",
	/* what KASAN has the kernel run as a module comes and goes */
	".init_array",
	".fini_array",
};

/* The file of a module that is half made. An error must not leave it behind. */
static const char *unfinished;

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

static void *reserve(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		err(1, "memory");
	return p;
}

static const char *section_name(struct module *m, Elf_Scn *scn)
{
	GElf_Shdr sh;

	gelf_getshdr(scn, &sh);
	return elf_strptr(m->elf, m->shstrndx, sh.sh_name);
}

static const char *symbol_name(struct module *m, const GElf_Sym *sym)
{
	GElf_Shdr sh;

	gelf_getshdr(m->symtab, &sh);
	return elf_strptr(m->elf, sh.sh_link, sym->st_name);
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t size = 0;
	char *text = NULL;

	if (!f || getdelim(&text, &size, '\0', f) < 0)
		err(1, "%s", path);
	fclose(f);
	return text;
}

/* A line of Module.symvers is CRC, symbol, owner, ..., with tabs between. */
static bool is_exported(const struct module *m, const char *name)
{
	char needle[256];

	snprintf(needle, sizeof(needle), "\t%s\t", name);
	return strstr(m->exported, needle);
}

static void open_module(struct module *m, int fd, const char *path)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	elf_version(EV_CURRENT);
	m->elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!m->elf || elf_getshdrstrndx(m->elf, &m->shstrndx))
		errx(1, "%s: %s", path, elf_errmsg(-1));
	while ((scn = elf_nextscn(m->elf, scn))) {
		gelf_getshdr(scn, &sh);
		if (sh.sh_type == SHT_SYMTAB) {
			m->symtab = scn;
			m->nsyms = sh.sh_size / sh.sh_entsize;
		}
	}
	if (!m->symtab)
		errx(1, "%s: no symbols", path);
	m->unresolved = reserve(m->nsyms, sizeof(*m->unresolved));
}

static bool is_bookkeeping(const char *section)
{
	for (size_t i = 0; i < sizeof(bookkeeping) / sizeof(*bookkeeping); i++)
		if (!strncmp(section, bookkeeping[i], strlen(bookkeeping[i])))
			return true;
	return false;
}

/* Whether the symbol lies in code of this module; *scn gets its section. */
static bool is_own_code(struct module *m, const GElf_Sym *sym)
{
	Elf_Scn *scn;
	GElf_Shdr sh;

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE)
		return false;
	scn = elf_getscn(m->elf, sym->st_shndx);
	return scn && gelf_getshdr(scn, &sh) && (sh.sh_flags & SHF_EXECINSTR);
}

/*
 * A relative call, jump or conditional jump whose displacement the relocation fills in. The bytes in front
 * do not say it alone: an address that is stored at -24(%rbp) has 0xe8 in front, too, but is not relative.
 */
static bool is_branch(Elf_Scn *code, const GElf_Rela *rela)
{
	const Elf_Data *data = elf_getdata(code, NULL);
	const __u64 offset = rela->r_offset;
	const unsigned char *at = (const unsigned char *)data->d_buf + offset;

	if (GELF_R_TYPE(rela->r_info) != R_X86_64_PLT32 &&
	    GELF_R_TYPE(rela->r_info) != R_X86_64_PC32)
		return false;
	return offset >= 1 && offset < data->d_size &&
	       (at[-1] == 0xe8 || at[-1] == 0xe9 ||
		(offset >= 2 && at[-2] == 0x0f && (at[-1] & 0xf0) == 0x80));
}

/* Where the table of struct klp_func of livepatch.c lies in its section. */
struct table {
	size_t section;
	__u64 begin, end;
};

static struct table find_funcs(struct module *m)
{
	Elf_Data *syms = elf_getdata(m->symtab, NULL);
	struct table t = {0};
	GElf_Sym sym;

	for (size_t i = 1; i < m->nsyms; i++) {
		gelf_getsym(syms, (int)i, &sym);
		if (GELF_ST_TYPE(sym.st_info) == STT_OBJECT &&
		    !strcmp(symbol_name(m, &sym), "funcs"))
			t = (struct table){sym.st_shndx, sym.st_value, sym.st_value + sym.st_size};
	}
	return t;
}

/* The functions by which the kernel loads and unloads the module. */
static bool is_entry(const char *name)
{
	return !strcmp(name, "init_module") || !strcmp(name, "cleanup_module");
}

/*
 * Only the table of replaced functions, and what loads and unloads the module, may hold an address of its
 * code. A branch holds none; any other relocation to code does.
 */
static int check_escapes(struct module *m)
{
	const struct table funcs = find_funcs(m);
	Elf_Scn *scn = NULL, *target;
	GElf_Shdr sh, tsh;
	int bad = 0;

	while ((scn = elf_nextscn(m->elf, scn))) {
		const char *where;
		Elf_Data *data;

		gelf_getshdr(scn, &sh);
		if (sh.sh_type != SHT_RELA)
			continue;
		target = elf_getscn(m->elf, sh.sh_info);
		where = section_name(m, target);
		gelf_getshdr(target, &tsh);
		if (!(tsh.sh_flags & SHF_ALLOC) || is_bookkeeping(where))
			continue;
		data = elf_getdata(scn, NULL);
		for (size_t i = 0; i < sh.sh_size / sh.sh_entsize; i++) {
			Elf_Data *syms = elf_getdata(m->symtab, NULL);
			const char *name;
			GElf_Rela rela;
			GElf_Sym sym;

			gelf_getrela(data, (int)i, &rela);
			gelf_getsym(syms, (int)GELF_R_SYM(rela.r_info), &sym);
			if (!is_own_code(m, &sym))
				continue;
			name = symbol_name(m, &sym);
			if (sh.sh_info == funcs.section && rela.r_offset >= funcs.begin &&
			    rela.r_offset < funcs.end)
				continue;
			if (!(tsh.sh_flags & SHF_EXECINSTR) && is_entry(name))
				continue;
			if ((tsh.sh_flags & SHF_EXECINSTR) && is_branch(target, &rela))
				continue;
			warnx("%s+0x%llx holds an address of %s: it could outlive the module",
			      where, (unsigned long long)rela.r_offset, *name ? name : "its code");
			bad = 1;
		}
	}
	return bad;
}

/* The name of the function that has code at this place of a section; NULL: none. */
static const char *function_at(struct module *m, size_t section, __u64 at)
{
	Elf_Data *syms = elf_getdata(m->symtab, NULL);
	GElf_Sym sym;

	for (size_t i = 1; i < m->nsyms; i++) {
		gelf_getsym(syms, (int)i, &sym);
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx == section &&
		    at - sym.st_value < sym.st_size)
			return symbol_name(m, &sym);
	}
	return NULL;
}

/*
 * A function that is left by a jump, into a part that the compiler put elsewhere or into another function, is not on
 * the stack of a task there, and the module could go under it. Jumps within a section may have no relocation:
 * Kbuild's flags see to it that there are none of them.
 */
static int check_jumps(struct module *m)
{
	Elf_Data *syms = elf_getdata(m->symtab, NULL);
	Elf_Scn *scn = NULL, *target;
	GElf_Shdr sh, tsh;
	int bad = 0;

	while ((scn = elf_nextscn(m->elf, scn))) {
		const unsigned char *code;
		Elf_Data *data;

		gelf_getshdr(scn, &sh);
		target = sh.sh_type == SHT_RELA ? elf_getscn(m->elf, sh.sh_info) : NULL;
		if (!target || !gelf_getshdr(target, &tsh) || !(tsh.sh_flags & SHF_EXECINSTR))
			continue;
		data = elf_getdata(scn, NULL);
		code = elf_getdata(target, NULL)->d_buf;
		for (size_t i = 0; i < sh.sh_size / sh.sh_entsize; i++) {
			const char *from, *to;
			GElf_Rela rela;
			GElf_Sym sym;

			gelf_getrela(data, (int)i, &rela);
			gelf_getsym(syms, (int)GELF_R_SYM(rela.r_info), &sym);
			if (!is_own_code(m, &sym) || !is_branch(target, &rela) ||
			    code[rela.r_offset - 1] == 0xe8)
				continue;
			from = function_at(m, sh.sh_info, rela.r_offset);
			/* relative to the end of the instruction, which the displacement is */
			to = function_at(m, sym.st_shndx, sym.st_value + rela.r_addend + 4);
			if (from && to && !strcmp(from, to))
				continue;
			warnx("%s jumps into %s: a task there would not hold up the unload",
			      from ? from : "code", to ? to : "other code");
			bad = 1;
		}
	}
	return bad;
}

/* Appends a string to a string table; returns its offset. */
static size_t add_string(Elf_Scn *table, const char *text)
{
	Elf_Data *data = elf_getdata(table, NULL);
	size_t at = data->d_size, size = strlen(text) + 1;
	char *grown = reserve(1, at + size);

	memcpy(grown, data->d_buf, at);
	memcpy(grown + at, text, size);
	data->d_buf = grown;
	data->d_size = at + size;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return at;
}

/*
 * Gives each undefined symbol that the kernel does not export the name of a livepatch symbol,
 * ".klp.sym.vmlinux.NAME,0". The 0 says that the kernel has the name once. Returns how many there were.
 */
static size_t name_symbols(struct module *m)
{
	Elf_Data *syms = elf_getdata(m->symtab, NULL);
	size_t n = 0;
	GElf_Shdr sh;

	gelf_getshdr(m->symtab, &sh);
	for (size_t i = 1; i < m->nsyms; i++) {
		char klp[256];
		const char *name;
		GElf_Sym sym;

		gelf_getsym(syms, (int)i, &sym);
		name = symbol_name(m, &sym);
		if (sym.st_shndx != SHN_UNDEF || !*name || is_exported(m, name))
			continue;
		if (snprintf(klp, sizeof(klp), ".klp.sym.vmlinux.%s,0", name) >= (int)sizeof(klp))
			errx(1, "%s: the name is too long", name);
		printf("%s%s", n ? " " : "calls into the kernel: ", name);
		sym.st_name = (GElf_Word)add_string(elf_getscn(m->elf, sh.sh_link), klp);
		sym.st_shndx = SHN_LIVEPATCH;
		gelf_update_sym(syms, (int)i, &sym);
		m->unresolved[i] = true;
		n++;
	}
	if (n)
		putchar('\n');
	return n;
}

/* Moves a relocation section's livepatch relocations into a section of their own. */
static void move_relocs(struct module *m, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL), *moved_data;
	size_t n, kept = 0, moved = 0;
	Elf64_Rela *rela, *mine;
	char name[256];
	Elf_Scn *target, *add;
	GElf_Shdr sh, tsh, new_sh = {0};

	gelf_getshdr(scn, &sh);
	n = sh.sh_size / sh.sh_entsize;
	rela = data->d_buf;
	mine = reserve(n + 1, sizeof(*mine));
	for (size_t i = 0; i < n; i++) {
		if (m->unresolved[ELF64_R_SYM(rela[i].r_info)])
			mine[moved++] = rela[i];
		else
			rela[kept++] = rela[i];
	}
	if (!moved) {
		free(mine);
		return;
	}
	target = elf_getscn(m->elf, sh.sh_info);
	gelf_getshdr(target, &tsh);
	/* The kernel handles tables such as static calls before livepatch relocations. */
	if (!(tsh.sh_flags & SHF_EXECINSTR))
		errx(1, "%s refers to what the kernel does not export: only code may",
		     section_name(m, target));
	snprintf(name, sizeof(name), ".klp.rela.vmlinux%s", section_name(m, target));
	data->d_size = kept * sizeof(*rela);
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	sh.sh_size = data->d_size;
	gelf_update_shdr(scn, &sh);

	add = elf_newscn(m->elf);
	moved_data = elf_newdata(add);
	if (!add || !moved_data)
		errx(1, "%s", elf_errmsg(-1));
	moved_data->d_buf = mine;
	moved_data->d_size = moved * sizeof(*mine);
	moved_data->d_type = ELF_T_RELA;
	moved_data->d_align = 8;
	new_sh.sh_name = (GElf_Word)add_string(elf_getscn(m->elf, m->shstrndx), name);
	new_sh.sh_type = SHT_RELA;
	new_sh.sh_flags = SHF_ALLOC | SHF_RELA_LIVEPATCH;
	new_sh.sh_link = (GElf_Word)elf_ndxscn(m->symtab);
	new_sh.sh_info = sh.sh_info;
	new_sh.sh_entsize = sizeof(*mine);
	new_sh.sh_addralign = 8;
	gelf_update_shdr(add, &new_sh);
}

static void copy_file(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t n;

	if (!in)
		err(1, "%s", from);
	if (!out)
		err(1, "%s", to);
	while ((n = fread(buf, 1, sizeof(buf), in)))
		if (fwrite(buf, 1, n, out) != n)
			err(1, "%s", to);
	if (ferror(in) || fclose(out))
		err(1, "%s", to);
	fclose(in);
}

int main(int argc, char **argv)
{
	struct module m = {0};
	size_t n, sections;
	GElf_Ehdr eh;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: relocs IN.ko OUT.ko MODULE_SYMVERS\n");
		return 2;
	}
	m.exported = read_text(argv[3]);
	unfinished = argv[2];
	atexit(remove_unfinished);
	copy_file(argv[1], argv[2]);
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[2]);
	open_module(&m, fd, argv[2]);
	if (!gelf_getehdr(m.elf, &eh) || eh.e_machine != EM_X86_64)
		errx(1, "%s is no x86-64 module", argv[1]);
	if (check_escapes(&m) | check_jumps(&m))
		return 1;
	n = name_symbols(&m);
	elf_getshdrnum(m.elf, &sections);
	for (size_t i = 1; n && i < sections; i++) {
		Elf_Scn *scn = elf_getscn(m.elf, i);
		GElf_Shdr sh;

		gelf_getshdr(scn, &sh);
		if (sh.sh_type == SHT_RELA && sh.sh_link == elf_ndxscn(m.symtab))
			move_relocs(&m, scn);
	}
	if (elf_update(m.elf, ELF_C_WRITE) < 0)
		errx(1, "%s: %s", argv[2], elf_errmsg(-1));
	elf_end(m.elf);
	if (close(fd))
		err(1, "%s", argv[2]);
	unfinished = NULL;
	return 0;
}
