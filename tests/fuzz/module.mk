# SPDX-License-Identifier: GPL-2.0-only
# libFuzzer targets, one for everything that parses, FUZZ_SECONDS each. They link the program's own
# objects, built once more by clang with the sanitizers.
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 20
FUZZ_OBJS := $(patsubst userspace/%.c,$(B)/fuzz/%.o,$(filter-out userspace/main.c,$(FUSELENS_SRCS)))
FUZZ_CC = $(CLANG) -O1 -g -std=gnu17 $(DEPS) $(FUSELENS_CFLAGS)

$(B)/fuzz/%.o: userspace/%.c | $(BPF_SKELS)
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

$(B)/fuzz/libfuselens.a: $(FUZZ_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/tests/fuzz/%: tests/fuzz/%.c $(B)/fuzz/libfuselens.a
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $< $(B)/fuzz/libfuselens.a -o $@ $(FUSELENS_LIBS)

# The daemon's parts stand alone.
$(B)/tests/fuzz/fuzz_daemon_wire: tests/fuzz/fuzz_daemon_wire.c daemon/wire.c
	@mkdir -p $(@D)
	$(CLANG) -O1 -g -std=gnu17 -D_GNU_SOURCE -Idaemon -fsanitize=fuzzer,address,undefined $^ -o $@

# What the target fuzz_NAME begins from: tests/fuzz/data/NAME/, and for two of them what the unit tests read.
FUZZ_SEEDS := tests/unit/data/snapshot-*.json=fuzz_snapshot tests/unit/data/fio/*.json=fuzz_fio_json \
	$(foreach d,$(wildcard tests/fuzz/data/*),$(d)/*=fuzz_$(notdir $(d)))

# The names that the readers of JSON ask for, which no mutation would hit upon.
$(B)/tests/fuzz/keys.dict: $(sort $(wildcard userspace/result/*.c userspace/snapshot/*.c userspace/util/json*.c))
	@mkdir -p $(@D)
	@grep -oh '"[a-z][a-z_ 0-9/.]*"' $^ | sort -u | sed 's/"\(.*\)"/"\\"\1\\""/' >$@

# Long inputs only cost time where what is read is short. And fuzz_callsite spends most time on the choice of its next
# input, unless that is plain. Still it makes a quarter of the executions that most others do, because each decodes some
# forty instructions.
FUZZ_OPTIONS := fuzz_callsite=-max_len=224 fuzz_callsite=-entropic=0 fuzz_result=-max_len=4096 \
	fuzz_text=-max_len=1024 fuzz_export=-max_len=1024 fuzz_mountinfo=-max_len=1024 fuzz_kallsyms=-max_len=1024

# Memory that is freed is used again soon. Otherwise each execution has new pages, and up to a quarter of the time goes
# into these.
FUZZ_ASAN := quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=4

.PHONY: fuzz
##@ make fuzz        fuzz every parser for FUZZ_SECONDS (20) each, or FUZZ_RUNS times, in FUZZ_LEN bytes (no root)
FUZZ_RUNS ?= -1
FUZZ_LEN ?= 65536
fuzz: host-fuzz
	@$(MAKE) --no-print-directory -j$(shell nproc) $(FUZZ_TESTS) $(B)/tests/fuzz/keys.dict
	@set -e; for t in $(FUZZ_TESTS); do echo "== $$t"; mkdir -p $$t.corpus; \
		for s in $(FUZZ_SEEDS); do [ "$${s#*=}" != "$${t##*/}" ] || cp $${s%=*} $$t.corpus; done; \
		options=; for o in $(FUZZ_OPTIONS); do [ "$${o%%=*}" != "$${t##*/}" ] || options="$$options $${o#*=}"; done; \
		ASAN_OPTIONS=$(FUZZ_ASAN) $$t -max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) -max_len=$(FUZZ_LEN) $$options \
		-print_final_stats=1 -dict=$(B)/tests/fuzz/keys.dict -artifact_prefix=$$t. $$t.corpus 2>&1 | \
		grep -E 'ERROR|SUMMARY|number_of_executed|Test unit'; \
		done

.PHONY: host-fuzz
host-fuzz:
	@lab/host-deps build fuzz

-include $(FUZZ_OBJS:.o=.d) $(FUZZ_TESTS:%=%.d)
