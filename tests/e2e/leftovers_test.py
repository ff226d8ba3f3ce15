"""Nothing is left behind, whoever of demo, gateway and broker is killed how.

    leftovers_test.py DEMO_SCRIPT GATEWAY

This process makes itself the one that orphans are handed to
(PR_SET_CHILD_SUBREAPER), so whatever the demo leaves is found among its own
children.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import cases

_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def start_demo(*options):
    # A demo that is killed cannot remove its folder; Bazel removes this one.
    environment = dict(os.environ)
    environment["TMPDIR"] = os.environ.get("TEST_TMPDIR",
                                           tempfile.gettempdir())
    return subprocess.Popen(
        [sys.executable, "-B", "-P", sys.argv[1], "--gateway", sys.argv[2],
         *options], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def living_children():
    """Our descendants that are still running, by command."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as stat:
                name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue  # It has ended since.
        state, parent = rest.split()[:2]
        parents[int(entry)] = int(parent)
        if state != "Z":
            names[int(entry)] = name
    found = []
    for pid, name in names.items():
        ancestor = parents.get(pid)
        while ancestor and ancestor != os.getpid():
            ancestor = parents.get(ancestor)
        if ancestor:
            found.append(name)
    return found


def reap():
    """Takes the status of orphans that were handed to us."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def expect_nothing_left():
    deadline = time.monotonic() + 10
    while living_children():
        if time.monotonic() > deadline:
            raise AssertionError("left behind: %r" % living_children())
        time.sleep(0.05)
    reap()


def kill_one(victim, number):
    """Kills one of the three while the demo is paused."""
    demo = start_demo("--pause", "start")
    paused = None
    while not paused:
        line = demo.stdout.readline()
        if not line:
            raise AssertionError("the demo has ended")
        if line.startswith(b"{"):
            paused = json.loads(line)
    gateway, broker = paused["children"]
    cases.equal(len(living_children()), 3)
    os.kill({"demo": demo.pid, "gateway": gateway, "broker": broker}[victim],
            number)
    demo.wait(20)
    demo.stdout.close()
    if demo.returncode == 0:
        raise AssertionError("the demo claims success")
    expect_nothing_left()


def kill_while_it_works(number):
    """Kills the demo in the middle of its story."""
    demo = start_demo()
    for _ in range(15):
        demo.stdout.readline()
    os.kill(demo.pid, number)
    demo.wait(20)
    demo.stdout.close()
    expect_nothing_left()


def main():
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with cases.Report("leftovers") as report:
        for victim in ("demo", "gateway", "broker"):
            for number in _SIGNALS:
                with report.case("%s gets %s" % (victim, number.name)):
                    kill_one(victim, number)
        for number in _SIGNALS:
            with report.case("the demo at work gets " + number.name):
                kill_while_it_works(number)


if __name__ == "__main__":
    main()
