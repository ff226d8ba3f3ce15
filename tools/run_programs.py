#!/usr/bin/python3
"""Runs fuzzers on their corpora, or benchmarks briefly, each as a test case.

    run_programs.py {fuzz,bench} BIN_FOLDER REPORT LABEL...

A fuzzer //fuzz:NAME is run once over each file of fuzz/corpus/NAME; a benchmark
as briefly as it can be, which shows that it still works and measures nothing.
REPORT becomes a JUnit file. What has succeeded before with the same program and
the same corpus is not run again (.cache/runs keeps their digests).
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
    kind, bin_folder, report = sys.argv[1:4]
    os.makedirs(_KEPT, exist_ok=True)
    suite = ElementTree.Element("testsuite", name=kind)
    failed = False
    for label in sys.argv[4:]:
        start = time.monotonic()
        problem = run(kind, bin_folder, label)
        case = ElementTree.SubElement(
            suite, "testcase", classname=kind, name=label,
            time="%.3f" % (time.monotonic() - start))
        if problem:
            failed = True
            print("%s:\n%s" % (label, problem), flush=True)
            ElementTree.SubElement(case, "failure", message="failed")
    ElementTree.ElementTree(suite).write(report, encoding="utf-8")
    return 1 if failed else 0


def run(kind, bin_folder, label):
    """Runs one program unless it has succeeded before. Returns what is wrong,
    or nothing."""
    package, name = label.removeprefix("//").split(":")
    program = os.path.join(bin_folder, package, name)
    corpus = os.path.join("fuzz", "corpus", name) if kind == "fuzz" else None
    if corpus and not os.path.isdir(corpus):
        return "it has no corpus: " + corpus
    stamp = os.path.join(_KEPT, kind + "-" + digest(program, corpus))
    if os.path.exists(stamp):
        return ""
    options = (["-runs=0", corpus] if corpus else
               ["--benchmark_min_time=0.001"])
    try:
        result = subprocess.run(
            [program, *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if result.returncode != 0:
        return result.stdout.decode(errors="replace")[-4000:]
    with open(stamp, "w"):
        pass
    return ""


def digest(program, corpus):
    """Identifies a program and the contents of its corpus."""
    paths = [program]
    if corpus:
        paths += sorted(os.path.join(folder, name)
                        for folder, _, names in os.walk(corpus)
                        for name in names)
    state = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as content:
            one = hashlib.file_digest(content, "sha256").hexdigest()
        state.update(("%s %s\n" % (one, os.path.basename(path))).encode())
    return state.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
