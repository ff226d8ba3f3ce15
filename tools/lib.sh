# What the commands of this folder share. Source it; it changes to the root of
# the project and defines functions.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $(pwd -P) == *[[:space:]]* ]]; then
  echo "Debian's Bazel refuses a path with a space in it: $(pwd -P)" >&2
  echo "Please move the checkout to another." >&2
  exit 1
fi

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
    wait_for_busy :
    return
  fi
  open_log
  setpriv --pdeathsig TERM -- "$@" >&"$log" 2>&1 &
  busy_pid=$!
  local status=0
  wait_for_busy say_progress || status=$?
  grep -Ev "$chatter" "/dev/fd/$log" || true
  exec {log}>&-
  return "$status"
}

# Opens the descriptor $log for a file that has no name any more, so that no
# signal leaves it behind. Reading /dev/fd/$log begins at its start.
open_log() {
  local name
  name=$(mktemp)
  exec {log}>>"$name"
  rm -f "$name"
}

# What Bazel says of its progress, and what else it says that is of no interest
# once it is over.
progress='^(\[[0-9, /]+\]|Loading:|Analyzing:)'
chatter="$progress|^(INFO: |There were tests whose)|__asan_extra_spill_area"

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

# The last line that tells progress; the last of all where none does. Warnings
# of a linker come in between.
last_said() {
  { grep -aE "$progress" "/dev/fd/$log" || cat "/dev/fd/$log"; } | tail -n 1
}

say_progress() {
  printf '      still at work after %d s: %s\n' "$((SECONDS - started))" \
    "$(last_said | cut -c 1-60)"
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
