"""The demo's story, every line of it one case.

    story_test.py GATEWAY
"""

import os
import sys
import tempfile

import cases
import gateway as gateway_module
import pki as pki_module
import processes
import story


def main():
    with cases.Report("story") as report, tempfile.TemporaryDirectory(
            prefix="chainkeep-e2e-", dir=os.environ.get("TEST_TMPDIR")) as tmp:
        pki = pki_module.Pki(tmp, story.SERVER_NAMES)
        broker = processes.Broker(tmp)
        broker.start()
        gateway = gateway_module.Gateway(sys.argv[1], pki, story.REGIONS,
                                         broker.port)
        versions = set()
        try:
            number = 0
            for line in story.tell(story.Lab(tmp, pki, broker, gateway)):
                number += 1
                report.check("%02d %s" % (number, line.what), line.problem)
                versions.update(version for version in ("TLS 1.2", "TLS 1.3")
                                if version in line.client)
            with report.case("both versions of TLS occur"):
                cases.equal(versions, {"TLS 1.2", "TLS 1.3"})
            with report.case("the gateway ends well"):
                gateway.close_input()
                cases.equal(gateway.child.wait(10), 0)
        finally:
            gateway.stop()
            broker.stop()


if __name__ == "__main__":
    main()
