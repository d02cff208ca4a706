# SPDX-License-Identifier: GPL-2.0-only
# A unit test says in its first lines what it is made of:
#   // sources: userspace/a.c userspace/b.c
#   // libs: json-c            (pkg-config names; cmocka is always there)
#   // cflags: ...
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
unit_tag = $$(sed -n 's,^// $(1): *,,p' $<)

$(B)/tests/unit/%: tests/unit/%.c $(shell find userspace -name "*.[ch]") $(wildcard daemon/*.c daemon/*.h bpf/*.h tests/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE -Iuserspace -Idaemon -I. $(call unit_tag,cflags) \
		$$(pkg-config --cflags cmocka $(call unit_tag,libs)) \
		$< $(call unit_tag,sources) -o $@ $(call unit_tag,ldflags) \
		$$(pkg-config --libs cmocka $(call unit_tag,libs)) -lm

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)
