#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The build of the livepatch module refuses what it cannot be sure of: another source, other layouts, a
# pointer that could outlive the module. Needs no VM: it runs in the root that the lab builds in.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

rc=0
"$top/lab/build/live" debian-6.12 /fuselens/tests/lab/root/live_build 2>"$tmp/err" || rc=$?
check "the build refused what it should, and nothing else" is "$rc" 0
exit "$failed"
