#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# export behind a web server, with deploy/nginx's configuration: TLS, a password, and that one page alone.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/export_lib.sh
. "$(dirname "$0")/export_lib.sh"
export PATH=$PATH:/usr/sbin
command -v nginx >/dev/null && command -v openssl >/dev/null || {
	echo "no nginx or no openssl here" >&2
	exit 77
}
live_begin
mkdir "$WORK/source" "$WORK/etc"
start_daemon "$WORK/source" "$WORK/mnt" || exit 1
start_export "$FUSELENS" export "$WORK/mnt" --listen localhost:0 || exit 1

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$WORK/etc/tls.key" -out "$WORK/etc/tls.crt" 2>"$WORK/err"
echo "prometheus:$(openssl passwd -apr1 secret)" >"$WORK/etc/htpasswd"
# what an administrator would change, and nothing else: where files are, and ports
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed "s,/etc/fuselens/,$WORK/etc/,; s,9788,$port,; s,127.0.0.1:9787,${URL#http://}," \
	"$LIVE_TOP/deploy/nginx/fuselens-export.conf" >"$WORK/etc/export.conf"
cat >"$WORK/etc/nginx.conf" <<END
daemon off;
user root;
worker_processes 1;
pid $WORK/nginx.pid;
error_log $WORK/nginx.log;
events {}
http {
	client_body_temp_path $WORK/t1;
	proxy_temp_path $WORK/t2;
	fastcgi_temp_path $WORK/t3;
	uwsgi_temp_path $WORK/t4;
	scgi_temp_path $WORK/t5;
	include $WORK/etc/export.conf;
}
END
nginx -t -c "$WORK/etc/nginx.conf" -e "$WORK/nginx.log" >"$WORK/err" 2>&1
check_eq "nginx takes the configuration without a word" "$?$(grep -v 'syntax is ok\|test is successful' "$WORK/err")" 0
spawn nginx -c "$WORK/etc/nginx.conf" -e "$WORK/nginx.log"
server=$SPAWNED
at_end kill "$server"

# asked ARG... - the status of a reply
asked()
{
	curl -sS -m 20 -o "$WORK/page" -w '%{http_code}' --cacert "$WORK/etc/tls.crt" "$@" 2>"$WORK/err"
}
me=(-u prometheus:secret)
up()
{
	[ "$(asked "https://localhost:$port/")" != 000 ]
}
check "it listens" wait_until 10 up
check_eq "the page, with the password" "$(asked "${me[@]}" "https://localhost:$port/metrics")" 200
check_eq "... whole" "$(grep -c '^fuselens_mount_served' "$WORK/page") $(grep -c '^# HELP process_' "$WORK/page")" "1 6"
check_eq "without it" "$(asked "https://localhost:$port/metrics") $(grep -c fuselens_ "$WORK/page")" "401 0"
check_eq "with another" "$(asked -u prometheus:wrong "https://localhost:$port/metrics")" 401
check_eq "no other page" "$(asked "${me[@]}" "https://localhost:$port/healthz")" 404
check_eq "no other method" "$(asked "${me[@]}" -d x=y "https://localhost:$port/metrics")" 403
check_eq "without TLS" "$(asked "${me[@]}" "http://localhost:$port/metrics")" 400
check_eq "with TLS 1.1" "$(asked "${me[@]}" --tls-max 1.1 "https://localhost:$port/metrics")" 000
asked "${me[@]}" -H 'Accept: application/openmetrics-text' --compressed "https://localhost:$port/metrics" >/dev/null
check_eq "OpenMetrics, compressed, goes through" "$(tail -n 1 "$WORK/page")" "# EOF"
kill "$EXPORT_PID"
wait "$EXPORT_PID"
check_eq "an exporter that is gone is an error of the gateway" "$(asked "${me[@]}" "https://localhost:$port/metrics")" 502
