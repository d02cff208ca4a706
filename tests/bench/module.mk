# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks of fuselens itself. They print figures and judge nothing.
##@ make bench-scale  how long watching takes with 1,000 mounts and 10,000 open files (root; two minutes)
.PHONY: bench-scale
bench-scale: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@B=$(abspath $(B)) tests/bench/scale
