#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# export: Prometheus accepts the page, the figures are fio's, and no name can spoil it. With TIER=full also
# a small fleet: three network namespaces as three hosts, each with its mount and its exporter, and one
# Prometheus.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"
# shellcheck source=tests/live/export_lib.sh
. "$(dirname "$0")/export_lib.sh"
rules=$LIVE_TOP/deploy/prometheus

"$LIVE_TOP/lab/host-deps" prometheus || {
	echo "no Prometheus here" >&2
	exit 77
}
live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1

start_export "$FUSELENS" export "$mnt" --listen 127.0.0.1:0 --files 2 || exit 1
write_some "$mnt" 700 3
wrote=$(fio_total)
# has NUMBER - writes on the page
has()
{
	[ "$(total 'fuselens_writes_total')" = "$1" ]
}
wait_until 2 has "$wrote"
check_eq "the writes on the page are fio's" "$(total 'fuselens_writes_total')" "$wrote"
check_eq "so are bytes" "$(total 'fuselens_write_bytes_total')" "$((wrote * 4096))"
check_eq "files with a series and the rest add up to the same" \
	"$(total 'fuselens_file_writes_total')" "$wrote"
check_eq "a file's name in its label is its last component" \
	"$(page | grep '^fuselens_file_writes_total' | grep -v '(other)' | grep -vc 'file="[^/"]*"')" 0
check_eq "there are no more series than --files" \
	"$(page | grep '^fuselens_file_writes_total' | grep -v '(other)' | grep -c exclusive)" 2
check_eq "reasons add up to the exclusive writes" "$(total 'fuselens_exclusive_writes_total')" \
	"$(total 'fuselens_writes_total.*lock="exclusive"')"
page | tail -n 1 >"$WORK/last"
check_eq "OpenMetrics ends as it must" "$(cat "$WORK/last")" "# EOF"
curl -sS "$URL/metrics" | promtool check metrics >"$WORK/lint" 2>&1
check_eq "promtool check metrics has nothing to say" "$?$(cat "$WORK/lint")" 0
# Debian's module is for Debian's Python.
page | /usr/bin/python3 -c 'import sys
from prometheus_client.openmetrics.parser import text_fd_to_metric_families
print(sum(len(f.samples) for f in text_fd_to_metric_families(sys.stdin)))' >"$WORK/strict" 2>&1
check_eq "a strict reader of OpenMetrics sees every sample" "$(cat "$WORK/strict")" "$(page | grep -vc '^#')"
# the older format has the names of samples, as the man page does
check_eq "the man page names each metric" "$(curl -sS "$URL/metrics" | awk '/^# TYPE/ {print $3}' | while read -r name; do
	grep -qw -- "$name" "$LIVE_TOP/docs/man/fuselens-export.1" || echo "$name"
done)" ""
check_eq "what bench-fleet replays has the families of today" \
	"$(grep '^# TYPE' "$LIVE_TOP/tests/bench/recorded/one-2.txt")" "$(page | grep '^# TYPE')"
curl -sS -H 'Accept-Encoding: gzip' "$URL/metrics" >"$WORK/page.gz"
check "who asks for it gets the page compressed" eval \
	'[ "$(gzip -dc <"$WORK/page.gz" | grep -c "^fuselens_writes_total")" -ge 2 ] &&
	[ "$(stat -c %s "$WORK/page.gz")" -lt 4000 ]'
check_eq "health" "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/healthz")" 200
check_eq "what is not there" "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/../etc/passwd")" 404
check_eq "what is not allowed" "$(curl -sS -o /dev/null -w '%{http_code}' -d x=y "$URL/metrics")" 405
check_eq "HEAD has no body" "$(curl -sS -I "$URL/metrics" | grep -c fuselens)" 0
check "it listens on loopback alone" \
	eval "ss -Hltn | grep -q '127.0.0.1:${URL##*:}' && ! ss -Hltn | grep -q '[0*]:${URL##*:} '"

"$FUSELENS" export "$mnt" --listen "${URL#http://}" 2>"$WORK/busy"
check_eq "a port in use is named" "$? $(grep -c 'Address already in use' "$WORK/busy")" "2 1"

