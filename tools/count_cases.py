#!/usr/bin/python3
"""Counts the test cases of some runs of `bazel test`.

    count_cases.py REPORT... [-- PROBLEM...]

Each REPORT is a JUnit file (*.xml), or a file written by
--build_event_json_file (*.json). The latter names the test.xml of each test
that ran or whose result was kept, so that results of tests that are no more are
not counted. A test that failed without naming a failed case (a crash, a
time-out, a build that failed) counts as one failed case, and so does each
PROBLEM that no failure of its name explains. Prints what failed and, last,
"N passed, N failed[, N skipped]"; exit status 0 if nothing failed.
"""

import collections
import json
import sys
import urllib.request
import xml.etree.ElementTree

_GOOD = ("PASSED", "FLAKY")


def main():
    arguments = sys.argv[1:]
    problems = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, problems = arguments[:at], arguments[at + 1:]
    total = collections.Counter()
    failures = []
    for path in arguments:
        counts, failed = count_report(path)
        total += counts
        failures += failed
    # A run whose failure was counted above is not counted again.
    for problem in problems:
        if not any(failure.startswith((problem + " ", problem + "."))
                   for failure in failures):
            failures.append(problem)
            total["failed"] += 1
    for failure in failures:
        print("FAILED: " + failure)
    line = "%d passed, %d failed" % (total["passed"], total["failed"])
    if total["skipped"]:
        line += ", %d skipped" % total["skipped"]
    print(line)
    return 1 if total["failed"] or not total["passed"] else 0


def count_report(path):
    """Returns the counts and the failures of one report."""
    if path.endswith(".xml"):
        return count_cases("file:" + path)
    run = path.rsplit("/", 1)[-1].removesuffix(".json")
    counts = collections.Counter()
    failures = []
    for event in read_events(path):
        identity = event.get("id", {})
        if "testResult" in identity and "testResult" in event:
            label = identity["testResult"]["label"]
            outcome, failed = count_result(event["testResult"])
            counts += outcome
            failures += ["%s %s: %s" % (run, label, case) for case in failed]
        elif "targetCompleted" in identity and is_broken(event):
            counts["failed"] += 1
            failures.append("%s %s does not build" % (
                run, identity["targetCompleted"]["label"]))
    return counts, failures


def read_events(path):
    try:
        with open(path) as report:
            for line in report:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        # A killed Bazel leaves a torn last line; what came before counts.
        print("%s: %s" % (path, error), file=sys.stderr)


def is_broken(event):
    """Whether a target could not be built."""
    if "aborted" in event:
        return event["aborted"].get("reason") not in ("SKIPPED",
                                                      "NO_BUILD")
    return not event.get("completed", {}).get("success", False)


def count_result(result):
    """Returns the counts of one test run, and the names of failed cases."""
    counts = collections.Counter()
    failed = []
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            counts, failed = count_cases(output["uri"])
    status = result.get("status", "?")
    if status not in _GOOD and not failed:
        failed = [status]
        counts["failed"] += 1
    if status in _GOOD and not counts:
        counts["passed"] += 1
    return counts, failed


def count_cases(uri):
    """Counts the <testcase> elements of a JUnit file."""
    counts = collections.Counter()
    failed = []
    try:
        with urllib.request.urlopen(uri) as report:
            root = xml.etree.ElementTree.parse(report).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return counts, failed
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
            failed.append("%s.%s" % (case.get("classname", ""),
                                     case.get("name", "?")))
        elif (case.find("skipped") is not None or
              case.get("status") == "notrun"):
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return counts, failed


if __name__ == "__main__":
    sys.exit(main())
