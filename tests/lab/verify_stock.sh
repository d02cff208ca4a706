#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# long: every case on stock
# Every case of 'fuselens verify' on the kernel as it is.
exec "$(dirname "$0")/verify_cases" stock
