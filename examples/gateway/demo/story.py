"""The story that the demo tells and that tests/e2e checks: who gets in, and
what those who do not are told.

tell() yields one Line for each thing that happens, in order. Every line is a
real command to the gateway or a real client's connection, and says both what
was expected and what came.
"""

import dataclasses
import json

import devices
import gateway as gateway_module
import processes

FIRST = "111122223333"
SECOND = "444455556666"
THIRD = "777788889999"

HERE = "us-east-1"
THERE = "eu-west-1"
REGIONS = (HERE, THERE)

FIRST_NAME = "first.iot.example"
SECOND_NAME = "second.iot.example"
SERVER_NAMES = ("localhost", FIRST_NAME, SECOND_NAME)

# RFC 8446 §6, RFC 6066 §3, RFC 5246 §7.2.
ALERTS = {
    0: "-",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    45: "certificate_expired",
    48: "unknown_ca",
    49: "access_denied",
    112: "unrecognized_name",
    116: "certificate_required",
}


# What stands for a line that the gateway did not write.
_NO_LINE = {"verdict": "no verdict", "account": None, "mode": None, "tls": "-",
            "alert": 0, "validate_us": 0.0}


@dataclasses.dataclass
class Line:
    what: str
    expected: str
    verdict: str
    tls: str = "-"
    server_name: str = "-"
    alert: int = 0
    validate_us: float = 0.0
    problem: str = ""  # empty: as expected

    @property
    def alert_name(self):
        name = ALERTS.get(self.alert, "?")
        return name if self.alert == 0 else "%d %s" % (self.alert, name)


class Lab:
    """Everything the story needs: certificates, a broker, a gateway."""

    def __init__(self, folder, pki, broker, gateway):
        self.folder = folder
        self.pki = pki
        self.broker = broker
        self.gateway = gateway
        self.first = self.tenant(FIRST, HERE)
        self.second = self.tenant(SECOND, HERE)

    def tenant(self, account, region):
        return gateway_module.Tenant(self.gateway, account, region)

    def connects(self, what, device, accepted_as, mode="DEFAULT",
                 region=HERE, server_name=None, options=()):
        """A device that must get in, and as whose."""
        expected = "kAccepted %s %s" % (accepted_as, mode)
        seen, line = self._handshake(region, device, server_name, options)
        verdict = _verdict(line)
        problem = ""
        if verdict != expected:
            problem = _disagreement(line, seen)
        elif not seen.connack:
            problem = "the broker did not answer: " + seen.log
        return Line(what, expected, verdict, _version(seen.tls),
                    _name(server_name), seen.alert, line["validate_us"],
                    problem)

    def is_refused(self, what, device, reason, alert, region=HERE,
                   server_name=None, options=()):
        """A device that must not get in, and what it must be told."""
        expected = "%s, alert %d" % (reason, alert)
        seen, line = self._handshake(region, device, server_name, options)
        verdict = _verdict(line)
        problem = ""
        if line["verdict"] != reason or line["alert"] != alert:
            problem = _disagreement(line, seen)
        elif seen.connack:
            problem = "the broker answered"
        elif seen.alert != alert:
            problem = "the client saw alert %d: %s" % (seen.alert, seen.log)
        return Line(what, expected, verdict, _version(seen.tls),
                    _name(server_name), seen.alert, line["validate_us"],
                    problem)

    def succeeds(self, what, command):
        """A command that must succeed."""
        try:
            command()
        except gateway_module.CommandError as error:
            return Line(what, "200", error.name, problem=str(error))
        return Line(what, "200", "200")

    def fails(self, what, name, status, command):
        """A command that must be refused, and how."""
        expected = "%s %d" % (name, status)
        try:
            command()
        except gateway_module.CommandError as error:
            got = "%s %d" % (error.name, error.answer["status"])
            return Line(what, expected, got,
                        problem="" if got == expected else str(error))
        return Line(what, expected, "200", problem="the command succeeded")

    def _handshake(self, region, device, server_name, options):
        client = devices.Client(self.pki, self.gateway.ports[region], device,
                                server_name, options)
        try:
            seen = client.run()
        except TimeoutError as error:
            seen = devices.Seen(log=str(error))
        return seen, self.line()

    def line(self):
        """What the gateway says of the connection that has just been made."""
        try:
            return self.gateway.connection(10)
        except TimeoutError:
            return dict(_NO_LINE)


def _verdict(line):
    words = [line["verdict"]]
    if line["verdict"] == "kAccepted":
        words += [line["account"], line["mode"]]
    return " ".join(words)


