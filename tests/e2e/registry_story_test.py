"""The demo's second story, every line of it one case, and what only a registry
that lasts can do.

    registry_story_test.py GATEWAY COMMAND_LINE
"""

import os
import sys
import tempfile

import cases
import pki as pki_module
import processes
import registry_story
import story


def restarts(report, folder, pki, broker):
    """A gateway that starts again knows what the one before knew."""
    with registry_story.Stage(folder, pki, broker, *sys.argv[1:3]) as stage:
        with report.case("a gateway that starts again has the registrations"):
            cases.equal(stage.lab.gateway.stats()["registrations"], 2)


def main():
    with cases.Report("registry_story") as report, \
            tempfile.TemporaryDirectory(
                prefix="chainkeep-e2e-",
                dir=os.environ.get("TEST_TMPDIR")) as tmp:
        pki = pki_module.Pki(tmp, story.SERVER_NAMES)
        broker = processes.Broker(tmp)
        broker.start()
        try:
            with registry_story.Stage(tmp, pki, broker,
                                      *sys.argv[1:3]) as stage:
                lines = stage.tell(stage.lab)
                for number, line in enumerate(lines, 1):
                    report.check("%02d %s" % (number, line.what), line.problem)
            restarts(report, tmp, pki, broker)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
