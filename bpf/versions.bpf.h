/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads fc->attr_version of the FUSE mounts of which the reader has descriptors. fs/fuse raises it
 * with every write that it passes through, seen by a probe or not. The iterator is limited to the
 * reader's process and takes microseconds. It asks the daemon nothing.
 */
#ifndef FUSELENS_VERSIONS_BPF_H
#define FUSELENS_VERSIONS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi.h"

SEC("iter/task_file")
int list_versions(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct fl_version_record r = {};
	struct super_block *sb;
	struct fuse_mount *fm;
	struct fuse_conn *fc;

	if (!ctx->task || !file)
		return 0;
	sb = file->f_inode->i_sb;
	if (sb->s_magic != FUSE_SUPER_MAGIC)
		return 0;
	fm = sb->s_fs_info;
	fc = BPF_CORE_READ(fm, fc);
	r.dev = sb->s_dev;
	if (bpf_core_field_exists(fc->attr_version))
		r.version = BPF_CORE_READ(fc, attr_version.counter);
	if (BPF_CORE_READ_BITFIELD_PROBED(fc, writeback_cache))
		r.fc_flags |= FL_FC_WRITEBACK_CACHE;
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

#endif
