# SPDX-License-Identifier: GPL-2.0-only
# Programs that the daemon's live tests run.
DAEMON_TEST_PROGRAMS := $(patsubst tests/live/%.c,$(B)/tests/live/%,$(sort $(wildcard tests/live/daemon_*.c)))

$(DAEMON_TEST_PROGRAMS): $(B)/tests/live/%: tests/live/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE $< -o $@ -pthread

.PHONY: daemon-tests
daemon-tests: $(DAEMON) $(DAEMON_TEST_PROGRAMS)
