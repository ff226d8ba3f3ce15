#!/usr/bin/env python3
"""Tells the story of story.py and prints it as a table.

    demo.py --gateway BINARY [--sustained BINARY] [--pause {start,end}]

Exit status 0: every line was as expected. With --pause it stays at that place,
with gateway and broker running, until it is killed or one of them ends.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import gateway as gateway_module
import pki as pki_module
import processes
import story

_WIDTHS = (53, 36, 34, 34, 24, 9)
_HEAD = ("what", "client", "expected", "verdict", "alert the client saw",
         "validate")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--sustained")
    parser.add_argument("--pause", choices=("start", "end"))
    arguments = parser.parse_args()
    # TERM unwinds like INT, so that everything is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(arguments)
    except KeyboardInterrupt:
        return 130
    except processes.Gone as gone:
        print("demo: the gateway or the broker has ended: %s" % gone,
              file=sys.stderr)
        return 1


def run(arguments):
    with tempfile.TemporaryDirectory(prefix="chainkeep-demo-") as folder:
        pki = pki_module.Pki(folder, story.SERVER_NAMES)
        broker = processes.Broker(folder)
        gateway = None
        try:
            broker.start()
            gateway = gateway_module.Gateway(
                arguments.gateway, pki, story.REGIONS, broker.port)
            if arguments.pause == "start":
                pause(gateway.child, broker.child)
            failures = tell(story.Lab(folder, pki, broker, gateway))
            if arguments.sustained:
                sustain(arguments.sustained)
            if arguments.pause == "end":
                pause(gateway.child, broker.child)
        finally:
            if gateway:
                gateway.stop()
            broker.stop()
    if failures:
        print("\n%d line(s) differ from what was expected." % failures)
    return 1 if failures else 0


def tell(lab):
    """Prints the story and returns how many lines differ."""
    print("Gateway: %s; broker: mosquitto at port %d\n" % (
        ", ".join("%s at port %d" % item
                  for item in sorted(lab.gateway.ports.items())),
        lab.broker.port))
    _row(_HEAD)
    _row(tuple("-" * width for width in _WIDTHS))
    failures = 0
    for line in story.tell(lab):
        cost = "%.1f us" % line.validate_us if line.validate_us else "-"
        _row((line.what, line.client, line.expected, line.verdict,
              line.alert_name, cost))
        if line.problem:
            failures += 1
            print("  DIFFERS: " + line.problem)
        if lab.broker.child.poll() is not None:
            raise processes.Gone("mosquitto")
    return failures


def _row(cells):
    print("  ".join(cell.ljust(width)
                    for cell, width in zip(cells, _WIDTHS)).rstrip(),
          flush=True)


def sustain(binary):
    child = processes.start([binary], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE)
    output, _ = child.communicate()
    if child.returncode != 0:
        raise RuntimeError("sustained has failed")
    result = json.loads(output)
    print("\nSustained: %d verdicts/s on one thread (%.1f us each, distinct "
          "device certificates, %.1f s)" % (
              result["verdicts_per_second"], result["microseconds_each"],
              result["seconds"]), flush=True)


def pause(*children):
    """Waits until it is killed, or one of `children` ends."""
    print(json.dumps({"paused": os.getpid(),
                      "children": [child.pid for child in children]}),
          flush=True)
    while all(child.poll() is None for child in children):
        time.sleep(0.1)
    raise processes.Gone("while paused")


if __name__ == "__main__":
    sys.exit(main())
