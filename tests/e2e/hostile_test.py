"""What comes to the TLS socket is hostile.

    hostile_test.py GATEWAY HOSTILE_CLIENT

Each case ends in a clean alert or close, the gateway serves the next honest
device, it is the same process, and at the end it has not grown.
"""

import json
import socket
import subprocess
import sys

import cases
import fixture
from client_hello import (ALERT, HANDSHAKE, client_hello, host_name, record,
                          records, server_name, usual_extensions)

_NAME = fixture.NAME.encode()
_ILLEGAL_PARAMETER = 47
_DECODE_ERROR = 50
_DECRYPT_ERROR = 51
_UNEXPECTED_MESSAGE = 10
_RECORD_OVERFLOW = 22
_PROTOCOL_VERSION = 70
_UNRECOGNIZED_NAME = 112

# What a broken ClientHello may be answered with.
_BROKEN = (_DECODE_ERROR, _ILLEGAL_PARAMETER, _UNRECOGNIZED_NAME)

# How much a gateway may grow over all cases, in KiB. A sanitizer keeps what was
# freed for a while, on purpose.
_GROWTH = 48 * 1024
_GROWTH_SANITIZED = 512 * 1024


def dial(port):
    return socket.create_connection(("127.0.0.1", port), 20)


def talk(port, data):
    """Sends `data`, and returns what comes until the gateway closes."""
    with dial(port) as peer:
        try:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            received = b""
            while piece := peer.recv(65536):
                received += piece
        except (BrokenPipeError, ConnectionResetError):
            raise AssertionError("the gateway has reset the connection, and "
                                 "its alert may be lost") from None
        return received


def alert_in(received):
    """The description of the alert record that ends `received`; 0: none."""
    if len(received) >= 7 and received[-7] == ALERT and received[-2] == 2:
        return received[-1]
    return 0


def hello(*name_extensions, trailing=b""):
    return client_hello([*name_extensions, *usual_extensions()], trailing)


