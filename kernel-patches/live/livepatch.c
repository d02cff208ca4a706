// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct writes to FUSE passthrough files share the inode lock, on a running kernel. The code is not
 * here: build takes it from the patch files of a series (see reduce). This file only says which
 * functions it replaces, by a list that is made together with it.
 */
#include <linux/module.h>
#include <linux/livepatch.h>

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

static int __init fuselens_live_init(void)
{
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
MODULE_INFO(fuselens_kernel, FUSELENS_KERNEL);
