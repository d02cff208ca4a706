#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# What kernel-patches/live/relocs lets pass and what it refuses: small objects in the place of modules, each
# with one way in which the address of a module's function could outlive the module.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
live=$LIVE_TOP/kernel-patches/live
cd "$WORK" || exit
if [ "$(uname -m)" != x86_64 ]; then
	echo "skip - relocs: it knows x86-64 modules only"
	exit 77
fi
cc -std=gnu17 -D_GNU_SOURCE -O1 "$live/relocs.c" -lelf -o relocs || exit
printf '0x00000000\tis_exported\tvmlinux\tEXPORT_SYMBOL\t\n' >symvers

# Code as the kernel's is: no PIC, addresses in the upper 2 GB.
object()
{
	{
		echo 'struct func { const char *old_name; void *new_func; };'
		echo 'void is_exported(void *); void kernel_only(void *);'
		cat
	} >"$1.c"
	cc -c -O2 -fno-pic -fno-pie -mcmodel=kernel -fcf-protection=none -fno-stack-protector -o "$1.o" "$1.c"
}

# refused NAME WHAT - relocs refuses NAME.o, says WHAT, and leaves no module.
refused()
{
	! ./relocs "$1.o" "$1.ko" symvers >"$1.log" 2>&1 && grep -q "$2" "$1.log" && [ ! -e "$1.ko" ] || {
		sed 's/^/# /' "$1.log"
		return 1
	}
}

accepted()
{
	./relocs "$1.o" "$1.ko" symvers >"$1.log" 2>&1 || { sed 's/^/# /' "$1.log"; return 1; }
}

object good <<'EOF'
static __attribute__((noinline)) void helper(void *p) { is_exported(p); kernel_only(p); }
void live_one(void *p) { if (p) helper(p); is_exported(p); }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "replaced functions, their table, calls and jumps among them: accepted" accepted good
check "... a call of what is exported stays as it is" grep -q ' UND is_exported' <(readelf -sW good.ko)
check "... a call of what is not is to be found by its name in the kernel" \
	grep -q '\.klp\.sym\.vmlinux\.kernel_only,0' <(readelf -sW good.ko)
check "... by a relocation of livepatch's own" grep -q '\.klp\.rela\.vmlinux\.text' <(readelf -SW good.ko)

object stored <<'EOF'
static void callback(void *p) { is_exported(p); }
void live_one(void **p) { p[3] = callback; }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "a function of the module's stored as a callback: refused" refused stored '\.text+.* holds an address of'

object passed <<'EOF'
static void callback(void *p) { is_exported(p); }
void live_one(void *p) { kernel_only(callback); is_exported(p); }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "... handed to a function: refused" refused passed '\.text+.* holds an address of'

object itself <<'EOF'
void live_one(void **p) { p[3] = live_one; }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "... and a function that replaces one, too" refused itself '\.text+.* holds an address of'

object operations <<'EOF'
void live_one(void *p) { is_exported(p); }
static struct { void *open, *write; } operations = {0, live_one};
void live_two(void **p) { p[3] = &operations; }
static struct func funcs[] = {{"one", live_one}, {"two", live_two}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "in a table of operations: refused" refused operations '\.data.*+.* holds an address of'

# The byte in front of the address is that of a call: the displacement of a slot on the stack.
cat >slot.s <<'EOF'
	.text
	.globl live_one
	.type live_one, @function
live_one:
	pushq %rbp
	movq %rsp, %rbp
	subq $32, %rsp
	movq $callback, -24(%rbp)
	leaq -32(%rbp), %rdi
	call is_exported
	leave
	ret
	.size live_one, .-live_one
	.type callback, @function
callback:
	ret
	.size callback, .-callback
EOF
as -o slot.o slot.s
check "in a structure on the stack, where it looks like a call: refused" refused slot 'holds an address of'

# A livepatch that goes waits for tasks in its new functions, and knows these by where they begin and end. A jump out of
# one leaves nothing of it on the stack.
object cold <<'EOF'
__attribute__((cold, noinline)) void is_exported_too(void *);
void live_one(void *p) { if (p) is_exported_too(p); else is_exported(p); is_exported(p); }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "a function of which the compiler put a part elsewhere: refused" refused cold 'live_one.* jumps into live_one.cold'
object tail <<'EOF'
__attribute__((noinline, section(".text.more"))) void more(void *p) { is_exported(p); is_exported(p); }
void live_one(void *p) { is_exported(p); more(p); }
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); return 0; }
EOF
check "a function that ends with a jump into another one: refused" refused tail 'live_one.* jumps into more'
mapfile -t flags < <(sed -n 's/^CFLAGS_livepatch.o := //p' "$live/Kbuild" | tr ' ' '\n')
flagged()
{
	gcc -c -O2 -fno-pic -fno-pie -mcmodel=kernel -fcf-protection=none -fno-stack-protector "${flags[@]}" -o "$1.o" "$1.c" &&
		accepted "$1"
}
check "... the module's flags leave a function in one piece" flagged cold
check "... and let it end with a call" flagged tail

object table <<'EOF'
void live_one(void *p) { is_exported(p); }
extern void kernel_only(void *);
void *known = kernel_only;
static struct func funcs[] = {{"one", live_one}, {}};
int init_module(void) { is_exported(funcs); is_exported(known); return 0; }
EOF
check "a table with what only code may refer to: refused" \
	bash -c './relocs table.o table.ko symvers >table.log 2>&1; [ $? = 1 ] && grep -q "only code may" table.log'
check "... and no module is left" test ! -e table.ko
check "what is no module is an error" bash -c '! ./relocs symvers x.ko symvers 2>no.log && [ -s no.log ]'
live_end
