"""Real TLS clients: `openssl s_client` speaking MQTT, and `mosquitto_pub`."""

import dataclasses
import os
import re
import select
import subprocess
import time

import processes

# MQTT 3.1.1, clean session, no name: CONNECT, and what a broker that likes us
# answers.
_CONNECT = bytes.fromhex("100c00044d515454040200" "3c0000")
_CONNACK = bytes.fromhex("20020000")
_DISCONNECT = bytes.fromhex("e000")

_TIMEOUT = 20.0


@dataclasses.dataclass
class Seen:
    """What a client has seen of a connection."""
    tls: str = "?"
    connack: bool = False
    alert: int = 0  # 0: none
    log: str = ""


class Client:
    """One `openssl s_client` process."""

    def __init__(self, pki, port, device=None, server_name=None, options=()):
        argv = [processes.find("openssl"), "s_client", "-connect",
                "127.0.0.1:%d" % port, "-brief", "-ign_eof", "-CAfile",
                pki.server_ca.certificate, "-verify_return_error",
                "-verify_hostname", "localhost"]
        argv += (["-servername", server_name]
                 if server_name is not None else ["-noservername"])
        if device:
            argv += ["-cert", device.certificate, "-key", device.key]
            if device.chain:
                argv += ["-cert_chain", device.chain]
        self._seen = Seen()
        self._received = b""
        self.child = processes.start(
            argv + list(options), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.child.stdout.fileno(), False)
        os.set_blocking(self.child.stderr.fileno(), False)

    def say(self, packet):
        try:
            self.child.stdin.write(packet)
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # It was refused already; its log says so.

    def connect(self):
        """Sends CONNECT and waits for CONNACK, or for the end."""
        self.say(_CONNECT)
        self._pump(lambda: self._received.startswith(_CONNACK))
        self._seen.connack = self._received.startswith(_CONNACK)
        return self._seen

    def wait_for_end(self):
        """Waits until the gateway has ended the connection."""
        if not self._pump(lambda: False):
            raise TimeoutError("the connection was not closed")
        return self._seen

    def run(self):
        """A whole connection: CONNECT, CONNACK, DISCONNECT, the end."""
        try:
            if self.connect().connack:
                self.say(_DISCONNECT)
            return self.wait_for_end()
        finally:
            processes.stop(self.child)

    def received(self):
        return self._received

    def _pump(self, done):
        """Reads until done() or the end. True if that was the end."""
        deadline = time.monotonic() + _TIMEOUT
        streams = [self.child.stdout, self.child.stderr]
        while streams and not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for stream in select.select(streams, [], [], left)[0]:
                piece = os.read(stream.fileno(), 65536)
                if not piece:
                    streams.remove(stream)
                elif stream is self.child.stdout:
                    self._received += piece
                else:
                    self._seen.log += piece.decode(errors="replace")
        self._read_log()
        return not streams

    def _read_log(self):
        alert = re.search(r"SSL alert number (\d+)", self._seen.log)
        self._seen.alert = int(alert.group(1)) if alert else 0
        version = re.search(r"Protocol version: (\S+)", self._seen.log)
        if version:
            self._seen.tls = version.group(1)


def publish(pki, port, device, topic, message):
    """Publishes by `mosquitto_pub` through the gateway. Returns its errors."""
    child = processes.start(
        [processes.find("mosquitto_pub"), "-h", "localhost", "-p", str(port),
         "--cafile", pki.server_ca.certificate, "--cert", device.certificate,
         "--key", device.key, "-t", topic, "-m", message, "-q", "1", "-r"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    output = _output_of(child)
    return "" if child.returncode == 0 else output or "it has failed"


def receive(broker_port, topic):
    """The next message of `topic`, by `mosquitto_sub` at the broker itself."""
    child = processes.start(
        [processes.find("mosquitto_sub"), "-h", "127.0.0.1", "-p",
         str(broker_port), "-t", topic, "-C", "1", "-W", "10"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    return _output_of(child)


def _output_of(child):
    """Waits for the end of `child`, but not for ever."""
    try:
        output, _ = child.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        processes.stop(child)
        return "it did not end"
    return output.decode(errors="replace").strip()
