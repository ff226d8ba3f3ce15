"""What the gateway does for those it lets in.

    relay_test.py GATEWAY

The upstream is this process, so that both ends of the relay can be watched.
"""

import datetime
import hashlib
import os
import socket
import ssl
import struct
import sys
import threading
import time

import cases
import fixture
import processes

_CLOSE_NOTIFY_TIMEOUT = 30


class Upstream:
    """A broker that does as each case says."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]

    def accept(self):
        peer = self._listener.accept()[0]
        peer.settimeout(20)
        return peer

    def close(self):
        self._listener.close()


def whole_chain(device):
    """One file with all that the device presents, its own certificate first."""
    if not device.chain:
        return device.certificate
    whole = device.chain + ".whole"
    with open(whole, "w") as out:
        for part in (device.certificate, device.chain):
            with open(part) as certificates:
                out.write(certificates.read())
    return whole


def connect(house, device=None):
    """An accepted device: a TLS connection by Python's own library."""
    device = device or house.device
    context = ssl.create_default_context(cafile=house.pki.server_ca.certificate)
    context.load_cert_chain(whole_chain(device), device.key)
    plain = socket.create_connection(("127.0.0.1", house.port), 20)
    # fixture.NAME is an endpoint, and a name of the server's certificate.
    tls = context.wrap_socket(plain, server_hostname=fixture.NAME,
                              suppress_ragged_eofs=False)
    tls.settimeout(_CLOSE_NOTIFY_TIMEOUT)
    return tls


def connect_mayfly(house, upstream):
    """A device whose certificate expires soon, but not before it is let in."""
    for seconds in (4, 15):
        end = (datetime.datetime.now(datetime.timezone.utc) +
               datetime.timedelta(seconds=seconds))
        device = house.pki.dated_device("mayfly", house.ca, "20200101000000Z",
                                        end.strftime("%Y%m%d%H%M%SZ"))
        try:
            return connect(house, device), upstream.accept()
        except (ssl.SSLError, TimeoutError) as error:  # A busy machine.
            expired = error
    raise expired


def reset(peer):
    """Closes a socket, TLS or not, with a TCP reset."""
    plain = socket.socket(fileno=peer.detach())
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    plain.close()


def read_all(peer):
    digest, size = hashlib.sha256(), 0
    while piece := peer.recv(65536):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def expect_open(house, wanted):
    """Waits until the gateway has so many connections."""
    deadline = time.monotonic() + 10
    while house.gateway.stats()["openConnections"] != wanted:
        if time.monotonic() > deadline:
            cases.equal(house.gateway.stats()["openConnections"], wanted)
        time.sleep(0.02)


def ends_with_alert(tls, name):
    try:
        data = tls.recv(100)
    except ssl.SSLError as error:
        if name not in str(error).lower().replace(" ", "_"):
            raise AssertionError("the client saw: %s" % error) from error
        return
    raise AssertionError("the client read %r" % data)


