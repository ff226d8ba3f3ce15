# What the commands of this folder share. Source it; it changes to the root of
# the project and defines functions.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

started=$SECONDS
step=0

# Ends the background command of `busy`, if there is one, with this shell.
busy_pid=
stop_busy() {
  [[ -z $busy_pid ]] || kill -TERM "$busy_pid" 2>/dev/null || true
}
trap 'stop_busy; exit 130' INT
trap 'stop_busy; exit 143' TERM

# step TEXT: announces one of $steps steps.
step() {
  step=$((step + 1))
  printf '[%d/%d] %s (%d s)\n' "$step" "$steps" "$1" "$((SECONDS - started))"
}

# A descriptor that is never readable, to wait on without starting a process.
exec {never}<> <(:)

# busy COMMAND...: runs it and, unless on a terminal, says every 20 seconds that
# it is still at work and what it said last. The command dies with this shell,
# even if that is killed.
busy() {
  if [[ -t 1 ]]; then
    setpriv --pdeathsig TERM -- "$@" &
    busy_pid=$!
    wait_for_busy true
    return
  fi
  local log
  log=$(mktemp)
  setpriv --pdeathsig TERM -- "$@" >"$log" 2>&1 &
  busy_pid=$!
  local status=0
  wait_for_busy say_progress "$log" || status=$?
  # Progress has been told; the rest is for whoever reads a failure.
  grep -v '^\[[0-9, /]*\]' "$log" || true
  rm -f "$log"
  return "$status"
}

wait_for_busy() {
  local waited=0 status=0
  while kill -0 "$busy_pid" 2>/dev/null; do
    read -r -t 1 -u "$never" || true
    waited=$((waited + 1))
    ((waited % 20 != 0)) || "$@"
  done
  wait "$busy_pid" || status=$?
  busy_pid=
  return "$status"
}

say_progress() {
  printf '      still at work after %d s: %s\n' "$((SECONDS - started))" \
    "$(tail -n 1 "$1" | cut -c 1-60)"
}

# bazel_does COMMAND OPTION...: Bazel, with progress where somebody looks.
bazel_does() {
  if [[ -t 1 ]]; then
    busy bazel "$1" --show_progress "${@:2}"
  else
    busy bazel "$1" --show_progress --curses=no \
      --show_progress_rate_limit=10 "${@:2}"
  fi
}
