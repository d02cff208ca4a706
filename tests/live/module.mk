# SPDX-License-Identifier: GPL-2.0-only
# Programs that the live tests of the daemon run, and the longest of the live tests.
DAEMON_TEST_PROGRAMS := $(B)/tests/live/daemon_load $(B)/tests/live/daemon_ops $(B)/tests/live/daemon_try $(B)/tests/live/daemon_diff \
	$(B)/tests/live/daemon_act $(B)/tests/live/at_call

$(B)/tests/live/daemon_load: tests/live/daemon_load.c
$(B)/tests/live/daemon_try: tests/live/daemon_try.c
$(B)/tests/live/daemon_act: tests/live/daemon_act.c
$(B)/tests/live/at_call: tests/live/at_call.c
$(B)/tests/live/daemon_ops: $(sort $(wildcard tests/live/daemon_ops/*.c)) tests/live/daemon_ops/ops.h
$(B)/tests/live/daemon_diff: $(sort $(wildcard tests/live/daemon_diff/*.[ch]))

$(DAEMON_TEST_PROGRAMS):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE $(filter %.c,$^) -o $@ -pthread

.PHONY: daemon-tests
daemon-tests: $(DAEMON) $(DAEMON_TEST_PROGRAMS)

##@ make soak         an hour of kills, attaching, comings and goings under load (root)
.PHONY: soak
soak: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@SOAK_SECONDS=$${SOAK_SECONDS:-3600} B=$(abspath $(B)) tests/run --timeout 7200 tests/live/long_soak.sh
