#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# lab/build/cache.sh: an entry exists whole or not at all, and is built once.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
export FUSELENS_CACHE=$tmp/cache
# shellcheck source=lab/build/cache.sh
. "$top/lab/build/cache.sh"

# shellcheck disable=SC2016 # expanded by the builder
build='echo built >>"$1"; sleep 0.3; echo data >"$CACHE_OUT/file"'

one=$(cache_entry thing k1 sh -c "$build" - "$tmp/log" 2>/dev/null)
check "an entry is made" is "$(cat "$one/file")" data
cache_entry thing k1 sh -c "$build" - "$tmp/log" >/dev/null 2>&1
check "... once" is "$(wc -l <"$tmp/log")" 1

for _ in 1 2 3; do cache_entry thing k2 sh -c "$build" - "$tmp/log2" >/dev/null 2>&1 & done
wait
check "concurrent builders: one builds" is "$(wc -l <"$tmp/log2")" 1

rc=0
# shellcheck disable=SC2016
cache_entry thing k3 sh -c 'touch "$CACHE_OUT/half"; exit 3' >/dev/null 2>&1 || rc=$?
check "a failed builder's exit code comes back" is "$rc" 3
check "... and leaves nothing" is "$(find "$FUSELENS_CACHE/thing" -name '*k3*')" ""

# shellcheck disable=SC2016
bash -c '. "$1/lab/build/cache.sh"; cache_entry thing k4 sh -c "touch \$CACHE_OUT/half; sleep 1000"' - "$top" \
	>/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 3000; i++)); do
	[ ! -e "$FUSELENS_CACHE/thing/.tmp.k4/half" ] || break
	sleep 0.05
done
kill -KILL $pid
wait $pid 2>/dev/null || true
check "kill -9: there is no entry" test ! -e "$FUSELENS_CACHE/thing/k4"
four=$(cache_entry thing k4 sh -c "$build" - "$tmp/log4" 2>/dev/null)
check "... and the next run makes it, without what was left" is "$(ls "$four")" file

for k in a b c d e f; do cache_entry old $k true >/dev/null 2>&1; done
touch -d '2 hours ago' "$FUSELENS_CACHE"/old/{a,b,c,d,e,f}
(
	cache_hold "$FUSELENS_CACHE/old/a"
	touch -d '9 days ago' "$FUSELENS_CACHE"/old/{a,b}
	cache_prune old
)
check "old entries go, held ones stay" is "$(find "$FUSELENS_CACHE/old" -mindepth 1 -maxdepth 1 \
	-type d -printf '%f\n' | sort | tr -d '\n')" acdef
exit "$failed"
