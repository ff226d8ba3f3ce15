"""A gateway with one registered CA and one honest device."""

import contextlib
import os
import tempfile

import cases
import devices
import gateway as gateway_module
import pki as pki_module
import processes

ACCOUNT = "111122223333"
REGION = "us-east-1"
NAME = "first.iot.example"


class Fixture:
    """`upstream` is a port of 127.0.0.1 or None; `options` are the gateway's."""

    def __init__(self, folder, binary, upstream, options):
        self.pki = pki_module.Pki(folder, ["localhost", NAME])
        self.ca = self.pki.ca("Device CA")
        self.device = self.pki.device("honest", self.ca)
        self.gateway = gateway_module.Gateway(binary, self.pki, [REGION],
                                              upstream, options)
        self.tenant = gateway_module.Tenant(self.gateway, ACCOUNT, REGION)
        self.ca_id = self.tenant.register_default(
            self.pki, self.ca)["certificateId"]
        self.tenant.put_endpoint(NAME)

    @property
    def port(self):
        return self.gateway.ports[REGION]

    def honest_device_connects(self):
        """The gateway serves the next honest device, and says so."""
        self.honest_device_is_told()
        line = self.gateway.connection()
        cases.equal(line["verdict"], "kAccepted")
        cases.equal(line["account"], ACCOUNT)

    def honest_device_is_told(self):
        client = devices.Client(self.pki, self.port, self.device)
        try:
            seen = client.wait_for_end()
        finally:
            processes.stop(client.child)
        if b'"verdict":"kAccepted"' not in client.received():
            raise AssertionError("the client was not told: " + seen.log)


@contextlib.contextmanager
def running(binary, upstream=None, options=()):
    with tempfile.TemporaryDirectory(
            prefix="chainkeep-e2e-", dir=os.environ.get("TEST_TMPDIR")) as tmp:
        fixture = Fixture(tmp, binary, upstream, options)
        try:
            yield fixture
        finally:
            fixture.gateway.stop()
