#!/bin/bash
# docs/rules.md lists the tests that there are, and every rule that must have
# one has one. Also: what tools/rules is to find wrong, it does.

set -euo pipefail

tools/rules --check

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -RL docs tools tests "$copy"

# expect_problem WHAT: the check fails, and says so.
expect_problem() {
  if "$copy/tools/rules" --check 2>"$copy/said"; then
    echo "no problem was found: $1" >&2
    exit 1
  fi
  grep -q "$1" "$copy/said" || {
    cat "$copy/said" >&2
    exit 1
  }
}

chmod -R u+w "$copy"
sed -i 's/R11_/X11_/' "$copy"/tests/registry/*_test.cc
expect_problem 'R11 has no test'
expect_problem 'docs/rules.md is out of date'
echo 'TEST(New, R999_Rule) {}' >>"$copy/tests/registry/lists_test.cc"
expect_problem 'R999 has no meaning'
