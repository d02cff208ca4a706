#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The Debian package of the livepatch: DKMS builds and signs the module where a kernel's headers and its very
# source are installed, and passes a kernel over where they are not. In a Debian 13 root, without a VM.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$top" || exit
B=$(realpath "${B:-build}")

check "the packages are made" bash -c 'deploy/make-deb "$1" >"$2"' - "$B" "$tmp/log"
mkdir "$tmp/deb"
cp "$B"/fuselens-livepatch-dkms_*_all.deb "$tmp/deb/"
rc=0
"$top/lab/build/live" debian-6.12 -w "$tmp" /fuselens/tests/lab/root/live_package 2>"$tmp/err" || rc=$?
check "the package did what it should" is "$rc" 0
exit "$failed"
