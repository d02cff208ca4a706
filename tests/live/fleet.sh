#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# A fleet of replayed exporters and one Prometheus, as make bench-fleet measures it, but small: everything is
# scraped, the rules roll it up by mount and host, remote writes arrive, and nothing is left behind.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
"$LIVE_TOP/lab/host-deps" prometheus || {
	echo "no Prometheus here" >&2
	exit 77
}
live_begin
"$LIVE_TOP/tests/bench/fleet" 24 1 25 3 >"$WORK/figures" 2>"$WORK/err"
check_eq "the fleet is whole" "$?$(grep '^not ok' "$WORK/figures")" 0

# figure NAME - of a row
figure()
{
	awk -v name="$1" 'index($0, name) == 1 {print $NF}' "$WORK/figures"
}
check_eq "recorded pages are replayed whole" "$(figure 'series of a target, most')" \
	"$(grep -hvc '^#' "$LIVE_TOP"/tests/bench/recorded/*-2.txt | sort -n | tail -n 1)"
check "files that change are new series" \
	[ "$(figure 'series of files, in the whole run')" -gt "$(figure 'series of files, now')" ]
for queue in all rules; do
	check "remote write of $queue arrives" [ "$(figure "remote write of $queue, samples a second")" -gt 0 ]
	check_eq "and none fails" "$(figure "remote write of $queue, failed samples")" 0
done
check_eq "no file is left" "$(ls "$TMPDIR")" ""

# An end in the middle leaves nothing either.
"$LIVE_TOP/tests/bench/fleet" 3 1 300 >/dev/null 2>&1 &
fleet=$!
started()
{
	grep -qs ':' "$TMPDIR"/fuselens-fleet.*/prometheus.log
}
check "a second fleet" wait_until 20 started
children=$(pgrep -P "$fleet" | tr '\n' ' ')
kill "$fleet"
wait "$fleet"
check_eq "SIGTERM ends it" "$?" 143
for child in $children; do
	check "... and process $child" wait_until 10 live_gone "$child"
done
check_eq "no file is left" "$(ls "$TMPDIR")" ""
