#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Every case of 'fuselens verify' on the kernel as it is; at full length with LONG=1.
exec "$(dirname "$0")/verify_cases" stock
