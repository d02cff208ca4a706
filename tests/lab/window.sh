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
		sh -c "until [ -e /tmp/enough ]; do dd if=/dev/zero of=/mnt/fuse/f bs=4k count=2000 oflag=direct conv=notrunc; done" \
		>/out/rows 2>/out/said &
	rows_after() { [ "$(sed "1,/counting-ended/d" /out/rows | grep -c "\"interval\"")" -ge 4 ]; }
	await rows_after
	touch /tmp/enough
	wait $!'
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
check "... and said to people" is "$(grep -cE 'counting has stopped by itself after [0-9.]+ s' "$tmp/said")" 1
check "rows before it have counts" is "$(rows 'any(r["writes"] for r in before) and all(r["writes"] is not None for r in before)')" True
check "there are rows after it" is "$(rows 'len(after) > 1')" True
check "... and nothing is known in them" is "$(rows '{r[k] for r in after for k in ("writes", "exclusive", "shared",
	"writes_per_s", "fi_lock", "lost", "interval_ns", "reasons")}')" '{None}'
# 10 s, or somewhat more where the machine is busy at their end
check "the total is of what was counted" is "$(rows '10e9 <= total[0]["interval_ns"] and
	abs(total[0]["interval_ns"] - sum(r["interval_ns"] or 0 for r in rows if r["kind"] == "interval")) <= 0.02 * total[0]["interval_ns"] and
	total[0]["writes"] == sum(r["writes"] for r in rows if r["kind"] == "interval" and r["writes"])')" True
check "... takes and writes over the same time: one of fi->lock a write" is \
	"$(rows 'total[0]["fi_lock"] - total[0]["writes"]')" 0

# ... and the hooks are removed in time, whatever the command does
vm -- tests/lab/guest/window
relayed 16
exit "$failed"