def check_relay(report, house, upstream):
    payload = os.urandom(6 << 20)
    wanted = (len(payload), hashlib.sha256(payload).hexdigest())
    with report.case("6 MiB up arrive whole, and their end is passed on"):
        device = connect(house)
        peer = upstream.accept()
        sender = threading.Thread(
            target=lambda: (device.sendall(payload), device.unwrap()))
        sender.start()
        cases.equal(read_all(peer), wanted)
        peer.close()
        sender.join(20)
        device.close()
    with report.case("6 MiB down arrive whole, and their end is passed on"):
        device = connect(house)
        peer = upstream.accept()
        sender = threading.Thread(
            target=lambda: (peer.sendall(payload), peer.close()))
        sender.start()
        cases.equal(read_all(device), wanted)
        sender.join(20)
        device.close()
    with report.case("an end of one direction leaves the other open"):
        device = connect(house)
        peer = upstream.accept()
        peer.sendall(b"last words")
        peer.shutdown(socket.SHUT_WR)
        cases.equal(device.recv(100), b"last words")
        cases.equal(device.recv(100), b"")
        device.sendall(b"thank you")
        cases.equal(peer.recv(100), b"thank you")
        device.close()
        cases.equal(peer.recv(100), b"")
        peer.close()
    with report.case("a device that vanishes ends the broker's connection"):
        device = connect(house)
        peer = upstream.accept()
        device.sendall(b"half a pack")
        # A socket that is closed with its TLS, but without close_notify.
        socket.socket(fileno=device.detach()).close()
        cases.equal(peer.recv(100), b"half a pack")
        cases.equal(peer.recv(100), b"")
        peer.close()
    with report.case("a broker that resets: its words, then internal_error"):
        device, peer = connect(house), upstream.accept()
        peer.sendall(b"last words")
        cases.equal(device.recv(100), b"last words")
        reset(peer)
        ends_with_alert(device, "internal_error")
        device.close()
    with report.case("a device that ended, then resets, frees its place"):
        device, peer = connect(house), upstream.accept()
        device.settimeout(0.2)
        try:
            # Sends close_notify, and waits for ours in vain.
            device.unwrap()
        except TimeoutError:
            pass
        cases.equal(peer.recv(1), b"")
        cases.equal(house.gateway.stats()["openConnections"], 1)
        reset(device)
        expect_open(house, 0)
        peer.close()
    with report.case("a device that resets while the broker does not read"):
        device, peer = connect(house), upstream.accept()
        device.settimeout(0.5)
        try:
            for _ in range(20):
                device.sendall(payload)
            raise AssertionError("120 MiB went into the gateway's memory")
        except TimeoutError:
            pass
        reset(device)
        # What the device said before is still the broker's.
        size, _ = read_all(peer)
        if size < 1 << 16:
            raise AssertionError("only %d bytes arrived" % size)
        expect_open(house, 0)
        peer.close()
    with report.case("a device that does not read stops nobody else"):
        greedy = connect(house)
        peer = upstream.accept()
        peer.settimeout(0.5)
        try:
            # More than the kernel's buffers of all four sockets take.
            for _ in range(20):
                peer.sendall(payload)
            raise AssertionError("120 MiB went into the gateway's memory")
        except TimeoutError:
            pass
        other = connect(house)
        other_peer = upstream.accept()
        other.sendall(b"hello")
        cases.equal(other_peer.recv(100), b"hello")
        for end in (greedy, peer, other, other_peer):
            end.close()


def check_withdrawal(report, house, upstream):
    with report.case("an INACTIVE CA closes what it let in, and only that"):
        other_ca = house.pki.ca("Other CA")
        house.tenant.register_default(house.pki, other_ca)
        other_device = house.pki.device("other", other_ca)
        device, peer = connect(house), upstream.accept()
        other, other_peer = connect(house, other_device), upstream.accept()
        house.tenant.set_status(house.ca_id, "INACTIVE")
        ends_with_alert(device, "access_denied")
        cases.equal(peer.recv(1), b"")
        other.sendall(b"still here")
        cases.equal(other_peer.recv(100), b"still here")
        house.tenant.set_status(house.ca_id, "ACTIVE")
        for end in (device, peer, other, other_peer):
            end.close()
    with report.case("an INACTIVE CA closes what came by it to another"):
        below = house.pki.intermediate("Below", house.ca)
        beside = house.pki.intermediate("Beside", house.ca)
        ends = []
        for issuer in (below, beside):
            device = house.pki.presenting(house.pki.device("deep", issuer),
                                          issuer)
            ends.append((connect(house, device), upstream.accept()))
        (device, peer), (other, other_peer) = ends
        # Registered and ACTIVE, it changes nothing; INACTIVE from the start or
        # later, it does.
        beside_id = house.tenant.register_sni_only(beside)["certificateId"]
        house.tenant.command("register-ca-certificate",
                             certificate_mode="SNI_ONLY",
                             ca_certificate="file://" + below.certificate)
        ends_with_alert(device, "access_denied")
        cases.equal(peer.recv(1), b"")
        other.sendall(b"still here")
        cases.equal(other_peer.recv(100), b"still here")
        house.tenant.set_status(beside_id, "INACTIVE")
        ends_with_alert(other, "access_denied")
        for end in (device, peer, other, other_peer):
            end.close()
    with report.case("a certificate that expires closes its connection"):
        device, peer = connect_mayfly(house, upstream)
        ends_with_alert(device, "certificate_expired")
        cases.equal(peer.recv(1), b"")
        for end in (device, peer):
            end.close()


