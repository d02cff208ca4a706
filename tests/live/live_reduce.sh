#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# What kernel-patches/live/reduce makes of a changed source: which functions a livepatch replaces, which it brings
# along, and which it leaves to the kernel.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
cd "$WORK" || exit
reduce=$LIVE_TOP/kernel-patches/live/reduce
mkdir before after
cat >before/a.c <<'EOF'
#include "a.h"

static int inlined(int x)
{
	return x + 1;
}

static int kept(int x)
{
	return x + 2;
}

int changed(int x)
{
	return inlined(x) + kept(x);
}

int calls_changed(int x)
{
	return changed(x) * 2;
}

int calls_caller(int x)
{
	return calls_changed(x) * 2;
}

int other(int x)
{
	return x * 3;
}
EOF
sed 's/inlined(x) + kept(x)/inlined(x) - kept(x) - other(x)/' before/a.c >after/a.c
cp before/a.c before/same.c
cp before/same.c after/
cat >before/a.h <<'EOF'
#define TWICE(x) \
	((x) * 2)

static inline int half(int x)
{
	return x / 2;
}
EOF
cp before/a.h after/a.h
printf '%s\n' changed calls_changed calls_caller other >functions
check "a changed function" "$reduce" before after out functions
check_eq "... is replaced, and whoever may hold a copy of it" "$(paste -sd' ' out/replaced)" \
	"calls_caller calls_changed changed"
check "... under a name of its own" grep -q '^int live_changed(int x)$' out/a.c
check "a static function that the kernel has no code of is brought along" grep -q 'return x + 2;' out/a.c
check "a function that did not change is the kernel's" grep -qx 'int other(int x);' out/a.c
check "a file that did not change is left out" test ! -e out/same.c
check_eq "the table names them all" "$(grep -c 'old_name = ".*", .new_func = live_' out/funcs.h)" 3

# the only function that changes is one that the kernel has no code of
sed 's/x + 1/x + 7/' before/a.c >after/a.c
check "a changed function that was inlined" "$reduce" before after out2 functions
check_eq "... has its callers replaced" "$(paste -sd' ' out2/replaced)" "calls_caller calls_changed changed"
check "... and keeps its name" grep -q '^static int inlined(int x)$' out2/a.c

refused()
{
	! "$reduce" before after out3 "$2" 2>err && grep -q "$1" err
}
sed 's/\bother\b/another/' before/a.c >after/a.c
check "a function that goes is refused" refused 'remove other' functions
sed 's/x \* 3/x * 4/' before/a.c >after/a.c
grep -v other functions >fewer
check "a global one that the kernel does not have, too" refused 'no function other' fewer
cp before/a.c after/a.c
sed -i 's/1;/0;/; s/other(x)/half(x)/' after/a.c
sed 's,x / 2,x / 4,' before/a.h >after/a.h
check "a function of a header that changes is refused, because files that do not change have it compiled in" \
	refused 'a.h: the patches change half' functions
sed 's,(x) \* 2,(x) * 4,' before/a.h >after/a.h
check "and a macro of a header" refused 'a.h: the patches change .*(x) . 2' functions
sed '$a static inline int more(int x)\n{\n\treturn x;\n}' before/a.h >after/a.h
check "but a header may gain a function" "$reduce" before after out4 functions
cp before/a.[ch] after/
echo 'int more;' >after/b.c
check "and a new file" refused 'add b.c' functions
rm after/b.c
for data in 'static int counter;' 'struct lock counter = {0};' 'static DEFINE_MUTEX(counter);' 'EXPORT_SYMBOL(other);' \
	'static unsigned long counter[4] __read_mostly;'; do
	sed "s/x + 1/x + 7/; \$a $data" before/a.c >after/a.c
	check "and data beside the functions, which the module would have once more: $data" refused 'a.c: .*\(counter\|DEFINE_MUTEX\|EXPORT_SYMBOL\)' functions
done

# What is around the functions: those that stay mean what they meant.
sed '2i #define ONE 1' before/a.c >with_macro.c
cp before/a.c was.c
cp with_macro.c before/a.c
sed 's/ONE 1/ONE 2/; s/x + 1/x + 7/' before/a.c >after/a.c
check "a macro of the same file that changes is refused" refused "a.c: the patches change '#define ONE 1'" functions
sed '2i #define TWO 2' was.c >after/a.c
check "and one that goes" refused "a.c: the patches change '#define ONE 1'" functions
sed 's/x + 1/x + 7/; 2i #define TWO 2' before/a.c >after/a.c
check "but one may come" "$reduce" before after out6 functions
cp was.c before/a.c
sed 's/x + 1/x + 7/; $a static int\nodd(int x)\n{\n\treturn x;\n}' before/a.c >after/a.c
check "a function that is not written in the usual way is refused, because it would not be seen" \
	refused 'a.c: a function in it is not written' functions

# The kernel knows functions by name only.
sed 's/x + 1/x + 7/' before/a.c >after/a.c
echo kept >>functions
"$reduce" before after out7 functions
check "a static function of whose name the kernel has any is brought along" grep -q 'return x + 2;' out7/a.c
sed -i 's/\bkept\b/fuse_kept/' before/a.c after/a.c
echo fuse_kept >>functions
"$reduce" before after out8 functions
check "... unless the name is of fs/fuse: that one is called" grep -qx 'int fuse_kept(int x);' out8/a.c
sed 's/^int changed/static int fuse_kept(int x)\n{\n\treturn x;\n}\n\nint changed_too/' before/same.c >before/same_too.c
cp before/same_too.c after/
"$reduce" before after out9 functions
check "... and of one file only" grep -q 'return x + 2;' out9/a.c
rm before/same_too.c after/same_too.c
cp was.c before/a.c
sed 's/x + 1/x + 7/; $a static const int more = 4;\nstruct known;\nextern int elsewhere;' before/a.c >after/a.c
check "but not constants, and what is only declared" "$reduce" before after out5 functions
cp before/a.c after/a.c
check "and patches that change nothing" refused 'change no function' functions
live_end
