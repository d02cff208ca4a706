# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# 1,000 mounts, and 10,000 open files on one of them: what the test of scale and the benchmark share (sourced
# after lib.sh).

# scale_begin - makes them; $opens descriptors of $files files are written all the time
scale_begin()
{
	live_begin_on_xfs
	start_daemon "$src" "$mnt" || exit 1
	opens=10000
	# Go above the hard limit if allowed; the daemon tries that by itself.
	ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
	# A daemon needs one descriptor per file and one per open file. If that is too many, open some files
	# twice.
	limit=$(awk '/^Max open files/ {print $4}' "/proc/$DAEMON_PID/limits")
	files=$opens
	[ "$limit" -ge $((2 * opens + 100)) ] || files=$((limit - opens - 100))
	if [ "$files" -lt $((opens / 2)) ] || [ "$(ulimit -n)" -lt $((opens + 100)) ]; then
		echo "the limits on descriptors ($(ulimit -n), the daemon's $limit) are too low for $opens open files" >&2
		exit 77
	fi

	mounts=0
	for ((i = 0; i < 1000; i++)); do
		mkdir "$WORK/m$i"
		"$FUSELENS_DAEMON" "$src" "$WORK/m$i" -s 2>/dev/null && mounts=$((mounts + 1))
	done
	check_eq "there are 1,000 mounts" "$mounts" 1000

	python3 - "$mnt/many" "$opens" "$files" >"$WORK/writer" 2>&1 <<'EOF' &
import mmap, os, sys, time
dir, opens, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(dir)
block = mmap.mmap(-1, 4096)
fds = [os.open(f"{dir}/a-file-with-a-name-of-usual-length-{i % files:05d}", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
       for i in range(opens)]
for fd in fds:
    os.pwrite(fd, block, 0)
print("ready", flush=True)
while True:
    for fd in fds:
        os.pwrite(fd, block, 0)
        time.sleep(0.0001)
EOF
	check "the files are opened and written" wait_until 120 grep -q ready "$WORK/writer"
	check_eq "10,000 open files on one mount ($files files)" "$(daemon_stat open_files)" "$opens"
	check_eq "and all of them are listed" "$("$FUSELENS" files "$mnt" --json | jq '.files | length')" "$opens"
}

# scale_top - runs top for all files on a separate terminal; sets $TOP_PID
scale_top()
{
	mux new-session -d -x 120 -y 40 "env TERM=screen '$FUSELENS' top -f -i 0.5 --max-inodes 16384"
	at_end mux kill-server
	TOP_PID=$(mux list-panes -F '#{pane_pid}')
	# there may be a shell in between
	TOP_PID=$(pgrep -P "$TOP_PID" -x fuselens || echo "$TOP_PID")
}

mux()
{
	tmux -S "$WORK/tmux" -f /dev/null "$@"
}

top_shows_files()
{
	mux capture-pane -p | grep -q "^$files files\|a-file-with"
}