def check_no_broker(report, binary):
    with report.case("without its broker, a device is told internal_error"):
        with fixture.running(binary, processes.free_port()) as house:
            with connect(house) as device:
                ends_with_alert(device, "internal_error")
            cases.equal(house.gateway.connection()["verdict"], "kAccepted")


def check_places(report, binary, upstream):
    options = ["--max-connections", "4"]
    with fixture.running(binary, upstream.port, options) as house:
        with report.case("a device's newest connections replace its oldest"):
            held = []
            for _ in range(2):
                held.append((connect(house), upstream.accept()))
            for number in range(6):
                held.append((connect(house), upstream.accept()))
                oldest, peer = held[number]
                cases.equal(oldest.recv(1), b"")  # close_notify, no alert
                cases.equal(peer.recv(1), b"")
            for device, peer in held[-2:]:
                device.sendall(b"!")
                cases.equal(peer.recv(1), b"!")
        with report.case("and cannot shut another device out"):
            other = house.pki.device("other", house.ca)
            held.append((connect(house, other), upstream.accept()))
            held.append((connect(house, other), upstream.accept()))
            held[-1][0].sendall(b"!")
            cases.equal(held[-1][1].recv(1), b"!")
        with report.case("where all are taken, a client is told at once"):
            house.gateway.forget_connections()
            for _ in range(100):
                try:
                    connect(house, house.pki.server)
                    raise AssertionError("it was let in")
                except ssl.SSLError as error:
                    if "internal error" not in str(error):
                        raise
                line = house.gateway.connection()
                cases.equal((line["verdict"], line["alert"], line["detail"]),
                            ("kNoVerdict", 80, "there is no place left"))
            for device, peer in held[-4:]:
                device.sendall(b"!")
                cases.equal(peer.recv(1), b"!")
        with report.case("a place that gets free is given away"):
            for end in held[-1]:
                end.close()
            expect_open(house, 3)
            held.append((connect(house), upstream.accept()))
            held[-1][0].sendall(b"!")
            cases.equal(held[-1][1].recv(1), b"!")
        for device, peer in held:
            device.close()
            peer.close()


def check_idle(report, binary, upstream):
    with report.case("an idle connection is closed, a busy one is not"):
        with fixture.running(binary, upstream.port,
                             ["--idle-seconds", "4"]) as house:
            idle, idle_peer = connect(house), upstream.accept()
            busy, busy_peer = connect(house), upstream.accept()
            busy_peer.settimeout(0.5)
            for _ in range(12):
                busy.sendall(b".")
                cases.equal(busy_peer.recv(1), b".")
                try:
                    busy_peer.recv(1)
                    raise AssertionError("the busy one was closed")
                except TimeoutError:
                    pass
            cases.equal(idle.recv(1), b"")
            cases.equal(idle_peer.recv(1), b"")
            for end in (idle, idle_peer, busy, busy_peer):
                end.close()


def main():
    binary = sys.argv[1]
    upstream = Upstream()
    with cases.Report("relay") as report:
        with fixture.running(binary, upstream.port) as house:
            check_relay(report, house, upstream)
            check_withdrawal(report, house, upstream)
        check_no_broker(report, binary)
        check_places(report, binary, upstream)
        check_idle(report, binary, upstream)


if __name__ == "__main__":
    main()
