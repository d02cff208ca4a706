# SPDX-License-Identifier: GPL-2.0-only
# Unit tests link what ships: libfuselens.a, or for test_daemon_* the daemon's parts that need no libfuse.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
DAEMON_PARTS := $(patsubst daemon/%.c,$(B)/daemon-parts/%.o,daemon/append.c daemon/fair.c daemon/hash.c daemon/inode.c daemon/names.c daemon/number.c daemon/openflags.c daemon/wire.c daemon/stats.c \
	daemon/users.c daemon/path.c daemon/mountinfo.c)
UNIT_CFLAGS = $(CFLAGS) $(WARN) -MMD -MP -MF $(@D)/.$(@F).d -D_GNU_SOURCE -Itests/unit -Idaemon $(FUSELENS_INCLUDES) \
	      $$($(PKG_CONFIG) --cflags cmocka $(FUSELENS_PKGS))

$(B)/daemon-parts/%.o: daemon/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) $(DEPS) -D_GNU_SOURCE -c $< -o $@

$(B)/daemon-parts.a: $(DAEMON_PARTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/tests/unit/test_daemon_%: tests/unit/test_daemon_%.c $(B)/daemon-parts.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $< $(B)/daemon-parts.a -o $@ $$($(PKG_CONFIG) --libs cmocka) -pthread

$(B)/tests/unit/test_oracle: tests/unit/test_oracle.c $(addprefix tests/oracle/,plan.c ledger.c compare.c)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(filter %.c,$^) -o $@ $$($(PKG_CONFIG) --libs cmocka json-c) -pthread

$(B)/tests/unit/%: tests/unit/%.c $(FUSELENS_LIB)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $< $(FUSELENS_LIB) -o $@ $$($(PKG_CONFIG) --libs cmocka) $(FUSELENS_LIBS)

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

-include $(wildcard $(B)/tests/unit/.*.d) $(DAEMON_PARTS:.o=.d)
