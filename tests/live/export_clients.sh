#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# export among bad clients: connections that send slowly, stay open or ask for a lot at once keep no scrape
# out, and no request waits for a timer.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/export_lib.sh
. "$(dirname "$0")/export_lib.sh"
live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1
start_export "$FUSELENS" export "$mnt" --listen 127.0.0.1:0 || exit 1
port=${URL##*:}

# how often the exporter went to sleep: once per request if each waits for a timer
sleeps()
{
	awk '/^voluntary_ctxt/ {print $2}' "/proc/$EXPORT_PID/status"
}

cat >"$WORK/clients.py" <<'END'
import select, socket, sys
port, what = int(sys.argv[1]), sys.argv[2]

def connect(source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), source_address=(source, 0))

def slow(source="127.0.0.1"):
    s = connect(source)
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ")
    return s

def answer(s, wanted=b"HTTP/1.1 ", n=1):
    got = b""
    while got.count(wanted) < n:
        try:
            data = s.recv(65536)
        except OSError:
            break
        if not data:
            break
        got += data
    return got

if what == "pipelined":
    s = connect()
    print("connected", flush=True)
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
    print(answer(s, b"HTTP/1.1 200", 200).count(b"HTTP/1.1 200"))
elif what == "headers":
    s = connect()
    print("connected", flush=True)
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100000 + b"\r\n\r\n")
    print(answer(s)[9:12].decode())
elif what == "trickle":
    # one connection that always sends something: it is closed as well
    s = slow()
    while True:
        try:
            s.sendall(b"a")
        except OSError:
            break
        if select.select([s], [], [], 0.3)[0] and not s.recv(100):
            break
    print("ended")
elif what == "hold":
    # many from here, and many from other addresses, each sending a little all the time. No more than
    # the exporter and the kernel have room for: further ones would wait in connect()
    held = [slow() for _ in range(24)] + [slow("127.0.0.%d" % i) for i in range(2, 26)]
    print("held", flush=True)
    while True:
        for i, s in enumerate(held):
            try:
                s.sendall(b"a")
            except OSError:
                s.close()
                held[i] = slow("127.0.0.%d" % (i % 25 + 1))
        select.select([], [], [], 0.3)
END

# ask_once WHAT - sets $said, the client's last word, and $slept, how often the exporter went to sleep for it. It
# stands still until the client is connected: it sleeps ten times a second while it waits for a slow one.
ask_once()
{
	local before
	kill -STOP "$EXPORT_PID"
	timeout 600 python3 "$WORK/clients.py" "$port" "$1" >"$WORK/said" 2>&1 &
	wait_until 60 grep -qs connected "$WORK/said"
	before=$(sleeps)
	kill -CONT "$EXPORT_PID"
	wait $!
	slept=$(($(sleeps) - before))
	said=$(tail -n 1 "$WORK/said")
}

# ask WHAT SLEEPS - the same, until there are fewer sleeps than that, ten times at most: a client that a busy machine
# holds up makes some, too
ask()
{
	for _ in {1..10}; do
		ask_once "$1"
		[ "$slept" -ge "$2" ] || break
	done
}

ask pipelined 150
check_eq "200 requests in one go are answered" "$said" 200
check "... without a sleep for each ($slept)" [ "$slept" -lt 150 ]
ask headers 40
check_eq "a header that is too large is refused" "$said" 431
check "... at once ($slept sleeps)" [ "$slept" -lt 40 ]

python3 "$WORK/clients.py" "$port" hold >"$WORK/held" 2>&1 &
holder=$!
wait_until 60 grep -qs held "$WORK/held"
served=0
for _ in 1 2 3; do
	curl -sS -m 60 -o /dev/null "http://127.0.0.1:$port/metrics" && served=$((served + 1))
done
check_eq "among fifty connections that trickle, every scrape is served" "$served" 3
kill $holder
wait $holder 2>/dev/null
check_eq "a connection that trickles has no more than its time" \
	"$(timeout 600 python3 "$WORK/clients.py" "$port" trickle)" ended
kill "$EXPORT_PID"
wait "$EXPORT_PID"
check_eq "the exporter ends as it should" "$?" 0

# Forty addresses of one IPv6 network, in a network namespace. Says how many of their connections stay open
# once the last one, which is the youngest, got its answer.
cat >"$WORK/network.py" <<'END'
import socket, sys
port = int(sys.argv[1])
held = [socket.create_connection(("fd00::1", port), source_address=("fd00::%x" % i, 0)) for i in range(1, 41)]
held[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
if not held[-1].recv(100).startswith(b"HTTP/1.1 200"):
    sys.exit("no answer")

def is_open(s):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False

print(sum(map(is_open, held[:-1])) + 1)
END
cat >"$WORK/network.sh" <<'END'
ip link set lo up 2>/dev/null || exit 77
for i in {1..40}; do
	ip -6 addr add "fd00::$(printf %x "$i")/64" dev lo nodad 2>/dev/null || exit 77
done
"$1" export "$2" --listen :0 2>"$3/log6" &
for _ in {1..3000}; do
	! grep -qs 'http://' "$3/log6" || break
	sleep 0.02
done
timeout 600 python3 "$3/network.py" "$(sed -n 's,.*http://.*:\([0-9]*\).*,\1,p' "$3/log6")"
code=$?
kill $!
wait
exit $code
END
spawn unshare --net bash "$WORK/network.sh" "$FUSELENS" "$mnt" "$WORK" >"$WORK/open" 2>"$WORK/err"
wait "$SPAWNED"
case $? in
77) skip "addresses of one IPv6 network" "no IPv6 here" ;;
*) check "forty addresses of one IPv6 network have no more connections than one ($(cat "$WORK/open" "$WORK/err"))" \
	[ "$(cat "$WORK/open")" -le 16 ] ;;
esac

# --- nobody reads its messages: each mount that comes or goes is one
mkdir "$WORK/other"
cat >"$WORK/come_and_go" <<'END'
mountpoint -q "$2" && exec umount "$2"
exec "$FUSELENS_DAEMON" "$1" "$2" -o stats_file="$2.stats"
END
for kind in pipe terminal; do
	check_eq "scrapes go on while its messages go to a $kind that takes none, and it ends on a signal" \
		"$(FUSELENS_DAEMON=$FUSELENS_DAEMON "$(dirname "$0")/export_held.py" "$kind" \
			"sh '$WORK/come_and_go' '$src' '$WORK/other' >/dev/null 2>&1" \
			"$FUSELENS" export all --listen 127.0.0.1:0 2>&1)" "200 0"
done
exit "$((LIVE_FAILED > 0))"
