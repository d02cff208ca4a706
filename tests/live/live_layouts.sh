#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# What kernel-patches/live/layouts lets pass and what it refuses: real BTF of small objects in the place of the kernel
# and of a module, with one difference each.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
cd "$WORK" || exit
for program in clang bpftool; do
	if ! command -v $program >/dev/null; then
		echo "skip - layouts: no $program here"
		exit 77
	fi
done
layouts=$LIVE_TOP/kernel-patches/live/layouts
cat >kernel.c <<'END'
typedef unsigned int mode;
enum flags { ONE, TWO, THREE };
enum { UNNAMED = 5, OTHER } unnamed = OTHER;
union either { int number; char *text; };
struct inner { short a, b; char c; char d; int e; };
struct outer {
	int first;
	unsigned int bits:3, more:5;
	struct inner inner;
	union { int x; long y; };
	union either either;
	enum flags flags;
	mode mode;
	int (*call)(struct inner *, long);
	char name[16];
	struct unknown *other;
};
struct outer use;
END

# btf NAME - NAME.json, the types of NAME.c
btf()
{
	clang -target bpf -c -g -O1 -fno-eliminate-unused-debug-types -o "$1.o" "$1.c" &&
		bpftool -j btf dump file "$1.o" >"$1.json"
}

# with SED - the types of the module, whose source is the kernel's with SED
with()
{
	sed "$1" kernel.c >module.c
	[ "$1" = p ] || ! cmp -s kernel.c module.c || { echo "# '$1' changes nothing"; return 1; }
	btf module
}

# The module's numbers go on where those of its base end. Here all its types are its own, so the base has none.
printf '{"types":[]}' >none.json
btf kernel || exit

# refused SED NAME - with this difference it names NAME
refused()
{
	with "$1" || return
	! "$layouts" kernel.json module.json none.json >said 2>err && [ ! -s err ] && tr ' ' '\n' <said | grep -qx "$2" || {
		echo "# it says '$(cat said err)'"
		return 1
	}
}

accepted()
{
	with "$1" && "$layouts" kernel.json module.json none.json >said 2>err && [ "$(cat said err)" = "" ] || {
		echo "# it says '$(cat said err)'"
		return 1
	}
}
check "the same types" accepted 's/struct outer use/struct outer used/'
check "types that the kernel does not know" accepted 's/^struct outer use/struct own { int a; };\nstruct own own;\n&/'
check "a structure that only one side knows whole" accepted 's/^struct outer {/struct unknown { int a; };\n&/'
check "one more member" refused 's/int first;/&\n\tint second;/' outer
check "one less, and a hole in its place" refused 's/short a, b;/short a __attribute__((aligned(4)));/' inner
check "a member at another place, where there is room" refused 's/char d;/char d __attribute__((aligned(2)));/' inner
check "two members that changed their places" refused 's/short a, b;/short b, a;/' inner
check "a member of another type of the same size" refused 's/int first;/float first;/' outer
check "a member with another name" refused 's/int first;/int premier;/' outer
check "a bit field of another width" refused 's/more:5/more:6/' outer
check "a union within a structure, with another member" refused 's/int x; long y;/int x; char *y;/' outer
check "a union" refused 's/union either { int number;/union either { long number;/' either
check "a longer array" refused 's/name\[16\]/name[24]/' outer
check "an enumeration with one more value in between" refused 's/ONE, TWO/ONE, MORE, TWO/' flags
check "one without a name, by its values" refused 's/UNNAMED = 5/UNNAMED = 6/' UNNAMED
check "a type's other meaning" refused 's/typedef unsigned int mode/typedef unsigned long mode/' mode
check "a function pointer with other arguments" refused 's/struct inner \*, long/struct inner *, int/' outer
check "without its files it is an error" bash -c '! "$1" kernel.json 2>/dev/null' - "$layouts"
check "... and so is a file that is none of bpftool's" bash -c '! "$1" kernel.json kernel.c none.json 2>/dev/null' - "$layouts"
live_end
