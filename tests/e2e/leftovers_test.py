"""Nothing is left behind, whoever of demo, gateway and broker is killed how.

    leftovers_test.py DEMO_SCRIPT GATEWAY

This process makes itself the one that orphans are handed to
(PR_SET_CHILD_SUBREAPER), so whatever the demo leaves is found among its own
children.
"""

import ctypes
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import cases
import workspace

_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
            signal.SIGKILL)


def start_demo(*options, ignored=()):
    def set_signals():
        # Whoever runs us in the background may have ignored some.
        for number in _SIGNALS[:-1]:
            signal.signal(number, signal.SIG_IGN if number in ignored
                          else signal.SIG_DFL)

    environment = dict(os.environ, TMPDIR=tempfile.gettempdir())
    return subprocess.Popen(
        [sys.executable, "-B", "-P", sys.argv[1], "--gateway", sys.argv[2],
         *options], env=environment, preexec_fn=set_signals,
        stdin=subprocess.DEVNULL,
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


def folders():
    """The demos' folders, with the keys in them."""
    return glob.glob(os.path.join(tempfile.gettempdir(),
                                  glob.escape(workspace.PREFIX) + "*"))


def expect_folders(count):
    if len(folders()) != count:
        raise AssertionError("%r, wanted %d" % (folders(), count))


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
    # Who is killed like this can remove nothing: see check_stale.
    killed = victim == "demo" and number == signal.SIGKILL
    expect_folders(1 if killed else 0)


def kill_while_it_works(number):
    """Kills the demo in the middle of its story, twice, as the impatient do."""
    demo = start_demo()
    for _ in range(15):
        demo.stdout.readline()
    expect_folders(1)
    for _ in range(2):
        os.kill(demo.pid, number)
        time.sleep(0.02)
    demo.wait(20)
    demo.stdout.close()
    expect_nothing_left()
    expect_folders(1 if number == signal.SIGKILL else 0)
    wanted = -number if number == signal.SIGKILL else 128 + number
    cases.equal(demo.returncode, wanted)


def check_stale(report):
    """What a killed demo left is removed by the next, and nothing else is."""
    with report.case("the next demo removes a killed one's folder"):
        kill_one("demo", signal.SIGKILL)
        stale, = folders()
        with workspace.folder() as ours:
            cases.equal(folders(), [ours])
            if stale == ours:
                raise AssertionError("it was not removed")
        expect_folders(0)
    with report.case("and leaves that of a living one"):
        with workspace.folder() as first, workspace.folder() as second:
            cases.equal(sorted(folders()), sorted([first, second]))
        expect_folders(0)
    with report.case("and no link or file of that name"):
        with tempfile.TemporaryDirectory() as other:
            kept = os.path.join(other, "kept")
            link = os.path.join(tempfile.gettempdir(),
                                workspace.PREFIX + "link")
            with open(kept, "w") as out:
                out.write("kept")
            os.symlink(other, link)
            workspace.remove_stale()
            os.unlink(link)
            cases.equal(os.listdir(other), ["kept"])


def check_nohup(report):
    with report.case("nohup is respected"):
        demo = start_demo("--pause", "start", ignored=[signal.SIGHUP])
        while not demo.stdout.readline().startswith(b"{"):
            cases.equal(demo.poll(), None)
        os.kill(demo.pid, signal.SIGHUP)
        time.sleep(0.5)
        cases.equal(demo.poll(), None)
        demo.terminate()
        demo.wait(20)
        demo.stdout.close()
        expect_nothing_left()
        expect_folders(0)


def main():
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Our own folder, so that we count nobody else's.
    with cases.Report("leftovers") as report, tempfile.TemporaryDirectory(
            dir=os.environ.get("TEST_TMPDIR")) as tempfile.tempdir:
        for victim in ("demo", "gateway", "broker"):
            for number in _SIGNALS:
                # To mosquitto, it means to read its configuration again.
                if (victim, number) == ("broker", signal.SIGHUP):
                    continue
                with report.case("%s gets %s" % (victim, number.name)):
                    kill_one(victim, number)
        for number in _SIGNALS:
            with report.case("the demo at work gets " + number.name):
                kill_while_it_works(number)
                workspace.remove_stale()
        check_stale(report)
        check_nohup(report)


if __name__ == "__main__":
    main()
