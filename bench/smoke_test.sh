#!/usr/bin/env bash
# Runs each benchmark of a binary for a moment and fails if one reports an error.
set -euo pipefail
report=$("$@" --benchmark_min_time=0.001 2>&1)
printf '%s\n' "$report"
if grep -q ERROR <<<"$report"; then exit 1; fi
grep -qE '^[A-Z][A-Za-z]+(/| )' <<<"$report"
