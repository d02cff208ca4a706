# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the commands of the lab and its tests share (sourced).

# What the kernel's log has when the kernel complains, as an extended regular expression.
# shellcheck disable=SC2034 # used by those who source it
lab_complaints='BUG|WARNING|Oops|refcount|general protection'

# lab_usage - the comment at the top of the script, as help; exit code 2
lab_usage()
{
	sed -n '3,/^[^#]/ { s/^# \{0,1\}//p }' "$0" >&2
	exit 2
}

# lab_begin DIR - for a command whose results go to DIR, or to a temporary directory if DIR is empty. Sets $out.
lab_begin()
{
	if [ "$(id -u)" != 0 ]; then
		echo "lab/${0##*/}: the lab needs root" >&2
		exit 2
	fi
	out=$1
	if [ -z "$out" ]; then
		out=$(mktemp -d)
		trap 'rm -rf "$out"' EXIT
	fi
	mkdir -p "$out"
	out=$(realpath "$out")
}

# ends_with_me CMD... - runs CMD, which is told to end when this script ends, however that is. A guest would go on:
# nobody but lab/run ends it.
ends_with_me()
{
	setpriv --pdeathsig TERM -- "$@"
}

# fio_writes FILE... - how many writes fio reports there, of all jobs
fio_writes()
{
	jq -s '[.[].jobs[].write.total_ios] | add' "$@"
}
