"""Prints what tables_bench or x509_store_bench measured as tables.

    print_tables.py REPORT.json

Medians of the repetitions, in million look-ups a second.
"""

import json
import re
import statistics
import sys

_COLUMNS = [
    ("hit, 1 thread", "Hit", 0, 1),
    ("hit, 2 threads", "Hit", 0, 2),
    ("miss, 1 thread", "Miss", 0, 1),
    ("miss, 2 threads", "Miss", 0, 2),
    ("hit beside a writer", "Hit", 1, 1),
]
_TABLE = re.compile(
    r"(Hit|Miss)/(\w+)/entries:(\d+)/writer:(\d)/.*threads:(\d+)$")


def main():
    with open(sys.argv[1]) as report:
        report = json.load(report)
    runs = {}
    for run in report["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        if "error_message" in run:
            sys.exit("%s: %s" % (run["name"], run["error_message"]))
        runs.setdefault(run["run_name"], []).append(run)
    if any(_TABLE.match(name) for name in runs):
        print_tables(runs)
    else:
        for name, of_name in runs.items():
            print("  %-40s %s" % (name, rate(of_name)))


def rate(runs):
    """Million items a second, the median of all runs."""
    return "%.2f" % (statistics.median(
        run["items_per_second"] for run in runs) / 1e6)


def print_tables(runs):
    rows = {}
    for name, of_name in runs.items():
        kind, table, entries, writer, threads = _TABLE.match(name).groups()
        row = rows.setdefault((int(entries), table), {})
        row[kind, int(writer), int(threads)] = rate(of_name)
        row["bytes"] = "%.0f" % of_name[0]["bytes_an_entry"]
    size = None
    for (entries, table), row in rows.items():
        if entries != size:
            size = entries
            print("\n%d entries, million look-ups a second:\n" % entries)
            print("| | %s | bytes an entry |" % " | ".join(
                column[0] for column in _COLUMNS))
            print("|---|" + "---|" * (len(_COLUMNS) + 1))
        print("| %s | %s | %s |" % (table, " | ".join(
            row.get(column[1:], "–") for column in _COLUMNS), row["bytes"]))
    print()


if __name__ == "__main__":
    main()
