// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kernel.h"

#include <stdlib.h>
#include <bpf/libbpf.h>

#include "kernel/callsite_decode.h"
#include "kernel/disable.h"
#include "kernel/kcore.h"
#include "kernel/livepatch.h"

/* A map, and the earlier ones, which callers may still use. */
struct reading {
	struct fl_callsite_map map;
	struct reading *older;
};

struct fl_kernel {
	struct fl_btf *btf; /* NULL until it is needed */
	struct fl_kcore kcore;
	int kallsyms;
	struct fl_err why_not;	/* if set: why there is no map */
	struct reading *newest; /* NULL until it is needed */
	bool tried;		/* newest belongs to the current code, or why_not is set */
	struct fl_livepatches livepatches; /* when fl_kernel_follow() looked last */
};

const char *fl_kernel_libbpf_version(void)
{
	/* "v1.5" */
	return libbpf_version_string() + 1;
}

struct fl_kernel *fl_kernel_open(void)
{
	struct fl_kernel *k = calloc(1, sizeof(*k));

	/* libbpf's messages are not for users: our own errors say what to do */
	libbpf_set_print(NULL);
	if (!k)
		return NULL;
	k->kallsyms = -1;
	if (!fl_kcore_open(&k->kcore, &k->why_not))
		k->kallsyms = fl_kallsyms_open(&k->why_not);
	return k;
}

void fl_kernel_close(struct fl_kernel *k)
{
	if (!k)
		return;
	while (k->newest) {
		struct reading *r = k->newest;

		k->newest = r->older;
		fl_callsite_map_free(&r->map);
		free(r);
	}
	fl_kcore_close(&k->kcore);
	fl_kallsyms_close(k->kallsyms);
	fl_btf_close(k->btf);
	fl_livepatches_free(&k->livepatches);
	free(k);
}

const struct fl_btf *fl_kernel_btf(struct fl_kernel *k)
{
	if (!k->btf)
		k->btf = fl_btf_open();
	return k->btf;
}

struct fl_lock_offsets fl_kernel_lock_offsets(struct fl_kernel *k)
{
	const struct fl_btf *btf = fl_kernel_btf(k);

	return (struct fl_lock_offsets){
		.i_rwsem = fl_btf_member_offset(btf, "inode", "i_rwsem"),
		.fi_lock = fl_btf_member_offset(btf, "fuse_inode", "lock"),
	};
}

static void build_map(struct fl_kernel *k)
{
	struct fl_redirect *redirect;
	struct fl_symbols symbols = {};
	struct fl_lock_offsets at;
	struct reading *r;
	struct fl_text text = {.symbols = &symbols,
			       .read = fl_kcore_read,
			       .ctx = &k->kcore,
			       .machine = k->kcore.machine};

	k->tried = true;
	if (fl_disabled(FL_DISABLE_TEXT)) {
		fl_err(&k->why_not, "reading the kernel's text is disabled (FUSELENS_DISABLE)");
		return;
	}
	if (k->kcore.fd >= 0 && !fl_decode_supported(k->kcore.machine)) {
		fl_err(&k->why_not, "fuselens reads the machine code of x86-64 and arm64 only");
		return;
	}
	if (k->kallsyms < 0 || fl_kallsyms_read(k->kallsyms, &symbols, &k->why_not))
		return;
	redirect = calloc(FL_REDIRECTS, sizeof(*redirect));
	text.redirect = redirect;
	if (redirect)
		text.nredirects = fl_livepatch_redirects(fl_kernel_btf(k), symbols.klp_patches,
							 fl_kcore_read, &k->kcore, redirect,
							 FL_REDIRECTS);
	at = fl_kernel_lock_offsets(k);
	r = calloc(1, sizeof(*r));
	if (!r || !redirect) {
		free(r);
		fl_err(&k->why_not, "out of memory");
	} else if (fl_callsite_map_build(&r->map, &text, &at, &k->why_not)) {
		free(r);
	} else {
		r->older = k->newest;
		k->newest = r;
		k->why_not.what[0] = '\0';
	}
	free(redirect);
	fl_symbols_free(&symbols);
}

const struct fl_callsite_map *fl_kernel_callsites(struct fl_kernel *k, struct fl_err *err)
{
	if (!k->tried)
		build_map(k);
	if (k->newest && !k->why_not.what[0])
		return &k->newest->map;
	*err = k->why_not;
	return NULL;
}

void fl_kernel_read_again(struct fl_kernel *k)
{
	k->tried = false;
}

void fl_kernel_follow(struct fl_kernel *k)
{
	struct fl_livepatches now;
	struct fl_err ignored;

	if (fl_livepatches_read(&now, &ignored))
		return;
	if (!fl_livepatches_same(&k->livepatches, &now))
		fl_kernel_read_again(k);
	fl_livepatches_free(&k->livepatches);
	k->livepatches = now;
}

void fl_kernel_can(struct fl_kernel *k, enum fl_can can[FL_ROUTES])
{
	struct fl_err ignored;
	const struct fl_callsite_map *m = fl_kernel_callsites(k, &ignored);

	for (int r = 0; r < FL_ROUTES; r++)
		can[r] = m ? fl_callsite_can(m, r) : FL_CAN_UNKNOWN;
	/* fuse_cache_write_iter() locks exclusively in every kernel */
	can[FL_ROUTE_CACHED] = FL_CAN_NO;
}
