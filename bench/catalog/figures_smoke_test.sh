#!/usr/bin/env bash
# Runs the figures at a size that measures nothing, and checks the form of what
# they print last.
set -euo pipefail
report=$("$1" --scale=smoke)
printf '%s\n' "$report"
tail -n 1 <<<"$report" | /usr/bin/python3 -c '
import json, math, sys
expected = """table_vs_unlocked_absl table_vs_unlocked_absl_4k_pages
  ca_hit_vs_absl_1e7 ca_dependent_ns_1e7 scaling_2t control_scaling_2t
  writer_throughput_ratio writer_p999_ratio aa_p999_ratio change_us
  bytes_registration bytes_endpoint bytes_device sni_hit_vs_absl flood_hit_rate
  load_1e7_s load_1e6_distinct_s""".split()
figures = json.load(sys.stdin)
assert list(figures) == expected, list(figures)
for name, value in figures.items():
    assert math.isfinite(value) and value > 0, (name, value)
'
