#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# More mounts, and more descriptors, than anybody has who means well. What is not known of them is told, and is not 0.
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
check_eq "and why its writes are not cross-checked" "$(of_mirror .cross_check)" '"all"'
check_eq "those of a mount with a place are" \
	"$(jq '[.snapshot.mounts[] | select(.attribute_replies == 2)] | length >= 2000' "$out")" true

# Some users may make mounts in our own namespace, with long names.
mkdir "$WORK/long"
exec 4>"$WORK/mnt/open"
"$(dirname "$0")/long_mounts.py" "$WORK/long" 2600 "$FUSELENS" files "$WORK/mnt" --json >"$out" 2>"$WORK/err"
check_eq "mounts that fill mountinfo stop no command" "$? $(jq '.files | length > 0' "$out")" "0 true"
exec 4>&-

# And as many namespaces of their own, full of such mounts, as they like: only so much of one is read, and of all.
# theirs NAME NUMBER - in the background, a namespace with NUMBER such mounts and a mirror whose file NAME is open
theirs()
{
	mkdir "$WORK/$1" "$WORK/long.$1"
	# shellcheck disable=SC2016
	spawn "$(dirname "$0")/long_mounts.py" "$WORK/long.$1" "$2" bash -c '
		"$0" "$1" "$2" -f -o stats_file="$2.stats" 2>/dev/null &
		until mountpoint -q "$2"; do sleep 0.05; done
		exec 4>"$2/$3"
		echo ready
		wait' "$FUSELENS_DAEMON" "$WORK/source" "$WORK/$1" "$1" >"$WORK/$1.said"
	wait_until 30 grep -q ready "$WORK/$1.said"
}

# end_theirs PID...
end_theirs()
{
	local pid
	for pid; do
		pkill -P "$pid"
		kill "$pid"
		wait "$pid" 2>/dev/null
	done
}

# mount_of NAME - the mount of the open file NAME in the list, as JSON
mount_of()
{
	jq -c "[.files[] | select(.path // \"\" | endswith(\"/$1\")) | .mount != null]" "$out"
}

theirs in-a-large-namespace 600
"$FUSELENS" files --json >"$out"
check_eq "a file of a namespace with very many mounts is listed, without a name for its mount" \
	"$(mount_of in-a-large-namespace)" "[false]"
end_theirs "$SPAWNED"
pids=()
for i in {1..9}; do
	theirs "namespace-$i" 550
	pids+=("$SPAWNED")
done
"$FUSELENS" files --json >"$out"
check_eq "of nine such namespaces that are less large, 128 MiB are read: the last has no name" \
	"$(for i in {1..9}; do mount_of "namespace-$i"; done | sort | uniq -c | tr -s ' \n' ' ')" " 1 [false] 8 [true] "
end_theirs "${pids[@]}"

# A user's process may have a million descriptors of files with long names.
cat >"$WORK/holder.py" <<'EOF'
import os, resource, sys, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
each = (hard if 2000 < hard < 61000 else 61000) - 1000
resource.setrlimit(resource.RLIMIT_NOFILE, (each + 1000, each + 1000))
os.chdir(sys.argv[1])
for _ in range(15):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
fd = os.open("file", os.O_WRONLY | os.O_CREAT)
ends = os.pipe()
# as many processes as it takes
for held in range(0, int(sys.argv[2]), each):
    if os.fork() == 0:
        for _ in range(each):
            os.dup(fd)
        os.write(ends[1], b"x")
        time.sleep(1000)
    os.read(ends[0], 1)
print("ready", flush=True)
time.sleep(1000)
EOF
spawn python3 "$WORK/holder.py" "$WORK/mnt" 60000 >"$WORK/holder"
wait_until 30 grep -q ready "$WORK/holder"
for command in "files --json" "files" "stat all -c 1 --json" "prove all --json -d 0.2"; do
	# shellcheck disable=SC2086
	peak=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "w"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$out" "$FUSELENS" $command)
	check "$command: 60,000 descriptors take less than 400 MiB ($peak)" [ "$peak" -lt 400 ]
	[ "$command" != "files --json" ] ||
		check_eq "... and all of them are listed, without their names" \
			"$(jq -c '[(.files | length >= 60001), (.files | any(.path == null))]' "$out")" "[true,true]"
done
end_theirs "$SPAWNED"

# More than are listed: who comes after them is in no list of all.
if is_full; then
	mkdir "$WORK/mnt/second"
	spawn python3 "$WORK/holder.py" "$WORK/mnt/second" 2000100 >"$WORK/holder"
	wait_until 60 grep -q ready "$WORK/holder"
	spawn sh -c 'sleep 1000 >"$0"' "$WORK/mnt/behind-the-others"
	writer=$SPAWNED
	wait_until 10 test -e "$WORK/mnt/behind-the-others"
	check_eq "what a process has open is known beside two million descriptors of others" \
		"$("$FUSELENS" files -p "$writer" --json | jq -c '[.files[].path | endswith("/behind-the-others")]')" "[true]"
fi
