# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the tests of 'fuselens live' in the guest share (sourced): /out/fuselens_live.ko is the module for its kernel.
# shellcheck source=lab/guest/lib.sh
. /fuselens/lab/guest/lib.sh
set +e
good=/out/fuselens_live.ko
failed=0

ok()
{
	echo "ok - $1"
}

not_ok()
{
	echo "not ok - $1"
	sed 's/^/# /' /tmp/said
	dmesg | tail -n 5 | sed 's/^/# dmesg: /'
	failed=1
}

check()
{
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name"; fi
}

# altered NAME OLD NEW - the module with each OLD, up to its NUL, made NEW
altered()
{
	python3 - "$good" "/tmp/$1.ko" "$2" "$3" <<'EOF'
import sys
source, target, old, new = sys.argv[1], sys.argv[2], sys.argv[3].encode(), sys.argv[4].encode()
data = open(source, "rb").read()
assert len(new) <= len(old), "no room"
assert old in data, "there is no such text"
open(target, "wb").write(data.replace(old, new.ljust(len(old), b"\0")))
EOF
}

# clean - nothing of ours is in the kernel
clean()
{
	[ ! -e /sys/kernel/livepatch/fuselens_live ] && [ ! -e /sys/module/fuselens_live ]
}

# refuses NAME WHAT [ARG...] - 'live load ARG...' fails with 2 and says WHAT; the kernel is as it was
refuses()
{
	local name=$1 what=$2 rc=0
	shift 2
	fuselens live load "$@" >/tmp/said 2>&1 || rc=$?
	if [ $rc = 2 ] && grep -qE -- "$what" /tmp/said && clean; then ok "$name"; else not_ok "$name (exit $rc)"; fi
}

loads()
{
	fuselens live load --module $good >/tmp/said 2>&1 && fuselens live >/dev/null
}

unloads()
{
	fuselens live unload >/tmp/said 2>&1 && clean
}

# The write that hang begins
write=(dd if=/dev/zero of=/mnt/fuse/data bs=4k count=16 oflag=direct conv=notrunc status=none)

# hang - $write, with the disk frozen under it: its task, $writer, stays in the function that is to be replaced
hang()
{
	fsfreeze -f /mnt/disk/
	"${write[@]}" &
	writer=$!
	until grep -qs fuse_passthrough /proc/$writer/stack; do sleep 0.1; done
}

# resume - lets it end
resume()
{
	fsfreeze -u /mnt/disk/
	wait $writer
}

# names_writer ARG... - 'live ARG...' is given time until nobody but the writer holds up the change: what it says of
# the others, who come over sooner or later, leaves no room for the writer. Sets $rc; its words are in /tmp/said.
names_writer()
{
	local seconds
	for ((seconds = 2; seconds < 1000; seconds *= 2)); do
		rc=0
		fuselens live "$@" --timeout $seconds >/tmp/said 2>&1 || rc=$?
		! grep -q "dd ($writer)" /tmp/said || break
		[ $rc = 2 ] || break
	done
}

# called CODE PATTERN ARG... - 'live ARG...' exits with CODE and says PATTERN
called()
{
	local code=$1 pattern=$2 rc=0
	shift 2
	fuselens live "$@" >/tmp/said 2>&1 || rc=$?
	[ $rc = "$code" ] && grep -qE -- "$pattern" /tmp/said || { echo "# exit $rc"; return 1; }
}

# ends CODE PATTERN PID FILE - the call in the background, whose words are in FILE, exits with CODE and says PATTERN
ends()
{
	local rc=0
	wait "$3" || rc=$?
	cp "$4" /tmp/said
	[ $rc = "$1" ] && grep -qE -- "$2" /tmp/said || { echo "# exit $rc"; return 1; }
}

# value KEY FILE - the first value of that name; this root has no jq
value()
{
	sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",]*\).*/\1/p' "$2" | head -n 1
}

# in_transition - waits until our livepatch is on its way
in_transition()
{
	until [ "$(cat /sys/kernel/livepatch/fuselens_live/transition 2>/dev/null)" = 1 ]; do sleep 0.1; done
}

# begin FILE ARG... - calls 'live ARG...' in the background: $pid, its words go to FILE
begin()
{
	local said=$1
	shift
	fuselens live "$@" --timeout 3600 >"$said" 2>&1 &
	pid=$!
}
