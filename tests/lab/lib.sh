# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the lab tests share (sourced).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
out=$tmp/out.d
# shellcheck source=lab/lib.sh
. "$top/lab/lib.sh"

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

# An emulated guest on a busy machine is slow, but does not hang; lab/run ends one that does. With LAB_ARCH=arm64 every
# guest is of that kind, and lab/run itself knows how slow it boots.
arch=${LAB_ARCH:-amd64}
lab_run=("$top/lab/run" --arch "$arch" --timeout 14400)
[ "$arch" != amd64 ] || lab_run+=(--boot-timeout 400)

# vm ARG... - lab/run with stdout, stderr and exit code kept in $tmp/out, $tmp/err and $rc.
vm()
{
	rc=0
	ends_with_me "${lab_run[@]}" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
}

# with_mutant PATCH CMD... - runs CMD with a vm that boots with a copy of the project in which PATCH is applied, one of
# tests/lab/mutants
with_mutant()
{
	local patch=$top/tests/lab/mutants/$1.patch tree=$tmp/tree result=0
	shift
	if [ ! -d "$tree" ]; then
		mkdir "$tree"
		tar -C "$top" --exclude=./.git --exclude=./build -cf - . | tar -C "$tree" -xf -
	fi
	patch -d "$tree" --fuzz=0 -s -p1 <"$patch" >"$tmp/err" || return
	lab_run[0]=$tree/lab/run
	"$@" || result=$?
	lab_run[0]=$top/lab/run
	patch -d "$tree" --fuzz=0 -s -p1 -R <"$patch"
	return $result
}

is()
{
	[ "$1" = "$2" ] || { echo "# got '$1', expected '$2'"; return 1; }
}

# of FILE FILTER - the result of jq on a file in $out, where the guest's files go; "" if there is none
of()
{
	jq -r "$2" "$out/$1" 2>/dev/null || true
}

# unattached FILE METHOD - the method's programs that doctor --json could not attach; FILE is in $out. "none" if it has
# no programs at all.
unattached()
{
	of "$1" ".methods[] | select(.name == \"$2\").probes | if length == 0 then \"none\"
		else [.[] | select(.attaches | not).name] | join(\" \") end"
}

# relayed N [PREFIX] - the cases that the last VM's program printed, as ours: N of them, or any number if N is empty
relayed()
{
	local line n=0
	while IFS= read -r line; do
		[[ $line == "ok - "* || $line == "not ok - "* ]] || continue
		n=$((n + 1))
		check "${2:-}${line#*ok - }" [ "${line:0:3}" = "ok " ]
	done <"$tmp/out"
	[ "$rc" = 0 ] || grep -v '^ok - ' "$tmp/out" | sed 's/^/# /'
	check "${2:-}all of them ran" test "$n" = "${1:-$n}" -a "$n" -gt 0
	check "${2:-}the guest ended well" is "$rc" 0
}

# with_livepatch FUNCTION - calls FUNCTION KERNEL MODULE_DIR for each kernel of LIVE_KERNELS (debian-6.12), with the
# livepatch's module for it in $out. Skips a kernel whose headers or source Debian no longer has.
with_livepatch()
{
	local kernel dir
	for kernel in ${LIVE_KERNELS:-debian-6.12}; do
		if [ "$kernel" != lab-live ] && ! "$top/lab/build/live" "$kernel" true >/dev/null 2>"$tmp/err"; then
			echo "skip - $kernel: what a module is built of cannot be had: $(tail -n 1 "$tmp/err")"
			continue
		fi
		if ! dir=$("$top/lab/build/live" "$kernel" 2>"$tmp/err"); then
			check "$kernel: a module is built for it" false
			continue
		fi
		mkdir -p "$out"
		cp "$dir/fuselens_live.ko" "$out/"
		"$1" "$kernel" "$dir"
		rm -rf "$out"
	done
}

# quiet_log NAME - a case: the kernel's log, which the guest left in $out/dmesg, has no complaint
quiet_log()
{
	check "$1: the kernel's log has no complaint" is "$(grep -cE "$lab_complaints" "$out/dmesg" || true)" 0
}
