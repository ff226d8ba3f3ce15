#!/usr/bin/env bash
# Runs the figures at a size that measures nothing, and checks the form of what
# they print last.
set -euo pipefail
report=$("$1" --scale=smoke --benchmark_min_time=0.001 --benchmark_repetitions=2)
printf '%s\n' "$report"
if grep -q ERROR <<<"$report"; then exit 1; fi
tail -n 1 <<<"$report" | /usr/bin/python3 -c '
import json, math, sys
expected = """ifma bare_a_ns a_speedup a_speedup_portable
  b_known_intermediate_speedup c_speedup d_speedup e_speedup p384_speedup
  p384_speedup_portable ed25519_speedup known_speedup_1e4 known_speedup_1e6
  cold_over_bare worst_build_step_over_bare parse_over_sha256""".split()
not_yet = """b_known_intermediate_speedup known_speedup_1e4
  known_speedup_1e6""".split()
needs_ifma = """a_speedup c_speedup d_speedup e_speedup p384_speedup
  ed25519_speedup""".split()
figures = json.load(sys.stdin)
assert list(figures) == expected, list(figures)
for name, value in figures.items():
    if name == "ifma":
        assert value in (True, False)
    elif name in not_yet or (name in needs_ifma and not figures["ifma"]):
        assert value is None, (name, value)
    else:
        assert math.isfinite(value) and value > 0, (name, value)
'
