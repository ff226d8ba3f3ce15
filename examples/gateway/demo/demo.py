#!/usr/bin/python3
"""Tells the stories of story.py and registry_story.py, as tables.

    demo.py --gateway BINARY [--command-line BINARY] [--sustained BINARY]
            [--pause {start,end}]

Exit status 0: every line was as expected. With --pause it stays at that place,
with gateway and broker running, until it is killed or one of them ends.
"""

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import gateway as gateway_module
import pki as pki_module
import processes
import registry_story
import story
import workspace

# With two spaces between them, 120 columns. What is longer takes more lines.
_WIDTHS = (36, 3, 18, 7, 48)
_HEAD = ("what", "TLS", "server name", "us",
         "verdict, and alert the client saw")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--command-line")
    parser.add_argument("--sustained")
    parser.add_argument("--pause", choices=("start", "end"))
    arguments = parser.parse_args()
    for number in _SIGNALS:
        # Whoever started us with nohup wants HUP to be ignored.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, unwind)
    try:
        return run(arguments)
    except processes.Gone as gone:
        print("demo: the gateway or the broker has ended: %s" % gone,
              file=sys.stderr)
        return 1
    except (RuntimeError, TimeoutError) as error:
        print("demo: %s" % error, file=sys.stderr)
        return 1


def unwind(number, _):
    """Ends the demo, by way of everything that cleans up."""
    # An impatient second signal must not end the cleaning.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def run(arguments):
    with workspace.folder() as folder:
        pki = pki_module.Pki(folder, story.SERVER_NAMES)
        broker = processes.Broker(folder)
        gateway = None
        try:
            broker.start()
            gateway = gateway_module.Gateway(
                arguments.gateway, pki, story.REGIONS, broker.port)
            if arguments.pause == "start":
                pause(gateway.child, broker.child)
            failures = tell(story.Lab(folder, pki, broker, gateway),
                            story.tell)
            if arguments.command_line:
                failures += tell_of_registry(arguments, folder, pki, broker)
            if arguments.sustained:
                sustain(arguments.sustained)
            if arguments.pause == "end":
                pause(gateway.child, broker.child)
        finally:
            if gateway:
                gateway.stop()
            broker.stop()
    return 1 if failures else 0


def tell_of_registry(arguments, folder, pki, broker):
    """The story of a registry that lasts, with a gateway of its own."""
    print("\nA registry in a file, changed by the command line while the "
          "gateway runs\n")
    with registry_story.Stage(folder, pki, broker, arguments.gateway,
                              arguments.command_line) as stage:
        return tell(stage.lab, stage.tell)


def tell(lab, tell_story):
    """Prints a story and returns how many rows differ."""
    print("Gateway: %s; broker: mosquitto at port %d\n" % (
        ", ".join("%s at port %d" % item
                  for item in sorted(lab.gateway.ports.items())),
        lab.broker.port))
    print(_row(_HEAD))
    print(_row("-" * width for width in _WIDTHS), flush=True)
    rows = failures = 0
    for line in tell_story(lab):
        rows += 1
        print(row_of(line), flush=True)
        if line.problem:
            failures += 1
            print("  DIFFERS from %s: %s" % (line.expected,
                                             line.problem.strip()))
        if lab.broker.child.poll() is not None:
            raise processes.Gone("mosquitto")
    print("\n%d rows, %s as expected" % (
        rows, "%d not" % failures if failures else "all"))
    return failures


def row_of(line):
    """The row of a story.Line."""
    cost = "%.1f" % line.validate_us if line.validate_us else "-"
    verdict = line.verdict
    if line.alert:
        verdict += ", " + line.alert_name
    return _row((line.what, line.tls, line.server_name, cost, verdict))


def _row(cells):
    """A row of as many lines as its longest cell needs: columns stay."""
    columns = (textwrap.wrap(cell, width)
               for cell, width in zip(cells, _WIDTHS))
    return "\n".join(
        "  ".join(cell.ljust(width)
                  for cell, width in zip(line, _WIDTHS)).rstrip()
        for line in itertools.zip_longest(*columns, fillvalue=""))


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
