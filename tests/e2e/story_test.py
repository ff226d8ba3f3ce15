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


def check_columns():
    """Long cells take more lines, and every cell begins in its column."""
    offsets = [(0, 36), (38, 41), (43, 61), (63, 70), (72, 120)]
    name = "a-long-label." * 9 + "example"
    line = story.Line(
        what="a device whose description " * 4, expected="", tls="1.3",
        server_name=name, verdict="kCertificateNotYetValid " * 5, alert=42,
        validate_us=123456.7)
    rows = demo.row_of(line).split("\n")
    cells = [[row.ljust(120)[begin:end].strip() for row in rows]
             for begin, end in offsets]
    cases.equal([" ".join(cells[0]).strip(), "".join(cells[1]),
                 "".join(cells[2]), "".join(cells[3]),
                 " ".join(cells[4]).strip()],
                [line.what.strip(), "1.3", name, "123456.7",
                 line.verdict + ", 42 bad_certificate"])


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
                cases.equal([row for row in "\n".join(rows).split("\n")
                             if len(row) > 120], [])
            with report.case("long cells leave the columns where they are"):
                check_columns()
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
