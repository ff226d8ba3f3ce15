"""The demo's story, every line of it one case.

    story_test.py GATEWAY
"""

import os
import sys
import tempfile

import cases
import demo
import gateway as gateway_module
import pki as pki_module
import processes
import story


def check_no_connection(lab):
    nobody = pki_module.Identity("/no/such.crt", "/no/such.key")
    line = lab.is_refused("a client without its files", nobody,
                          "kNoRegisteredCa", 48)
    cases.equal(line.verdict, "no verdict")
    if "no such connection" not in line.problem:
        raise AssertionError(line.problem)
    demo.row_of(line)


def main():
    with cases.Report("story") as report, tempfile.TemporaryDirectory(
            prefix="chainkeep-e2e-", dir=os.environ.get("TEST_TMPDIR")) as tmp:
        pki = pki_module.Pki(tmp, story.SERVER_NAMES)
        broker = processes.Broker(tmp)
        broker.start()
        gateway = gateway_module.Gateway(sys.argv[1], pki, story.REGIONS,
                                         broker.port)
        versions, rows = set(), []
        try:
            number = 0
            lab = story.Lab(tmp, pki, broker, gateway)
            for line in story.tell(lab):
                number += 1
                report.check("%02d %s" % (number, line.what), line.problem)
                versions.add(line.tls)
                rows.append(demo.row_of(line))
            with report.case("both versions of TLS occur"):
                cases.equal(versions - {"-"}, {"1.2", "1.3"})
            with report.case("a row has 120 columns at most"):
                cases.equal([row for row in rows if len(row) > 120], [])
            with report.case("a client that never connects is a row"):
                check_no_connection(lab)
            with report.case("the gateway ends well"):
                gateway.close_input()
                cases.equal(gateway.child.wait(10), 0)
        finally:
            gateway.stop()
            broker.stop()


if __name__ == "__main__":
    main()
