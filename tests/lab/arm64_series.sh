#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The kernel series on arm64, in an emulator: what tables.sh, upgrades.sh and verify.sh hold on amd64, on stock, v3 and
# next of the lab's kernel for arm64, and with each form of the state method.
export LAB_ARCH=arm64
export TABLES_VARIANTS="stock v3 next" TABLES_WRITES=2000 TABLES_METHODS=state-tp,state-fentry,callsite,global
export VERIFY_VARIANTS=$TABLES_VARIANTS
failed=0
for test in tables upgrades verify; do
	rc=0
	"$(dirname "$0")/$test.sh" || rc=$?
	[ $rc != 77 ] || exit 77
	[ $rc = 0 ] || failed=1
done
exit $failed
