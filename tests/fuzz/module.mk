# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets, one for everything that parses. A target says what it is made of as unit tests do
# (// sources:, // libs:). FUZZ_SECONDS each.
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 20

$(B)/tests/fuzz/%: tests/fuzz/%.c $(shell find userspace -name "*.[ch]") bpf/fuselens.h
	@mkdir -p $(@D)
	$(CLANG) -O1 -g -std=gnu17 -D_GNU_SOURCE -Iuserspace -I. -fsanitize=fuzzer,address,undefined \
		$$(pkg-config --cflags $(call unit_tag,libs) libcap) $< $(call unit_tag,sources) -o $@ \
		$$(pkg-config --libs $(call unit_tag,libs) libcap) -lm

.PHONY: fuzz
##@ make fuzz        fuzz every parser for FUZZ_SECONDS (20) each (no root)
fuzz: host-fuzz
	@$(MAKE) --no-print-directory $(FUZZ_TESTS)
	@set -e; for t in $(FUZZ_TESTS); do echo "== $$t"; mkdir -p $$t.corpus; \
		$$t -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -print_final_stats=1 \
		-artifact_prefix=$$t. $$t.corpus 2>&1 | grep -E 'ERROR|SUMMARY|number_of_executed|Test unit'; \
		done

.PHONY: host-fuzz
host-fuzz:
	@lab/host-deps build fuzz
