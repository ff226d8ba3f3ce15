#!/usr/bin/python3
"""Runs benchmarks briefly, each as a test case.

    run_benchmarks.py BIN_FOLDER REPORT LABEL...

Each is run as briefly as it can be, which shows that it still works and measures
nothing. REPORT becomes a JUnit file. A program that has succeeded before is not
run again (.cache/runs keeps their digests).
"""

import hashlib
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

_KEPT = ".cache/runs"
_TIMEOUT = 300


def main():
    bin_folder, report = sys.argv[1:3]
    os.makedirs(_KEPT, exist_ok=True)
    suite = ElementTree.Element("testsuite", name="bench")
    failed = False
    for label in sys.argv[3:]:
        start = time.monotonic()
        problem = run(bin_folder, label)
        case = ElementTree.SubElement(
            suite, "testcase", classname="bench", name=label,
            time="%.3f" % (time.monotonic() - start))
        if problem:
            failed = True
            print("%s:\n%s" % (label, problem), flush=True)
            ElementTree.SubElement(case, "failure", message="failed")
    ElementTree.ElementTree(suite).write(report, encoding="utf-8")
    return 1 if failed else 0


def run(bin_folder, label):
    """Runs one program unless it has succeeded before. Returns what is wrong,
    or nothing."""
    package, name = label.removeprefix("//").split(":")
    program = os.path.join(bin_folder, package, name)
    stamp = os.path.join(_KEPT, "bench-" + digest(program))
    if os.path.exists(stamp):
        return ""
    try:
        result = subprocess.run(
            [program, "--benchmark_min_time=0.001"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if result.returncode != 0:
        return result.stdout.decode(errors="replace")[-4000:]
    with open(stamp, "w"):
        pass
    return ""


def digest(program):
    with open(program, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
