"""Test cases, and the JUnit file that Bazel and tools/test read.

    with cases.Report("hostile") as report:
        with report.case("an empty record"):
            ...  # raises where something is wrong

A case that raises has failed, and the next one runs all the same. Leaving the
report writes $XML_OUTPUT_FILE and ends the process with a status of 1 if any
case failed, or if there was none.
"""

import contextlib
import os
import sys
import time
import traceback
import xml.etree.ElementTree as ElementTree


class Report:
    def __init__(self, suite):
        self._suite = suite
        self._cases = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self._add("the test itself", 0.0, traceback.format_exc())
        self._write()
        failed = sum(1 for _, _, problem in self._cases if problem)
        print("%d cases, %d failed" % (len(self._cases), failed))
        sys.exit(1 if failed or not self._cases else 0)

    @contextlib.contextmanager
    def case(self, name):
        start = time.monotonic()
        problem = ""
        try:
            yield
        except Exception:  # pylint: disable=broad-except
            problem = traceback.format_exc()
        self._add(name, time.monotonic() - start, problem)

    def check(self, name, problem):
        """A case that has been judged already; "" is success."""
        self._add(name, 0.0, problem)

    def _add(self, name, seconds, problem):
        self._cases.append((name, seconds, problem))
        print("%s %s" % ("FAILED" if problem else "ok    ", name), flush=True)
        if problem:
            print(problem, flush=True)

    def _write(self):
        path = os.environ.get("XML_OUTPUT_FILE")
        if not path:
            return
        root = ElementTree.Element("testsuites")
        suite = ElementTree.SubElement(
            root, "testsuite", name=self._suite, tests=str(len(self._cases)),
            failures=str(sum(1 for case in self._cases if case[2])))
        for name, seconds, problem in self._cases:
            case = ElementTree.SubElement(
                suite, "testcase", classname=self._suite, name=name,
                time="%.3f" % seconds)
            if problem:
                failure = ElementTree.SubElement(case, "failure",
                                                 message="failed")
                failure.text = _printable(problem)
        ElementTree.ElementTree(root).write(path, encoding="utf-8")


def _printable(text):
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def equal(got, wanted):
    if got != wanted:
        raise AssertionError("got %r, wanted %r" % (got, wanted))


def among(got, wanted):
    if got not in wanted:
        raise AssertionError("got %r, wanted one of %r" % (got, wanted))
