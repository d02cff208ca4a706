# SPDX-License-Identifier: GPL-2.0-only
# Programs that the daemon's live tests run.
DAEMON_TEST_PROGRAMS := $(B)/tests/live/daemon_load $(B)/tests/live/daemon_ops $(B)/tests/live/daemon_try $(B)/tests/live/daemon_diff

$(B)/tests/live/daemon_load: tests/live/daemon_load.c
$(B)/tests/live/daemon_try: tests/live/daemon_try.c
$(B)/tests/live/daemon_ops: $(sort $(wildcard tests/live/daemon_ops/*.c)) tests/live/daemon_ops/ops.h
$(B)/tests/live/daemon_diff: $(sort $(wildcard tests/live/daemon_diff/*.c)) tests/live/daemon_diff/diff.h

$(DAEMON_TEST_PROGRAMS):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE $(filter %.c,$^) -o $@ -pthread

.PHONY: daemon-tests
daemon-tests: $(DAEMON) $(DAEMON_TEST_PROGRAMS)
