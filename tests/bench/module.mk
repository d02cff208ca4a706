# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks of fuselens itself. They print figures and judge nothing.
##@ make bench-scale  how long watching takes with 1,000 mounts and 10,000 open files (root; two minutes)
.PHONY: bench-scale
bench-scale: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@B=$(abspath $(B)) tests/bench/scale

##@ make bench-iops   the rate of writes while they are watched, and while they are not (root; three minutes)
.PHONY: bench-iops
bench-iops: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@B=$(abspath $(B)) tests/bench/iops

##@ make bench-fleet  what 1,000 replayed exporters cost one Prometheus (eight minutes)
.PHONY: bench-fleet
bench-fleet:
	@lab/host-deps prometheus
	@nice -n 15 tests/bench/fleet
