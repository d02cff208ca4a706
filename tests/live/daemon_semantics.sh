#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Compares the mirror with a plain directory of the same file system, operation by operation, in every mode.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs 600M

semantics()
{
	local prefix=$1 options=$2 xattr=${3:-}
	rm -rf "$WORK/xfs/plain" "$src"
	mkdir "$WORK/xfs/plain" "$src"
	# suid,dev: as the plain directory has them.
	if ! start_daemon "$src" "$WORK/mnt" "allow_other,suid,dev,$options"; then
		not_ok "$prefix: mount" "$(cat "$DAEMON_LOG")"
		return
	fi
	# shellcheck disable=SC2086
	"$LIVE_BUILD/tests/live/daemon_ops" "$prefix" "$WORK/xfs/plain" "$WORK/mnt" $xattr ||
		LIVE_FAILED=$((LIVE_FAILED + 1))
	check_eq "$prefix: the trees are equal" "$(tree "$WORK/xfs/plain")" "$(tree "$src")"
	check "$prefix: no backing id is left" wait_until 5 daemon_reaches backing_live 0
	check "$prefix: no file is left open" wait_until 5 daemon_reaches open_files 0
	stop_daemon
	check_eq "$prefix: ends with 0" "$DAEMON_CODE" 0
	check_eq "$prefix: is unmounted" "$(grep -c " $WORK/mnt " /proc/self/mountinfo)" 0
}

tree()
{
	(cd "$1" && find . -printf '%p %y %m %U %G %n %l\n' | LC_ALL=C sort | sha256sum &&
		find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
}

semantics passthrough passthrough
semantics "passthrough, xattr" xattr xattr
semantics "passthrough, one thread" threads=1,flock
semantics direct direct
semantics "direct, not parallel" direct,no_parallel,clone_fd
semantics cached cached
semantics "passthrough, no killpriv" no_killpriv
semantics "no timeouts" entry_timeout=0,attr_timeout=0
