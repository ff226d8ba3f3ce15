#!/bin/bash
# Runs one Python driver of this folder, as a Bazel test.
#
#   e2e_test.sh DRIVER ARGUMENT...
#
# -B, because Python would write compiled files into the source tree otherwise.
set -euo pipefail
export PYTHONPATH=$PWD/examples/gateway/demo:$PWD/tests/e2e
exec /usr/bin/python3 -B -P "$@"