def _disagreement(line, seen):
    if line == _NO_LINE:
        return "the gateway saw no such connection; the client: " + (
            seen.log.strip() or "-")
    return "the gateway says: " + json.dumps(line)


def _version(tls):
    return "-" if tls == "?" else tls.removeprefix("TLSv")


def _name(server_name):
    return "-" if server_name is None else server_name


def tell(lab):
    """The whole story."""
    ca = lab.pki.ca("Device CA")
    device = lab.pki.device("device-1", ca)
    ids = {}
    yield from _registrations(lab, ca, device, ids)
    yield from _server_names(lab, device)
    yield from _strangers(lab, ca)
    yield from _hierarchies(lab)
    yield from _algorithms(lab, ca)
    yield _broker(lab, device)
    yield from _withdrawals(lab, device, ids)


def _registrations(lab, ca, device, ids):
    def register_first():
        answer = lab.first.register_default(lab.pki, ca)
        ids["ca"] = answer["certificateId"]

    yield lab.is_refused("before any registration", device,
                         "kNoRegisteredCa", 48)
    yield lab.succeeds("%s registers CA, DEFAULT" % FIRST, register_first)
    yield lab.succeeds("%s registers it, SNI_ONLY" % SECOND,
                       lambda: lab.second.register_sni_only(ca))
    third = lab.tenant(THIRD, HERE)
    yield lab.fails("a second DEFAULT in the region",
                    "ResourceAlreadyExistsException", 409,
                    lambda: third.register_default(lab.pki, ca))
    other = lab.pki.ca("Unproven CA")
    yield lab.fails("DEFAULT without a proof of the key",
                    "InvalidRequestException", 400,
                    lambda: third.command(
                        "register-ca-certificate",
                        ca_certificate="file://" + other.certificate))
    yield lab.succeeds("%s in %s, DEFAULT" % (THIRD, THERE),
                       lambda: lab.tenant(THIRD, THERE).register_default(
                           lab.pki, ca))
    for tenant, name in [(lab.first, FIRST_NAME), (lab.second, SECOND_NAME),
                         (lab.first, "localhost")]:
        yield lab.succeeds("%s gets %s" % (tenant.account, name),
                           lambda t=tenant, n=name: t.put_endpoint(n))


def _server_names(lab, device):
    yield lab.connects("the device, no server name", device, FIRST)
    yield lab.connects("the same, by TLS 1.2", device, FIRST,
                       options=["-tls1_2"])
    yield lab.connects("the same, name of %s" % FIRST, device, FIRST,
                       server_name=FIRST_NAME)
    yield lab.connects("the same, name of %s" % SECOND, device, SECOND,
                       "SNI_ONLY", server_name=SECOND_NAME)
    yield lab.connects("the same, by TLS 1.2", device, SECOND, "SNI_ONLY",
                       server_name=SECOND_NAME, options=["-tls1_2"])
    yield lab.connects("the name in capitals", device, SECOND, "SNI_ONLY",
                       server_name=SECOND_NAME.upper())
    yield lab.connects("the same device in %s" % THERE, device, THIRD,
                       region=THERE)
    yield lab.is_refused("a server name of the other region", device,
                         "kServerNameUnknown", 112, region=THERE,
                         server_name=FIRST_NAME)
    yield lab.is_refused("an unknown server name", device,
                         "kServerNameUnknown", 112,
                         server_name="nobody.iot.example")
    yield lab.is_refused("a malformed server name", device,
                         "kServerNameMalformed", 112,
                         server_name="first..example")
    yield lab.is_refused("an address as server name, TLS 1.2", device,
                         "kServerNameMalformed", 112,
                         server_name="127.0.0.1", options=["-tls1_2"])


def _strangers(lab, ca):
    pki = lab.pki
    yield lab.is_refused("no certificate at all", None, "kNoVerdict", 116)
    yield lab.is_refused("no certificate at all, TLS 1.2", None, "kNoVerdict",
                         40, options=["-tls1_2"])
    stranger = pki.device("stranger", pki.ca("Unregistered CA"))
    yield lab.is_refused("a device of an unregistered CA", stranger,
                         "kNoRegisteredCa", 48)
    yield lab.is_refused("the same, with a server name", stranger,
                         "kNoRegisteredCa", 48, server_name=SECOND_NAME,
                         options=["-tls1_2"])
    impostor = pki.device("impostor", pki.ca("Device CA"))
    yield lab.is_refused("a CA of that name and another key", impostor,
                         "kBadSignature", 48)
    yield lab.is_refused("an expired device",
                         pki.expired_device("old", ca), "kExpired", 45)


