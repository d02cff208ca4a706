# SPDX-License-Identifier: GPL-2.0-only
# Tests of the lab and in its VM.
LAB_TESTS := $(filter-out tests/lab/lib.sh,$(sort $(wildcard tests/lab/*.sh)))
