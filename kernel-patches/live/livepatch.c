// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets direct writes to FUSE passthrough files share the inode lock, on a running kernel. The code is not
 * here: build gets it from the patch files of a series (see reduce), and makes the list of functions to
 * replace with it. This file only hands the list to the kernel.
 */
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/utsname.h>
#include <generated/utsrelease.h>
#include <generated/utsversion.h>

#include "fuse/sources.h"

static struct klp_func funcs[] = {
#include "fuse/funcs.h"
	{}};

static struct klp_object objs[] = {
	{.funcs = funcs}, /* without a name: the kernel itself, not a module */
	{}};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

/*
 * A kernel with MODVERSIONS takes modules of other releases, as long as the symbols that they import are the same. And
 * one release can be built more than once, with structures that are laid out differently. The version names the build,
 * but Debian's flavours of one build (amd64, cloud-amd64) have one version.
 */
static int __init fuselens_live_init(void)
{
	if (strcmp(init_utsname()->release, UTS_RELEASE) ||
	    strcmp(init_utsname()->version, UTS_VERSION)) {
		pr_err("fuselens_live: made for kernel %s built as '%s', this is %s built as '%s'\n",
		       UTS_RELEASE, UTS_VERSION, init_utsname()->release, init_utsname()->version);
		return -ENOEXEC;
	}
	return klp_enable_patch(&patch);
}

static void __exit fuselens_live_exit(void)
{
}

module_init(fuselens_live_init);
module_exit(fuselens_live_exit);
MODULE_DESCRIPTION("FUSE passthrough: direct writes share the inode lock");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
/* What 'fuselens live' reads before it loads the module. */
MODULE_INFO(fuselens_build, UTS_VERSION);
MODULE_INFO(fuselens_btf, FUSELENS_BTF);
MODULE_INFO(fuselens_series, FUSELENS_SERIES);
MODULE_INFO(fuselens_replaces, FUSELENS_REPLACES);