def _hierarchies(lab):
    pki = lab.pki
    root = pki.ca("Unregistered Root")
    factory = pki.intermediate("Factory CA", root)
    yield lab.succeeds("an intermediate is registered",
                       lambda: lab.second.register_default(pki, factory))
    yield lab.connects("a device under it", pki.device("made", factory),
                       SECOND)
    root = pki.ca("Registered Root")
    yield lab.succeeds("a root is registered",
                       lambda: lab.first.register_default(pki, root))
    line = pki.intermediate("Line CA", root)
    device = pki.device("assembled", line)
    yield lab.connects("a device with its intermediate",
                       pki.presenting(device, line), FIRST)
    yield lab.is_refused("the same device without it", device,
                         "kNoRegisteredCa", 48)


def _algorithms(lab, ca):
    pki = lab.pki
    yield lab.connects("an Ed25519 device",
                       pki.device("edwards", ca, key="Ed25519"), FIRST)
    yield lab.connects("a P-521 device",
                       pki.device("large", ca, key="P-521"), FIRST)
    yield lab.is_refused("a device signed with SHA-1",
                         pki.device("weak", ca, digest="sha1"),
                         "kAlgorithmNotAllowed", 48,
                         options=["-cipher", "DEFAULT@SECLEVEL=0"])


def _broker(lab, device):
    topic, message = "demo/greeting", "hello through the gate"
    problem = devices.publish(lab.pki, lab.gateway.ports[HERE], device, topic,
                              message)
    # mosquitto_pub tries each address of localhost, and one is listened at.
    line = lab.line()
    got = "" if problem else devices.receive(lab.broker.port, topic)
    if not problem and got != message:
        problem = "the subscriber got %r" % got
    expected = "kAccepted %s DEFAULT" % FIRST
    verdict = _verdict(line)
    if not problem and verdict != expected:
        problem = "the gateway says: " + json.dumps(line)
    # mosquitto_pub does not say which alert it saw.
    return Line("mosquitto_pub reaches a subscriber", expected, verdict,
                _version(line["tls"]), "localhost", 0, line["validate_us"],
                problem)


def _withdrawals(lab, device, ids):
    ca = ids["ca"]
    yield _open_connection_ends(lab, device, ca)
    yield lab.is_refused("the next handshake", device, "kCaInactive", 49)
    yield lab.connects("it is still ACTIVE for %s" % SECOND, device, SECOND,
                       "SNI_ONLY", server_name=SECOND_NAME)
    yield lab.succeeds("%s sets it ACTIVE again" % FIRST,
                       lambda: lab.first.set_status(ca, "ACTIVE"))
    yield lab.connects("the next handshake", device, FIRST)
    yield lab.fails("an ACTIVE CA cannot be deleted",
                    "CertificateStateException", 406,
                    lambda: lab.first.delete(ca))

    def delete():
        lab.first.set_status(ca, "INACTIVE")
        lab.first.delete(ca)

    yield lab.succeeds("%s deletes it, INACTIVE" % FIRST, delete)
    yield lab.is_refused("the next one, name of %s" % FIRST, device,
                         "kNoRegisteredCa", 48, server_name=FIRST_NAME)
    yield lab.is_refused("the next one, no server name", device,
                         "kServerNameRequired", 48)
    yield lab.connects("and %s is not disturbed" % SECOND, device, SECOND,
                       "SNI_ONLY", server_name=SECOND_NAME)


def _open_connection_ends(lab, device, ca):
    """Setting a CA INACTIVE closes what it has let in."""
    what = "CA set INACTIVE: an open connection"
    expected = "is closed, alert 49"
    ended = "is closed"
    client = devices.Client(lab.pki, lab.gateway.ports[HERE], device)
    try:
        seen = client.connect()
        connected = seen.connack
        line = lab.line()
        lab.first.set_status(ca, "INACTIVE")
        client.wait_for_end()
    except TimeoutError as error:
        seen.log += str(error)
        ended = "is not closed"
    finally:
        processes.stop(client.child)
    problem = ""
    if not connected:
        problem = "it was never open: " + seen.log
    elif seen.alert != 49 or ended != "is closed":
        problem = "the client saw alert %d: %s" % (seen.alert, seen.log)
    return Line(what, expected, ended, _version(seen.tls), "-", seen.alert,
                line["validate_us"], problem)
