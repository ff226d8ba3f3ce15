"""The second half of the story: a registry that lasts. The command line changes
it while the gateway runs; devices register themselves when they first connect,
are activated, and are revoked while they are connected.

tell() yields story.Line, as story.tell() does.
"""

import json
import os
import subprocess
import time

import command_line as command_line_module
import devices
import gateway as gateway_module
import processes
import story

FIRST_DEVICE_NAME = "first.iot.example"
SECOND_DEVICE_NAME = "second.iot.example"

# What a device of the template gets: opaque to the gate, told to its observer.
_TEMPLATE = {
    "Parameters": {"AWS::IoT::Certificate::CommonName": {"Type": "String"},
                   "AWS::IoT::Certificate::Id": {"Type": "String"}},
    "Resources": {
        "thing": {
            "Type": "AWS::IoT::Thing",
            "Properties": {
                "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
        "certificate": {
            "Type": "AWS::IoT::Certificate",
            "Properties": {
                "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
                "Status": "ACTIVE"}},
    },
}


class Stage:
    """A gateway over a store of its own, and the command lines of two
    accounts."""

    def __init__(self, folder, pki, broker, gateway_binary, command_line):
        store = os.path.join(folder, "registry.db")
        self.first, self._second = (
            command_line_module.Account(command_line, store, account,
                                        story.HERE)
            for account in (story.FIRST, story.SECOND))
        # A gateway takes a store that is there.
        self.first.run("get-registration-code")
        self._gateway = gateway_module.Gateway(
            gateway_binary, pki, [story.HERE], broker.port,
            ["--store", store, "--policy", "registered-device"])
        self.lab = story.Lab(folder, pki, broker, self._gateway)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._gateway.stop()

    def tell(self, lab):
        return tell(lab, self.first, self._second)


def tell(lab, first, second):
    """`lab` has a gateway over a store; `first` and `second` are the accounts'
    command lines."""
    ca = lab.pki.ca("Fleet CA")
    ids = {}
    yield from _registrations(lab, first, second, ca, ids)
    yield from _first_connection(lab, first, ca, ids)
    yield from _other_account(lab, second, ca, ids)
    yield from _template(lab, second, ca, ids)
    yield from _revocation(lab, first, ids)


def _registrations(lab, first, second, ca, ids):
    def register(account):
        answer = account.run(
            "register-ca-certificate",
            ca_certificate="file://" + ca.certificate,
            certificate_mode="SNI_ONLY", set_as_active=True,
            allow_auto_registration=True)
        ids["ca"] = answer["certificateId"]
        described = account.run("describe-ca-certificate",
                                certificate_id=ids["ca"])
        description = described["certificateDescription"]
        wanted = {"certificateMode": "SNI_ONLY", "status": "ACTIVE",
                  "autoRegistrationStatus": "ENABLE",
                  "ownedBy": account.account, "customerVersion": 1}
        for key, value in wanted.items():
            if description[key] != value:
                raise RuntimeError("%s is %r" % (key, description[key]))

    def domain(account, name):
        account.run("create-domain-configuration",
                    domain_configuration_name="devices", domain_name=name)

    for account, name in [(first, FIRST_DEVICE_NAME),
                          (second, SECOND_DEVICE_NAME)]:
        yield lab.succeeds("chainkeep: %s registers CA" % account.account,
                           lambda a=account: register(a))
        yield lab.succeeds("chainkeep: it gets %s" % name,
                           lambda a=account, n=name: domain(a, n))


def _first_connection(lab, first, ca, ids):
    device = ids["device"] = lab.pki.device("self-registered", ca)
    subscriber = Subscriber(
        lab.broker.port, "$aws/events/certificates/registered/" + ids["ca"])
    try:
        yield lab.is_refused("the first connection: it registers", device,
                             "kDevicePendingActivation", 49,
                             server_name=FIRST_DEVICE_NAME)
        yield _event(lab, subscriber, ids)
    finally:
        subscriber.stop()
    yield lab.is_refused("it waits for its activation", device,
                         "kDevicePendingActivation", 49,
                         server_name=FIRST_DEVICE_NAME)
    yield lab.succeeds("chainkeep: it is activated",
                       lambda: first.run("update-certificate",
                                         certificate_id=ids["certificate"],
                                         new_status="ACTIVE"))
    yield lab.connects("the next connection", device, story.FIRST, "SNI_ONLY",
                       server_name=FIRST_DEVICE_NAME)
    yield lab.is_refused("without the server name", device,
                         "kServerNameRequired", 48)


def _event(lab, subscriber, ids):
    """The event of a registration, as the broker's subscriber got it."""
    what, expected = "the broker's subscriber", "PENDING_ACTIVATION, 6 keys"
    message = subscriber.message()
    try:
        event = json.loads(message)
        ids["certificate"] = event["certificateId"]
        wanted = {"certificateId", "caCertificateId", "timestamp",
                  "certificateStatus", "awsAccountId",
                  "certificateRegistrationTimestamp"}
        got = "%s, %d keys" % (event["certificateStatus"], len(event))
        problem = ""
        if (set(event) != wanted or got != expected or
                event["caCertificateId"] != ids["ca"] or
                event["awsAccountId"] != story.FIRST):
            problem = message
    except (ValueError, KeyError) as error:
        got, problem = "no event", "%r: %s" % (message, error)
    return story.Line(what, expected, got, problem=problem)


def _other_account(lab, second, ca, ids):
    yield lab.is_refused("the device goes to the other account",
                         ids["device"], "kDevicePendingActivation", 49,
                         server_name=SECOND_DEVICE_NAME)
    yield lab.connects("and is not disturbed in its own", ids["device"],
                       story.FIRST, "SNI_ONLY", server_name=FIRST_DEVICE_NAME)

    def manual():
        device = ids["manual"] = lab.pki.device("registered by hand", ca)
        second.run("register-certificate",
                   certificate_pem="file://" + device.certificate,
                   status="ACTIVE")

    yield lab.succeeds("chainkeep: a device is registered", manual)
    yield lab.connects("it connects at once", ids["manual"], story.SECOND,
                       "SNI_ONLY", server_name=SECOND_DEVICE_NAME)


def _template(lab, second, ca, ids):
    def prepare():
        path = os.path.join(lab.folder, "template.json")
        with open(path, "w") as out:
            json.dump(_TEMPLATE, out)
        second.run("create-provisioning-template", template_name="fleet",
                   type="JITP", enabled=True,
                   provisioning_role_arn="arn:aws:iam::444455556666:role/p",
                   template_body="file://" + path)
        second.run("update-ca-certificate", certificate_id=ids["ca"],
                   registration_config="templateName=fleet")

    yield lab.succeeds("chainkeep: the CA gets a template", prepare)
    device = lab.pki.device("provisioned", ca)
    yield lab.is_refused("a first connection: it is provisioned", device,
                         "kDeviceProvisioned", 49,
                         server_name=SECOND_DEVICE_NAME)
    yield lab.connects("the next one", device, story.SECOND, "SNI_ONLY",
                       server_name=SECOND_DEVICE_NAME)


def _revocation(lab, first, ids):
    what, expected = "revoked while it is connected", "is closed, alert 44"
    client = devices.Client(lab.pki, lab.gateway.ports[story.HERE],
                            ids["device"], FIRST_DEVICE_NAME)
    ended = "is closed"
    took = 0.0
    try:
        seen = client.connect()
        line = lab.line()
        begin = time.monotonic()
        first.run("update-certificate", certificate_id=ids["certificate"],
                  new_status="REVOKED")
        client.wait_for_end()
        took = time.monotonic() - begin
    except TimeoutError as error:
        seen.log += str(error)
        ended = "is not closed"
    finally:
        processes.stop(client.child)
    problem = ""
    if not seen.connack:
        problem = "it was never open: " + seen.log
    elif seen.alert != 44 or ended != "is closed":
        problem = "the client saw alert %d: %s" % (seen.alert, seen.log)
    elif took > 1.0:
        problem = "it took %.1f s" % took
    yield story.Line(what, expected, ended, seen.tls.removeprefix("TLSv"),
                     FIRST_DEVICE_NAME, seen.alert, line["validate_us"],
                     problem)
    yield lab.is_refused("the next handshake", ids["device"], "kDeviceRevoked",
                         44, server_name=FIRST_DEVICE_NAME)


class Subscriber:
    """A `mosquitto_sub` that has subscribed when this has been made."""

    def __init__(self, port, topic):
        self._child = processes.start(
            ["stdbuf", "-oL", processes.find("mosquitto_sub"), "-d", "-h",
             "127.0.0.1", "-p", str(port), "-t", topic, "-q", "1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self._lines = processes.Lines(self._child.stdout)
        while "SUBACK" not in self._lines.next(20):
            pass

    def message(self):
        """The next message, or what went wrong."""
        try:
            while True:
                line = self._lines.next(10)
                if line.startswith("{"):
                    return line
        except (TimeoutError, processes.Gone) as error:
            return str(error)

    def stop(self):
        processes.stop(self._child)