def raw_inputs():
    """(name, bytes, alerts that are fine, what the log says) of each case."""
    good = hello(server_name(host_name(_NAME)))
    unknown = hello(server_name(host_name(b"nobody.example")))
    # BoringSSL refuses some before the gate sees them.
    unrecognized, broken = "unrecognized name", "decode error"
    malformed = "The server name is not a host name."
    names = [
        ("a NUL in the server name", [server_name(host_name(b"a\0b.c"))],
         unrecognized),
        ("a server name that ends in NUL",
         [server_name(host_name(_NAME + b"\0"))], unrecognized),
        ("two server names", [server_name(host_name(_NAME),
                                          host_name(b"other.example"))],
         broken),
        ("an empty list of server names", [server_name()], broken),
        ("an empty server name", [server_name(host_name(b""))], unrecognized),
        ("a server name of 256 bytes", [server_name(host_name(b"a" * 256))],
         unrecognized),
        ("a server name of 60,000 bytes",
         [server_name(host_name(b"a" * 60000))], unrecognized),
        ("a server name of an unknown kind",
         [server_name(host_name(_NAME, kind=7))], unrecognized),
        ("bytes after the list of server names",
         [server_name(host_name(_NAME), trailing=b"\0")], broken),
        ("the server_name extension twice",
         [server_name(host_name(_NAME)), server_name(host_name(_NAME))],
         "DECODE_ERROR"),
        ("a server name in UTF-8",
         [server_name(host_name("gerät.example".encode()))], malformed),
        ("a server name with a path", [server_name(host_name(b"../../a"))],
         malformed),
        ("a server name that ends in a dot",
         [server_name(host_name(_NAME + b"."))], malformed),
        ("an IPv6 address as server name", [server_name(host_name(b"::1"))],
         malformed),
    ]
    for name, extensions, detail in names:
        yield name, records(hello(*extensions), 16384), _BROKEN, detail
    yield ("an unknown server name, one byte a record",
           records(unknown, 1), (_UNRECOGNIZED_NAME,),
           "No endpoint of this region has that server name.")
    closed = "the client has closed"
    yield "nothing", b"", (0,), closed
    yield "half a record header", b"\x16\x03", (0,), closed
    yield "half a record", record(HANDSHAKE, good)[:100], (0,), closed
    yield "half a ClientHello", record(HANDSHAKE, good[:100]), (0,), closed
    yield ("bytes after the ClientHello's extensions",
           records(hello(server_name(host_name(_NAME)), trailing=b"\0\0"),
                   16384), _BROKEN, "DECODE_ERROR")
    yield ("a ClientHello of 16 MiB, announced",
           record(HANDSHAKE, b"\x01\xff\xff\xff" + b"\0" * 8000),
           _BROKEN + (_UNEXPECTED_MESSAGE,), "EXCESSIVE_MESSAGE_SIZE")
    yield ("a record of 65,535 bytes", b"\x16\x03\x01\xff\xff" + b"\0" * 65535,
           (_RECORD_OVERFLOW,), "ENCRYPTED_LENGTH_TOO_LONG")
    yield ("a thousand empty records", record(HANDSHAKE, b"") * 1000,
           (0, _UNEXPECTED_MESSAGE, _DECODE_ERROR), "TOO_MANY_EMPTY_FRAGMENTS")
    yield ("a thousand warnings", record(ALERT, b"\x01\x5a") * 1000,
           (0, _UNEXPECTED_MESSAGE, _DECODE_ERROR), "TOO_MANY_WARNING_ALERTS")
    yield ("a fatal alert", record(ALERT, b"\x02\x28"), (0,),
           "SSLV3_ALERT_HANDSHAKE_FAILURE")
    yield ("application data", record(23, b"hello"), (_UNEXPECTED_MESSAGE,),
           "UNEXPECTED_RECORD")
    yield ("a Finished", record(HANDSHAKE, b"\x14\0\0\x0c" + b"\0" * 12),
           (_UNEXPECTED_MESSAGE,), "UNEXPECTED_MESSAGE")
    yield ("an HTTP request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
           (0, _PROTOCOL_VERSION), "HTTP_REQUEST")
    no_tls = "WRONG_VERSION_NUMBER"
    yield ("MQTT without TLS", bytes.fromhex("100c00044d5154540402003c0000"),
           (0, _PROTOCOL_VERSION, _UNEXPECTED_MESSAGE), no_tls)
    yield ("zeros", b"\0" * 5000,
           (0, _PROTOCOL_VERSION, _UNEXPECTED_MESSAGE), no_tls)
    yield ("every byte from 255 down", bytes(range(255, -1, -1)) * 20,
           (0, _PROTOCOL_VERSION, _UNEXPECTED_MESSAGE, _RECORD_OVERFLOW),
           no_tls)


def check_raw(report, house):
    for name, data, alerts, detail in raw_inputs():
        with report.case(name):
            received = talk(house.port, data)
            line = house.gateway.connection()
            among_verdicts(line)
            cases.among(line["alert"], alerts)
            cases.equal(line["detail"], detail)
            cases.equal(alert_in(received), line["alert"])
            house.honest_device_connects()


def among_verdicts(line):
    cases.among(line["verdict"], ("kNoVerdict", "kServerNameMalformed",
                                  "kServerNameUnknown"))
    cases.equal(line["account"], None)


def run_client(house, client, *arguments):
    result = subprocess.run([client, arguments[0], str(house.port),
                             *arguments[1:]], stdout=subprocess.PIPE,
                            check=True, timeout=60)
    return json.loads(result.stdout), house.gateway.connection()


def check_chains(report, house, client):
    certificate, key = house.device.certificate, house.device.key
    for version in ("1.2", "1.3"):
        with report.case("16 further certificates, TLS " + version):
            seen, line = run_client(house, client, "chain", version,
                                    certificate, key, "16")
            cases.equal((seen["alert"], line["verdict"]), (0, "kAccepted"))
        with report.case("17 further certificates, TLS " + version):
            seen, line = run_client(house, client, "chain", version,
                                    certificate, key, "17")
            cases.equal(line["verdict"], "kBudgetCertificates")
            cases.equal(seen["alert"], line["alert"])
            house.honest_device_connects()
        for name, count in [("a chain of more than 1 MiB", 3000),
                            ("10,000 certificates", 10000)]:
            with report.case("%s, TLS %s" % (name, version)):
                seen, line = run_client(house, client, "chain", version,
                                        certificate, key, str(count))
                cases.equal(line["verdict"], "kNoVerdict")
                cases.equal(line["alert"], _ILLEGAL_PARAMETER)
                cases.equal(seen["alert"], line["alert"])
                house.honest_device_connects()


