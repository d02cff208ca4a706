#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# stat with the global method, which stops by itself after 10 s. stat says so once; the rows after that have
# null, not zeros that could pass for a measurement.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

vm --out "$tmp" -- bash -c '
	. lab/guest/lib.sh
	mirror cpu
	fuselens stat /mnt/fuse --evidence global --json -i 1 -- \
		timeout 14 sh -c "while :; do dd if=/dev/zero of=/mnt/fuse/f bs=4k count=20000 oflag=direct conv=notrunc; done" \
		>/out/rows 2>/out/said'
check "stat outlives its window" is "$rc" 0

# rows PYTHON - an expression over the rows
rows()
{
	python3 - "$tmp/rows" "$1" <<-'END'
	import json, sys
	rows = [json.loads(line) for line in open(sys.argv[1]) if line.startswith("{")]
	ended = [i for i, r in enumerate(rows) if r.get("event") == "counting-ended"]
	before = [r for r in rows[:ended[0]] if r["kind"] == "interval"] if ended else []
	after = [r for r in rows[ended[0]:] if r["kind"] == "interval"][1:] if ended else []
	total = [r for r in rows if r["kind"] == "total"]
	print(eval("(" + sys.argv[2] + ")"))
	END
}

check "the end is an event, once" is "$(rows 'len(ended)')" 1
check "... and said to people" is "$(grep -c 'counting has stopped by itself after 10' "$tmp/said")" 1
check "rows before it have counts" is "$(rows 'len(before) > 0 and all(r["writes"] for r in before)')" True
check "there are rows after it" is "$(rows 'len(after) > 1')" True
check "... and nothing is known in them" is "$(rows '{r[k] for r in after for k in ("writes", "exclusive", "shared",
	"writes_per_s", "fi_lock", "lost", "interval_ns", "reasons")}')" '{None}'
check "the total is of what was counted" is "$(rows 'abs(total[0]["interval_ns"] - 10e9) < 1e9 and
	total[0]["writes"] == sum(r["writes"] for r in rows if r["kind"] == "interval" and r["writes"])')" True
check "... takes and writes over the same time: one of fi->lock a write" is \
	"$(rows 'total[0]["fi_lock"] - total[0]["writes"]')" 0

# ... and the hooks are removed in time, whatever the command does
vm -- tests/lab/guest/window
relayed 16
exit "$failed"
