# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of export share (sourced after lib.sh): starting it, and sums over its page.
EXPORT_PID='' EXPORT_LOG='' URL=''

# start_export CMD... - an export, however it is run; sets $EXPORT_PID, $EXPORT_LOG, and $URL, where it listens
start_export()
{
	EXPORT_LOG=$(mktemp "$WORK/export.log.XXXXXX")
	"$@" 2>"$EXPORT_LOG" &
	# shellcheck disable=SC2034 # for the tests to read
	EXPORT_PID=$!
	wait_until 20 grep -qs 'http://' "$EXPORT_LOG" || {
		cat "$EXPORT_LOG" >&2
		return 1
	}
	URL=$(sed -n 's,.*\(http://[^/]*\).*,\1,p' "$EXPORT_LOG")
}

page()
{
	curl -sS -H 'Accept: application/openmetrics-text' "$URL/metrics"
}

# sum PATTERN - over the samples of a page that match
sum()
{
	grep -E "^$1" | awk '{sum += $NF} END {print sum + 0}'
}

# total PATTERN - the same of the page as it is now
total()
{
	page | sum "$1"
}

# read_since READS - whether the page, then in $WORK/page, has been read more often than that
read_since()
{
	page >"$WORK/page"
	[ "$(sum fuselens_reads <"$WORK/page")" -gt "$1" ]
}

# fresh - a page whose counts were read after this call. Scrapes close together share one reading.
fresh()
{
	local seen
	seen=$(total fuselens_reads)
	wait_until 20 read_since "$seen"
	cat "$WORK/page"
}
