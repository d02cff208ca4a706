# SPDX-License-Identifier: GPL-2.0-only
# The VM lab. What these build lives in a cache outside the tree (see lab/build/cache.sh).
LAB_VARIANTS = $(shell lab/build/variant --list)

.PHONY: lab-kernel lab-variants kernel-patches-check
##@ make lab-kernel  build the lab's root, kernel and variants of fs/fuse (root; ten minutes, once)
lab-kernel: lab-variants
	@lab/build/kernel

lab-variants:
	@set -e; for variant in $(LAB_VARIANTS); do lab/build/variant $$variant; done

##@ make kernel-patches-check  hold the kernel series against both kernel sources (root)
kernel-patches-check:
	@lab/check-patches

.PHONY: lab lab-kernels
##@ make lab         before and after the kernel patches, counted in a VM (root)
lab: host-build
	@lab/tables

##@ make lab-kernels Debian's own kernels, with the same binary (root)
lab-kernels: host-build
	@lab/kernels

.PHONY: lab-arm64
##@ make lab-arm64   Debian's kernels for arm64, and the series there, in an emulator (root; an hour the first time)
lab-arm64: host-build host-cross
	@lab/kernels --arch arm64
	@echo
	@TABLES_VARIANTS="stock v3 next" lab/tables --arch arm64 --only 1,3

.PHONY: lab-live
##@ make lab-live    Debian's own kernels with the livepatch loaded, unloaded, and counted (root; minutes)
lab-live: host-build
	@lab/live

.PHONY: lab-cost
##@ make lab-cost    what watching costs a write, by method, in turns in one VM (root; minutes)
lab-cost: host-build
	@lab/cost

.PHONY: lab-speed
##@ make lab-speed   what the series buy: IOPS by engine and jobs, beside stat(2), instructions by patch, in one VM (root; half an hour)
lab-speed: host-build
	@lab/speed

.PHONY: lab-debug
##@ make lab-debug   the series on a kernel with lockdep and KCSAN (root; its build takes 12 minutes, once)
lab-debug: host-build
	@lab/debug