def counters(house):
    stats = house.gateway.stats()
    return {name: stats[name] for name in
            ("accepted", "refused", "registrations", "caRecords", "endpoints")}


def check_stolen(report, house, client):
    """Anybody who has seen a certificate can present it (design: only a
    finished handshake proves the key)."""
    for version in ("1.2", "1.3"):
        with report.case("a certificate without its key changes nothing, TLS "
                         + version):
            before = counters(house)
            seen, line = run_client(house, client, "stolen", version,
                                    house.device.certificate)
            cases.equal(seen, {"alert": _DECRYPT_ERROR, "bytes": 0})
            cases.equal(line["verdict"], "kNoVerdict")
            cases.equal(line["account"], None)
            cases.equal(line["detail"], "BAD_SIGNATURE")
            cases.equal(counters(house), before)
            house.honest_device_connects()


def check_same_process(report, house, before):
    with report.case("the gateway is the same process and has not grown"):
        cases.equal(house.gateway.child.poll(), None)
        with open("/proc/%d/exe" % house.gateway.child.pid, "rb") as binary:
            sanitized = b"san_init" in binary.read()
        limit = _GROWTH_SANITIZED if sanitized else _GROWTH
        grown = house.gateway.memory_kib() - before
        print("memory: %d KiB before, %+d KiB" % (before, grown))
        if grown > limit:
            raise AssertionError("it has grown by %d KiB" % grown)


def stopped_halfway(house, start):
    peers = [dial(house.port) for _ in range(200)]
    for peer in peers:
        peer.sendall(start[:50])
    return peers


def check_slow(report, binary):
    """Clients that never finish cost others nothing."""
    start = records(hello(server_name(host_name(_NAME))), 16384)
    with fixture.running(binary, options=["--handshake-seconds", "60"]) as house:
        with report.case("200 clients that stop half-way hold nobody up"):
            peers = stopped_halfway(house, start)
            house.honest_device_connects()
            for peer in peers:
                # None of them was closed meanwhile: it did not wait for that.
                peer.setblocking(False)
                try:
                    peer.recv(1)
                    raise AssertionError("it was closed or answered")
                except BlockingIOError:
                    peer.close()
    with fixture.running(binary, options=["--handshake-seconds", "3"]) as house:
        peers = stopped_halfway(house, start)
        with report.case("a byte now and then does not buy more time"):
            slow = dial(house.port)
            slow.settimeout(0.1)
            ended = False
            for byte in start:
                try:
                    slow.sendall(bytes([byte]))
                    ended = slow.recv(1) == b""
                    if ended:
                        break
                except TimeoutError:
                    continue
                except OSError:
                    ended = True
                    break
            slow.close()
            cases.equal(ended, True)
        with report.case("all of them were closed at the deadline"):
            for peer in peers:
                peer.settimeout(20)
                if peer.recv(1) != b"":
                    raise AssertionError("it was answered")
                peer.close()
            house.gateway.forget_connections()
            house.honest_device_connects()

    with fixture.running(binary, options=["--max-connections", "1"]) as house:
        with report.case("one place is enough for one honest device at a time"):
            for _ in range(5):
                peer = dial(house.port)
                house.honest_device_is_told()
                peer.close()

    with fixture.running(binary, options=["--max-connections", "8"]) as house:
        with report.case("who never finishes makes room for who does"):
            peers = [dial(house.port) for _ in range(30)]
            lines = [house.gateway.connection() for _ in range(22)]
            cases.equal({line["detail"] for line in lines},
                        {"it made room for another"})
            house.honest_device_is_told()
            line = house.gateway.connection()
            while line["verdict"] == "kNoVerdict":
                line = house.gateway.connection()
            cases.equal(line["verdict"], "kAccepted")
            for peer in peers:
                peer.close()


def main():
    binary, client = sys.argv[1:3]
    with cases.Report("hostile") as report:
        with fixture.running(binary) as house:
            house.honest_device_connects()
            before = house.gateway.memory_kib()
            check_raw(report, house)
            check_chains(report, house, client)
            check_stolen(report, house, client)
            check_same_process(report, house, before)
        check_slow(report, binary)


if __name__ == "__main__":
    main()
