#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Compares docs/schema.md with what the commands print: every key is in its table, and every key of a table
# is printed. docs/schemas, which programs read, are made from the tables, and what is printed is valid by them.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"
command -v jq >/dev/null || {
	echo "needs jq" >&2
	exit 77
}
live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1
schema=$LIVE_TOP/docs/schema.md

# documented HEADING... - the keys in the tables below these headings
documented()
{
	local heading
	for heading; do
		awk -v heading="### $heading" '/^#/ {on = $0 == heading; next}
			on && /^\| `/ {split($0, cell, "|"); print cell[2]}' "$schema"
	done | grep -o '`[a-z0-9_]*`' | tr -d '`' | sort -u
}

# same_keys NAME FILE JQ HEADING... - of the objects that JQ gives
same_keys()
{
	local name=$1 file=$2 expr=$3
	shift 3
	if ! jq -es "[.[] | $expr] | length > 0" "$file" >/dev/null; then
		skip "$name" "there are none here"
		return
	fi
	check_eq "$name: documented is what is printed" \
		"$(jq -r "$expr | keys[]" "$file" | sort -u | tr '\n' ' ')" "$(documented "$@" | tr '\n' ' ')"
	check_eq "$name: always with all keys" "$(jq -c "$expr | keys" "$file" | sort -u | wc -l)" 1
}

# valid NAME FILE - each object of FILE by the JSON Schema of that name
valid()
{
	python3 - "$LIVE_TOP/docs/schemas/fuselens.$1-1.schema.json" "$2" >"$WORK/invalid" 2>&1 <<-'END'
		import json, sys
		import jsonschema
		schema = json.load(open(sys.argv[1]))
		jsonschema.validators.validator_for(schema).check_schema(schema)
		text, at, n = open(sys.argv[2]).read(), 0, 0
		while text[at:].strip():
		    at += len(text[at:]) - len(text[at:].lstrip())
		    value, at = json.JSONDecoder().raw_decode(text, at)
		    n += 1
		    error = jsonschema.exceptions.best_match(jsonschema.validators.validator_for(schema)(schema).iter_errors(value))
		    if error:
		        sys.exit("/".join(map(str, error.absolute_path)) + ": " + error.message[:200])
		sys.exit(0 if n else "nothing to look at")
	END
	check_eq "$1: valid by its JSON Schema" "$?$(cat "$WORK/invalid")" 0
}

check "docs/schemas are what docs/make-schemas makes of docs/schema.md" "$LIVE_TOP/docs/make-schemas" --check

out=$WORK/json
write_some "$mnt" 300 1
write_some_command "$mnt" 500 2
"$FUSELENS" stat "$mnt" --json -i 0.2 -- "${COMMAND[@]}" >"$out" 2>/dev/null
"$FUSELENS" stat all --files --json -i 0.2 -- "${COMMAND[@]}" >>"$out" 2>/dev/null
stop_daemon KILL
"$FUSELENS" stat "$mnt" --json -i 0.4 -c 3 >>"$out" 2>/dev/null
umount -l "$mnt"
valid stat "$out"
same_keys "stat: interval" "$out" 'select(.kind == "interval")' "stat: interval"
same_keys "stat: total" "$out" 'select(.kind == "total")' "stat: interval" "stat: total"
same_keys "stat: event" "$out" 'select(.kind == "event")' "stat: event"
check_eq "stat: every event has its line" \
	"$(strings "$FUSELENS" | grep -xE '(mount|daemon|cannot|counting|path)-(gone|appeared|back|follow|ended|changed)' | sort | tr '\n' ' ')" \
	"$(sed -n '/^### stat: event/,/^## /p' "$schema" | sed '1,/^$/d' | grep -v '^|' | grep -o '`[a-z]*-[a-z]*`' | tr -d '`' | sort | tr '\n' ' ')"

start_daemon "$src" "$mnt" || exit 1
"$FUSELENS" prove "$mnt" --json -- "${COMMAND[@]}" >"$out" 2>/dev/null
valid prove "$out"
same_keys prove "$out" . prove
same_keys "prove: counts" "$out" .counts "prove: counts"
same_keys snapshot "$out" .snapshot snapshot
same_keys "snapshot: files" "$out" '.snapshot.files[]' "snapshot: files"
"$FUSELENS" prove "$mnt" --json --waits -- "${COMMAND[@]}" >"$WORK/waits" 2>/dev/null
same_keys "snapshot: queued waits" "$WORK/waits" '.snapshot.files[].queued_waits[]' "snapshot: queued waits"
same_keys "snapshot: writers" "$out" '.snapshot.files[].writers[]' "snapshot: writers"
same_keys "snapshot: mounts" "$out" '.snapshot.mounts[]' "snapshot: mounts"
same_keys "snapshot: probes" "$out" '.snapshot.probes[]' "snapshot: probes"
same_keys "snapshot: sites" "$out" '.snapshot.sites[]?' "snapshot: sites"
exec 3<"$mnt/f0"
"$FUSELENS" files "$mnt" --json >"$out"
exec 3<&-
valid files "$out"
same_keys files "$out" . files
same_keys "files: files" "$out" '.files[]' "files: files"
if "$FUSELENS" files "$mnt" --refused -d 0.1 --json >"$out" 2>/dev/null; then
	valid refused "$out"
	same_keys refused "$out" . refused
	same_keys "refused: refused" "$out" '.refused[]' "refused: refused"
	same_keys "refused: stripped" "$out" '.stripped[]' "refused: stripped"
else
	skip refused "this kernel lets no program hook the open path"
fi
"$FUSELENS" doctor --json >"$out"
valid doctor "$out"
same_keys doctor "$out" . doctor
same_keys "doctor: methods" "$out" '.methods[]' "doctor: methods"
"$FUSELENS" verify "$mnt" --quick --json --case append,hole >"$out" 2>/dev/null
valid verify "$out"
same_keys verify "$out" . verify
same_keys "verify: cases" "$out" '.cases[]' "verify: cases"
same_keys "verify: files" "$out" '.cases[].files[]' "verify: files"
FUSELENS_PROFILES=$LIVE_TOP/profiles "$FUSELENS" bench randwrite-4k-psync --mount "$mnt" --raw "$src" \
	--runtime 1 --size 8m --jobs 1 --repeat 1 -q -o "$WORK/bench" >/dev/null 2>&1
valid bench "$WORK/bench/bench.json"
same_keys "bench" "$WORK/bench/bench.json" . bench.json
cat "$WORK"/bench/rows/*/row.json >"$out"
valid bench.row "$out"
same_keys "bench: row" "$out" . row.json
cat "$WORK"/bench/rows/*/series.json >"$out"
valid bench.series "$out"
same_keys "bench: series" "$out" . series.json
"$FUSELENS" live status --json >"$out" 2>/dev/null
valid live "$out"
"$FUSELENS" prove /nowhere --json >"$out" 2>/dev/null
valid error "$out"
check_eq "an error" "$(jq -c '[keys, (.error | keys)]' "$out")" '[["error","exit_code"],["hint","what"]]'