"$FUSELENS" export "$mnt" --listen 192.0.2.1:0 2>"$WORK/busy"
check_eq "so is an address of others" "$? $(grep -c '^hint: .*ip address' "$WORK/busy")" "2 1"
"$FUSELENS" export "$mnt" --keep 1e9 2>"$WORK/busy"
check_eq "and what --keep may be" "$? $(grep -c 'is not between 1 s and 604800 s' "$WORK/busy")" "2 1"

# After clients that send nothing, too much, or nonsense, the next one is served as usual.
for ((i = 0; i < 40; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/${URL##*:}" && printf 'GET /met' >&"$fd"
done
printf 'GET /%s HTTP/1.1\r\n\r\n' "$(head -c 100000 /dev/zero | tr '\0' a)" |
	timeout 30 bash -c "cat >/dev/tcp/127.0.0.1/${URL##*:}" 2>/dev/null
head -c 20000 /dev/urandom | timeout 30 bash -c "cat >/dev/tcp/127.0.0.1/${URL##*:}" 2>/dev/null
served()
{
	curl -sS -m 20 -o /dev/null "$URL/healthz" 2>/dev/null
}
check "40 clients that never finish do not lock others out for long" wait_until 15 served
for ((i = 10; i < 60; i++)); do
	exec {i}>&- 2>/dev/null
done

# Names that could break the page, and two names that could become one series.
dir=$mnt/$'q"uote\nline}\xff'
mkdir "$dir"
for name in $'a\xfe' $'a\xff' $'a\033[2J' 'a\'; do
	dd if=/dev/zero of="$dir/$name" bs=4k count=2 oflag=direct status=none
done
kill "$EXPORT_PID"
wait "$EXPORT_PID"
check_eq "SIGTERM is a normal end" "$?" 0
start_export "$FUSELENS" export "$mnt" --listen 127.0.0.1:0 --files 10 || exit 1
for name in $'a\xfe' $'a\xff' $'a\033[2J' 'a\'; do
	dd if=/dev/zero of="$dir/$name" bs=4k count=2 oflag=direct conv=notrunc status=none
done
wait_until 2 has 8
check_eq "hostile names: every file has its series" \
	"$(page | grep '^fuselens_file_writes_total' | grep -c 'exclusive"} 2$')" 4
curl -sS "$URL/metrics" | promtool check metrics >"$WORK/lint" 2>&1
check_eq "hostile names: the page is still well-formed" "$?$(cat "$WORK/lint")" 0
page >"$WORK/page"
check_eq "hostile names: no control character" "$(LC_ALL=C tr -d '\n -~\200-\377' <"$WORK/page" | wc -c)" 0
check "hostile names: all UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null "$WORK/page"
check_eq "a mount with a daemon" "$(total 'fuselens_mount_served')" 1
served_sum()
{
	[ "$(page | awk '/^fuselens_mount_served/ {sum += $NF; n++} END {print n ":" sum}')" = "$1" ]
}
stop_daemon KILL
check "a mount that lost it" wait_until 10 served_sum 1:0
check_eq "is there still, and its counts are" "$(total 'fuselens_mount_info') $(total 'fuselens_writes_total')" "1 8"
start_daemon "$src" "$mnt"
check "a new one in its place" wait_until 10 served_sum 1:1
kill "$EXPORT_PID"
wait "$EXPORT_PID"

check "the rules are sound" eval "promtool check rules '$rules/fuselens.rules.yml' >/dev/null"
sed -n '/^\.EX/,/^\.EE/p' "$LIVE_TOP/docs/man/fuselens-export.1" |
	sed "/^\./d; s/\\\\-/-/g; s,/usr/share/fuselens/prometheus,$rules," >"$WORK/example.yml"
check_eq "Prometheus takes the man page's example" \
	"$(promtool check config "$WORK/example.yml" >"$WORK/lint" 2>&1; echo $?) $(grep -c 'rules found' "$WORK/lint")" "0 1"
check "the alerts fire when they should" \
	eval "cd '$rules' && promtool test rules fuselens.rules.test.yml >/dev/null"

is_full || exit 0

# The fleet. Namespaces 1 to 3 are hosts, each with its mount and its exporter; 0 is the network, with Prometheus.
tag=fl$$
fleet_end()
{
	local n
	for n in 0 1 2 3; do
		ip netns del "$tag-$n" 2>/dev/null
	done
}
at_end fleet_end
if ! ip netns add "$tag-0" 2>"$WORK/netns.err" || ! ip -n "$tag-0" link add wire type bridge 2>>"$WORK/netns.err"; then
	skip "a fleet of three hosts" "this kernel makes no network namespaces or bridges: $(tail -n 1 "$WORK/netns.err")"
	exit 0
fi
ip -n "$tag-0" link set lo up
ip -n "$tag-0" addr add 10.231.77.254/24 dev wire
ip -n "$tag-0" link set wire up
expected=0
for n in 1 2 3; do
	ip netns add "$tag-$n"
	ip -n "$tag-0" link add "v$n" type veth peer name eth0 netns "$tag-$n"
	ip -n "$tag-0" link set "v$n" master wire up
	ip -n "$tag-$n" addr add "10.231.77.$n/24" dev eth0
	ip -n "$tag-$n" link set eth0 up
	mkdir -p "$WORK/xfs/host$n"
	start_daemon "$WORK/xfs/host$n" "$WORK/host$n" || exit 1
	start_export ip netns exec "$tag-$n" "$FUSELENS" export "$WORK/host$n" \
		--listen "10.231.77.$n:9787" || exit 1
done
cat >"$WORK/prometheus.yml" <<EOF
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$rules/fuselens.rules.yml]
scrape_configs:
  - job_name: fuselens
    static_configs:
      - targets: [10.231.77.1:9787, 10.231.77.2:9787, 10.231.77.3:9787]
EOF
check "Prometheus takes the configuration" eval "promtool check config '$WORK/prometheus.yml' >/dev/null"
ip netns exec "$tag-0" prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
	--web.listen-address=127.0.0.1:9090 >"$WORK/prometheus.log" 2>&1 &

# api PATH CURL_ARG... - what Prometheus answers
api()
{
	ip netns exec "$tag-0" curl -sS -G "http://127.0.0.1:9090/api/v1/$1" "${@:2}"
}

# query PROMQL - the values of the result, by instance
query()
{
	api query --data-urlencode "query=$1" |
		jq -r '.data.result | sort_by(.metric.instance) | map(.value[1]) | join(" ")'
}
answers()
{
	[ "$(query "$1" 2>/dev/null)" = "$2" ]
}
check "all three hosts are scraped" wait_until 30 answers 'sum(up{job="fuselens"})' 3
sleep 2
each=
for n in 1 2 3; do
	write_some "$WORK/host$n" $((n * 400)) 1
	each+="${each:+ }$(fio_total)"
	expected=$((expected + $(fio_total)))
done
check "per host, Prometheus has fio's totals" \
	wait_until 15 answers 'sum by (instance) (fuselens_writes_total)' "$each"
check "and of the fleet their sum" wait_until 5 answers 'sum(fuselens_writes_total)' "$expected"
has_answer()
{
	[ -n "$(query "$1")" ]
}
check "the per-host rules have values" \
	eval "wait_until 30 answers 'count(instance:fuselens_eligible_shared:ratio_rate5m)' 3"
case $("$FUSELENS" prove "$WORK/host1" --json -- dd if=/dev/zero of="$WORK/host1/f0" bs=4k count=80 \
	oflag=direct conv=notrunc status=none | jq -r .verdict) in
SHARED)
	check "the fleet-wide share says SHARED" wait_until 10 answers 'job:fuselens_eligible_shared:ratio_rate5m' 1
	;;
EXCLUSIVE)
	check "the fleet-wide share says EXCLUSIVE" wait_until 10 answers 'job:fuselens_eligible_shared:ratio_rate5m' 0
	check "and so do the hosts, counted" \
		wait_until 10 answers 'job:fuselens_exclusive_instances:count' 3
	;;
esac
check_eq "no rule fails" "$(api rules |
	jq '[.data.groups[].rules[] | select(.health == "err")] | length')" 0
check_eq "the dashboard's queries parse" "$(jq -r '.panels[].targets[]?.expr' \
	"$LIVE_TOP/deploy/grafana/fuselens.json" |
	sed 's/\$__rate_interval/1m/g; s/\$[a-z]*/.*/g' | while read -r expr; do
	api query --data-urlencode "query=$expr" | jq -r .status
done | sort | uniq -c | awk '{print $2}' | tr '\n' ' ')" "success "
