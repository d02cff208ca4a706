#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# fuselens live where no livepatch of ours is loaded: it says so, refuses what is no module of ours, and
# changes nothing. tests/lab/live.sh patches a kernel.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
out=$WORK

# says CODE PATTERN ARG... - fuselens live ARG... exits with CODE and prints PATTERN on stdout or stderr.
says()
{
	local code=$1 pattern=$2 rc=0
	shift 2
	"$FUSELENS" live "$@" >"$out/out" 2>&1 || rc=$?
	[ "$rc" = "$code" ] && grep -q -- "$pattern" "$out/out" || {
		echo "# exit $rc: $(head -n 3 "$out/out" | tr '\n' ' ')"
		return 1
	}
}

if [ -e /sys/kernel/livepatch/fuselens_live ]; then
	echo "skip - fuselens live: the livepatch is loaded on this machine"
	exit 0
fi
check "status says that it is not loaded" says 1 '^not loaded' status
check "... as JSON, too" test "$("$FUSELENS" live --json | jq -r '.schema + " " + .state + " " + (.functions | length | tostring)')" \
	= "fuselens.live/1 not loaded 0"
check_eq "... with the keys that docs/schema.md names" \
	"$("$FUSELENS" live --json | jq -r 'keys[]' | tr '\n' ' ')" \
	"$(sed -n '/^### live$/,/^## /s/^| `\([a-z_]*\)`.*/\1/p' "$LIVE_TOP/docs/schema.md" | sort | tr '\n' ' ')"
check "a file that is not there is an error" says 2 'cannot read /nonexistent' load --module /nonexistent
cp "$FUSELENS" "$out/no.ko"
check "so is one that is no module" says 2 'modinfo\|not a module of fuselens' load --module "$out/no.ko"
check "unload of what is not loaded is none" says 0 unloaded unload
check "a word that it does not know is an error" says 2 'status, load or unload' fly
check "nothing was loaded" test ! -e /sys/module/fuselens_live
live_end
