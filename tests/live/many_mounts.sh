#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# More mounts than anybody has who means well. What is not known of them is told, and is not 0.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

live_begin
mkdir "$WORK/source" "$WORK/mnt"
start_daemon "$WORK/source" "$WORK/mnt" || exit 1
out=$WORK/out

# of_mirror JQ - of the mirror's mount in the report
of_mirror()
{
	jq -c --arg path "$WORK/mnt" ".snapshot.mounts[] | select(.path == \$path) | $1" "$out"
}

# prove_among NUMBER CMD... - while the table has got NUMBER other mounts
prove_among()
{
	"$FUSELENS" prove all --json --evidence state-tp -- python3 "$(dirname "$0")/many_mounts.py" "$@" >"$out" 2>"$WORK/err"
}

if grep -q 'passthrough no' "$DAEMON_LOG"; then
	skip "a file that is opened and closed among many mounts" "this kernel grants no FUSE passthrough"
else
	# tracepoints see no writes that go to a tmpfs
	prove_among 3 sh -c 'echo >"$0"' "$WORK/mnt/f"
	check_eq "among few mounts a file whose writes are not seen is told" "$(jq -c .snapshot.blind_files "$out")" 1
	prove_among 2100 sh -c 'echo >"$0"' "$WORK/mnt/f"
	check_eq "and among more than the table has places" "$(jq -c .snapshot.blind_files "$out")" 1
fi
check_eq "the requests of a mount without a place are not known" "$(of_mirror '[.opens, .attribute_replies, .setattr]')" \
	"[null,null,null]"
check_eq "and why its writes are not cross-checked" "$(of_mirror .cross_check)" '"places"'
check_eq "those of a mount with a place are" \
	"$(jq '[.snapshot.mounts[] | select(.attribute_replies == 2)] | length >= 2000' "$out")" true

# Some users may make mounts in our own namespace, with long names.
mkdir "$WORK/long"
exec 4>"$WORK/mnt/open"
"$(dirname "$0")/long_mounts.py" "$WORK/long" "$FUSELENS" files "$WORK/mnt" --json >"$out" 2>"$WORK/err"
check_eq "mounts that fill mountinfo stop no command" "$? $(jq '.files | length > 0' "$out")" "0 true"
exec 4>&-
