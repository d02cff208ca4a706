#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Nothing that README.md shows is older than the program: its pictures are made again from what they were made from,
# and what commands print here has the shape of what it shows of them. Figures, names and paths may differ.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"
readme=$LIVE_TOP/README.md
# docs/make-pictures reads it
export FUSELENS
live_begin_on_xfs
# the README's name for the mount
start_daemon "$src" "$mnt" || exit 1

# shown COMMAND... - what the README shows below '$ COMMAND'
shown()
{
	awk -v command="\$ $*" '/^```/ {on = 0} on && /^\$ / {on = 0} on {print} $0 == command {on = 1}' "$readme"
}

# shape - text as words, without figures and units, without the places where lines were wrapped, without the lines of
# writers, which have a container where the test runs in one, and without the cross-check, whose words depend on what
# was under way
shape()
{
	sed "s,$mnt,/mnt/fuse,g; / fio /d" | sed -E 's/kernel [0-9][^ ,]*/kernel N/; s/[0-9]+:[0-9]+/N/g; s/[0-9][0-9,.]*( ?(%|k|M|[KMG]iB|s|ms|us|ns))?/N/g' |
		tr -s ' \n' ' ' | sed 's/cross-check: .* loss:/loss:/'
}

# same NAME COMMAND - what was printed, in $WORK/out, has the shape of what is shown
same()
{
	check_eq "$1" "$(shape <"$WORK/out")" "$(shown "$2" | shape)"
}

if [ -x "$LIVE_TOP/docs/make-pictures" ] && command -v gnuplot >/dev/null; then
	"$LIVE_TOP/docs/make-pictures" --check >"$WORK/out" 2>&1
	check_eq "its figures are what this program makes" "$?$(cat "$WORK/out")" 0
else
	skip "its figures" "gnuplot is not here"
fi

# granted - what the daemon says of the mount, of which the answers may differ
granted()
{
	sed -E 's/\<(yes|no|not asked for)\>/Y/g' | shape
}
check_eq "what the daemon is granted" "$(sed -n 's/.*: granted: /granted: /p' "$DAEMON_LOG" | granted)" \
	"$(awk '/^  passthrough: granted/ {on = 1; sub(/^ *passthrough: /, "")} /^  direct: granted/ {exit} on' "$readme" | granted)"

fio --name=w --directory="$mnt" --filename=data --size=8m --bs=4k --rw=randwrite --direct=1 --ioengine=psync \
	--time_based --runtime=600 --rate_iops=2000 --output="$WORK/fio" >/dev/null 2>&1 &
load=$!
at_end kill "$load"
written()
{
	[ "$(stat -c %s "$mnt/data" 2>/dev/null)" = 8388608 ]
}
check "a load" wait_until 20 written
"$LIVE_TOP/docs/make-pictures" --check "$mnt" >"$WORK/out" 2>&1
check_eq "the picture of top has today's titles and keys" "$?$(cat "$WORK/out")" 0

"$FUSELENS" prove "$mnt" -d 1 >"$WORK/out" 2>"$WORK/err"
method=$(grep -o 'evidence: [a-z-]*' "$WORK/out")
if [ "$method" = "$(shown fuselens prove /mnt/fuse -d 2 | grep -o 'evidence: [a-z-]*')" ] && grep -q ^EXCLUSIVE "$WORK/out"; then
	same prove "fuselens prove /mnt/fuse -d 2"
else
	skip prove "the README shows another method than this kernel's: $method"
fi
"$FUSELENS" stat "$mnt" -i 0.5 -c 3 >"$WORK/out" 2>"$WORK/err"
if [ "$method" = "$(shown fuselens prove /mnt/fuse -d 2 | grep -o 'evidence: [a-z-]*')" ]; then
	same stat "fuselens stat /mnt/fuse -i 1 -c 3"
else
	skip stat "the README shows another method than this kernel's: $method"
fi
"$FUSELENS" files "$mnt" >"$WORK/out"
check_eq "files: its titles" "$(grep -w opens "$WORK/out" | shape)" "$(shown fuselens files /mnt/fuse | grep -w opens | shape)"

# the first words of doctor's lines: what it looks at, and the methods
looked_at()
{
	grep -oE '^  [A-Za-z][A-Za-z -]*  +(yes|no|\?)' | sed -E 's/ +(yes|no|\?)$//'
}
"$FUSELENS" doctor >"$WORK/out"
check_eq "doctor: what it looks at" "$(looked_at <"$WORK/out")" "$(shown fuselens doctor | looked_at)"
"$FUSELENS" verify "$mnt" --quick --case append >"$WORK/out"
check_eq "verify: its titles" "$(grep -w upgrades "$WORK/out" | tr -s ' ')" \
	"$(shown fuselens verify /mnt/fuse | grep -w upgrades | tr -s ' ')"
check_eq "verify: its cases" "$(shown fuselens verify /mnt/fuse | awk '$2 == "pass" {print $1}' | sort)" \
	"$("$FUSELENS" verify --list | awk '/^[a-z]/ {print $1}' | sort)"
