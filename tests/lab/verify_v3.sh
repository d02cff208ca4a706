#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# long: every case on v3
# Every case of 'fuselens verify' on series v3.
exec "$(dirname "$0")/verify_cases" v3
