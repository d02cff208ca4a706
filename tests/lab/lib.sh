# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the lab tests share (sourced).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

if [ "$(id -u)" != 0 ]; then
	echo "skip - ${0##*/}: needs root"
	exit 77
fi

# check NAME CMD... - a case that is ok if CMD succeeds. If not, shows the output of the last VM.
check()
{
	local name=$1
	shift
	if "$@"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failed=1
		[ ! -e "$tmp/err" ] || sed 's/^/# /' "$tmp/err" | tail -n 40
	fi
}

# An emulated guest on a busy machine is slow, but does not hang.
lab_run=("$top/lab/run" --timeout 1800 --boot-timeout 400)

# vm ARG... - lab/run with stdout, stderr and exit code kept in $tmp/out, $tmp/err and $rc.
vm()
{
	rc=0
	"${lab_run[@]}" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}

is()
{
	[ "$1" = "$2" ] || { echo "# got '$1', expected '$2'"; return 1; }
}
