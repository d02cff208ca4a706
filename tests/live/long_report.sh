#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Reports in a real browser: every figure is drawn and labelled, readable on a phone and on a desk, light
# and dark. The console stays empty, nothing is loaded from the network, and names stay names.
#
# REPORT_SHOTS=DIR keeps the screenshots.
# shellcheck disable=SC2016 # nothing is to be expanded
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
for program in chromium chromedriver gnuplot python3; do
	command -v $program >/dev/null || { echo "no $program here (lab/host-deps browser)"; exit 77; }
done
live_begin

shots=${REPORT_SHOTS:-$WORK}
make_xfs "$WORK/raw"
start_daemon "$WORK/raw" "$WORK/mount"
hostile='m <b>&"'\''$(id)`id` ${x} %s <script>document.title="taken"</script>:'$'\033[31m'
mkdir "$WORK/mount/${hostile//\//_}"
dir=$WORK/mount/${hostile//\//_}
for r in one two; do
	FUSELENS_PROFILES=$LIVE_TOP/profiles "$FUSELENS" bench randwrite-4k-psync --mount "$dir" \
		--raw "$WORK/raw" --jobs 1,2,4 --repeat 2 --runtime 1 --size 8m -q -o "$WORK/$r" >/dev/null
	check_eq "bench $r in a directory with a hostile name" "$?" 0
done

# a figure can have a hostile name only from a table
cat >"$WORK/published.csv" <<'END'
series,system,numjobs,iops,approximate
"</svg><script>alert(1)</script>","'; system('touch @OWNED') #",1,100,no
"</svg><script>alert(1)</script>","'; system('touch @OWNED') #",4,300,no
`id`,$(id) @MOUNT,1,100,no
`id`,$(id) @MOUNT,4,150,no
END
sed -i "s,@OWNED,$WORK/owned," "$WORK/published.csv"
"$FUSELENS" report "$WORK/one" --reference "$WORK/published.csv" --format html -o "$WORK/one.html"
mv "$WORK/two" "$WORK/<i>two"
"$FUSELENS" report "$WORK/one" "$WORK/<i>two" --format html -o "$WORK/both.html"
check "a reference table runs nothing" test ! -e "$WORK/owned"

for page in one both; do
	if ! timeout 200 python3 "$LIVE_TOP/tests/live/report_page.py" "$WORK/$page.html" "$shots/$page" \
		>"$WORK/$page.json"; then
		not_ok "$page: opened in Chromium"
		continue
	fi
	python3 - "$WORK/$page.json" "$page" <<-'END' >"$WORK/cases"
	import json, sys
	seen, page = json.load(open(sys.argv[1])), sys.argv[2]
	def case(name, good, why=""):
	    print(("ok - " if good else "not ok - ") + page + ": " + name + ("" if good else f": {why}"))
	case("nothing in the console", not seen["console"], seen["console"])
	for view, v in seen["views"].items():
	    figures = v["figures"]
	    # without function hooks there are no histograms, so these have no figures
	    case(f"{view}: figures are there", len(figures) >= 4, len(figures))
	    case(f"{view}: each is drawn", all(f["marks"] > 10 and f["texts"] > 4 for f in figures), figures)
	    case(f"{view}: each is an image with title and description",
	         all(f["role"] == "img" and f["labelled"] for f in figures), figures)
	    small = min(f["font_px"] for f in figures)
	    case(f"{view}: figures can be read", small >= 9, f"{small:.1f} px")
	    case(f"{view}: no text of a figure is cut off", not any(f["outside"] for f in figures),
	         [f["outside"] for f in figures])
	    case(f"{view}: the page does not scroll sideways", v["overflow"] <= 0, v["overflow"])
	    case(f"{view}: nothing foreign in it",
	         not (v["scripts"] or v["handlers"] or v["strange"] or v["requests"] or v["ids"]), v)
	    case(f"{view}: names are shown as they are", "<script>" in v["text"] or page == "both" and
	         "<i>two" in v["text"], v["text"][:300])
	    case(f"{view}: the title was not taken", v["title"] != "taken", v["title"])
	def light(rgb):
	    return sum(int(x) for x in rgb[4:-1].split(",")) / 3
	for width in (400, 1600):
	    for scheme in ("light", "dark"):
	        back, text = (light(c) for c in seen["views"][f"{width}-{scheme}"]["colours"])
	        case(f"{width}-{scheme}: colours follow the scheme",
	             (back > 200 > 100 > text) if scheme == "light" else (back < 60 < 160 < text), (back, text))
	END
	cat "$WORK/cases"
	LIVE_FAILED=$((LIVE_FAILED + $(grep -c '^not ok' "$WORK/cases")))
done
exit "$((LIVE_FAILED > 0))"
