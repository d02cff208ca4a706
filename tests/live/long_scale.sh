#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# 1,000 mounts, and 10,000 open files on one of them: all are watched, in less than 64 MiB of memory.
# tests/bench/scale measures how long it takes.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/scale_lib.sh
. "$(dirname "$0")/scale_lib.sh"

scale_begin
"$FUSELENS" stat all --files --json -i 1 --max-inodes 16384 >"$WORK/rows" 2>/dev/null &
pid=$!
wait_until 30 eval '[ "$(jq -s "map(select(.kind == \"interval\").file) | unique | length" "$WORK/rows" 2>/dev/null)" -ge $((files / 10)) ]'
sleep 2
peak=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status")
check "memory stays under 64 MiB ($((peak / 1024)) MiB)" [ "$peak" -lt 65536 ]
kill "$pid"
wait "$pid"

if command -v tmux >/dev/null; then
	scale_top
	check "top shows them" wait_until 20 top_shows_files
	sleep 3
	peak=$(awk '/^VmHWM/ {print $2}' "/proc/$TOP_PID/status")
	check "top's memory stays under 64 MiB ($((peak / 1024)) MiB)" [ "$peak" -lt 65536 ]
else
	skip "top with them" "no tmux here"
fi
