# What the commands of this folder share. Source it; it changes to the root of
# the project and defines functions.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

started=$SECONDS
step=0

# Ends the background command of `busy`, if there is one, with this shell.
busy_pid=
busy_log=
stop_busy() {
  [[ -z $busy_pid ]] || kill -TERM "$busy_pid" 2>/dev/null || true
  [[ -z $busy_log ]] || rm -f "$busy_log"
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
    wait_for_busy :
    return
  fi
  busy_log=$(mktemp)
  setpriv --pdeathsig TERM -- "$@" >"$busy_log" 2>&1 &
  busy_pid=$!
  local status=0
  wait_for_busy say_progress || status=$?
  grep -Ev "$chatter" "$busy_log" || true
  rm -f "$busy_log"
  busy_log=
  return "$status"
}

# What Bazel says of its progress, of no interest once it is over.
chatter='^(\[[0-9, /]+\]|Loading:|Analyzing:|INFO: |There were tests whose)'
chatter+='|__asan_extra_spill_area'

wait_for_busy() {
  local waited=0 status=0
  while kill -0 "$busy_pid" 2>/dev/null; do
    read -r -t 0.2 -u "$never" || true
    waited=$((waited + 1))
    ((waited % 100 != 0)) || "$@"
  done
  wait "$busy_pid" || status=$?
  busy_pid=
  return "$status"
}

say_progress() {
  printf '      still at work after %d s: %s\n' "$((SECONDS - started))" \
    "$(tail -n 1 "$busy_log" | cut -c 1-60)"
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
