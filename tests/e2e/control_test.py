"""The control plane: commands, their errors, and how the gateway ends.

    control_test.py GATEWAY
"""

import os
import signal
import subprocess
import sys
import tempfile

import cases
import fixture
import gateway as gateway_module


def expect_error(gateway, line, name, status):
    try:
        answer = gateway.line(line)
    except gateway_module.CommandError as error:
        cases.equal((error.name, error.answer["status"]), (name, status))
        if not error.answer["message"]:
            raise AssertionError("no message") from error
        return error.answer
    raise AssertionError("it succeeded: %r" % answer)


def check_errors(report, house, folder):
    who = "--account %s --region %s" % (fixture.ACCOUNT, fixture.REGION)
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    large = os.path.join(folder, "large")
    with open(large, "w") as out:
        out.write("x" * 70000)
    zeros = "0" * 64
    invalid = ("InvalidRequestException", 400)
    for name, line, (error, status) in [
            ("an unknown command", "list-things " + who, invalid),
            ("an unknown option", "stats --color red", invalid),
            ("an option of another command",
             "get-registration-code --host-name a " + who, invalid),
            ("no account", "get-registration-code --region us-east-1",
             invalid),
            ("an account of odd characters",
             "get-registration-code --account a/b --region us-east-1",
             invalid),
            ("no CA certificate", "register-ca-certificate " + who, invalid),
            ("a path without file://",
             "register-ca-certificate --ca-certificate /etc/passwd " + who,
             invalid),
            ("a file that is not there",
             "register-ca-certificate --ca-certificate file:///no/such " + who,
             invalid),
            ("a FIFO as file",
             "register-ca-certificate --ca-certificate file://%s %s" % (
                 pipe, who), invalid),
            ("a folder as file",
             "register-ca-certificate --ca-certificate file:///tmp " + who,
             invalid),
            ("a file that is too large",
             "register-ca-certificate --ca-certificate file://%s %s" % (
                 large, who), invalid),
            ("a CA that nobody registered",
             "describe-ca-certificate --certificate-id %s %s" % (zeros, who),
             ("ResourceNotFoundException", 404)),
            ("a certificate id that is none",
             "describe-ca-certificate --certificate-id xyz " + who, invalid),
            ("an ACTIVE CA cannot be deleted",
             "delete-ca-certificate --certificate-id %s %s" % (
                 house.ca_id, who), ("CertificateStateException", 406)),
            ("an unknown status",
             "update-ca-certificate --certificate-id %s --new-status ON %s" % (
                 house.ca_id, who), invalid),
            ("an endpoint of another account",
             "put-endpoint --host-name %s --account 2 --region %s" % (
                 fixture.NAME, fixture.REGION),
             ("ResourceAlreadyExistsException", 409)),
            ("an endpoint that is an address",
             "put-endpoint --host-name 127.0.0.1 " + who, invalid),
            ("an endpoint's unknown service",
             "put-endpoint --host-name a.b --service MAIL " + who, invalid),
            ("an endpoint that is not there",
             "delete-endpoint --host-name no.such " + who,
             ("ResourceNotFoundException", 404)),
            ("another account's CA reads as not found",
             "describe-ca-certificate --certificate-id %s --account 2 "
             "--region %s" % (house.ca_id, fixture.REGION),
             ("ResourceNotFoundException", 404)),
    ]:
        with report.case(name):
            expect_error(house.gateway, line, error, status)


def check_commands(report, house):
    tenant = house.tenant
    with report.case("a registration of the same account names the resource"):
        answer = expect_error(
            house.gateway,
            "register-ca-certificate --ca-certificate file://%s "
            "--certificate-mode SNI_ONLY --account %s --region %s" % (
                house.ca.certificate, fixture.ACCOUNT, fixture.REGION),
            "ResourceAlreadyExistsException", 409)
        cases.equal(answer["resourceId"], house.ca_id)
        cases.equal(answer["resourceArn"], "arn:aws:iot:%s:%s:cacert/%s" % (
            fixture.REGION, fixture.ACCOUNT, house.ca_id))
    with report.case("describe-ca-certificate"):
        described = tenant.command(
            "describe-ca-certificate",
            certificate_id=house.ca_id)["certificateDescription"]
        cases.equal(described["certificateId"], house.ca_id)
        cases.equal(described["status"], "ACTIVE")
        cases.equal(described["certificateMode"], "DEFAULT")
        cases.equal(described["ownedBy"], fixture.ACCOUNT)
        cases.equal(described["autoRegistrationStatus"], "DISABLE")
        cases.equal(described["customerVersion"], 1)
        with open(house.ca.certificate) as pem:
            cases.equal(described["certificatePem"].strip(),
                        pem.read().strip())
    with report.case("update-ca-certificate changes what describe says"):
        tenant.command("update-ca-certificate", certificate_id=house.ca_id,
                       new_auto_registration_status="ENABLE")
        described = tenant.command(
            "describe-ca-certificate",
            certificate_id=house.ca_id)["certificateDescription"]
        cases.equal(described["autoRegistrationStatus"], "ENABLE")
        cases.equal(described["customerVersion"], 2)
    with report.case("--remove-auto-registration switches it off"):
        for switch, wanted in [("no_remove_auto_registration", "ENABLE"),
                               ("remove_auto_registration", "DISABLE")]:
            tenant.command("update-ca-certificate",
                           certificate_id=house.ca_id, **{switch: True})
            described = tenant.command(
                "describe-ca-certificate",
                certificate_id=house.ca_id)["certificateDescription"]
            cases.equal(described["autoRegistrationStatus"], wanted)
    with report.case("--remove-auto-registration excludes ENABLE"):
        expect_error(
            house.gateway,
            "update-ca-certificate --remove-auto-registration "
            "--new-auto-registration-status ENABLE --certificate-id %s "
            "--account %s --region %s" % (
                house.ca_id, fixture.ACCOUNT, fixture.REGION),
            "InvalidRequestException", 400)
    with report.case("a registration code stays until it is deleted"):
        first = tenant.command("get-registration-code")["registrationCode"]
        cases.equal(tenant.command("get-registration-code")["registrationCode"],
                    first)
        tenant.command("delete-registration-code")
        second = tenant.command("get-registration-code")["registrationCode"]
        if first == second or len(second) != 64:
            raise AssertionError("the codes are %r and %r" % (first, second))
    with report.case("delete-endpoint gives the name up"):
        tenant.command("put-endpoint", host_name="gone.example")
        tenant.command("delete-endpoint", host_name="gone.example")
        gateway_module.Tenant(house.gateway, "2", fixture.REGION).put_endpoint(
            "gone.example")
    with report.case("stats counts what there is"):
        stats = house.gateway.stats()
        cases.equal((stats["registrations"], stats["caRecords"]), (1, 1))


def check_lines(report, house):
    gateway = house.gateway
    with report.case("a line without an id is answered with null"):
        gateway.send("stats")
        cases.equal(gateway.answer()["id"], None)
    # Of a line that cannot be taken apart, not even the id is known.
    for name, line in [("a missing quotation mark", 'stats --id "7'),
                       ("a word that is no option", "stats now --id 7"),
                       ("an option without its value", "stats --id"),
                       ("an option twice", "stats --id 7 --id 8")]:
        with report.case(name):
            gateway.send(line)
            answer = gateway.answer()
            cases.equal((answer["id"], answer["status"]), (None, 400))
    with report.case("an id is echoed as it is, and escaped"):
        gateway.send('stats --id "a\\"b\x01ü"')
        # Bytes outside of ASCII come back as Latin-1 code points.
        wanted = 'a"b\x01' + "ü".encode().decode("latin-1")
        cases.equal(gateway.answer()["id"], wanted)
    with report.case("a line of 100,000 characters is refused and skipped"):
        gateway.send("stats " + "x" * 100000)
        cases.equal(gateway.answer()["status"], 400)
        cases.equal(gateway.stats()["status"], 200)
    with report.case("an empty line says nothing"):
        gateway.send("  ")
        cases.equal(gateway.stats()["status"], 200)
    with report.case("a hundred commands at once are all answered, in order"):
        gateway.send("\n".join("stats --id n%d" % i for i in range(100)))
        cases.equal([gateway.answer()["id"] for _ in range(100)],
                    ["n%d" % i for i in range(100)])


def check_ends(report, binary):
    with report.case("the end of standard input ends it"):
        with fixture.running(binary) as house:
            house.gateway.close_input()
            cases.equal(house.gateway.child.wait(10), 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        with report.case(number.name + " ends it"):
            with fixture.running(binary) as house:
                house.gateway.child.send_signal(number)
                cases.equal(house.gateway.child.wait(10), 0)
    with report.case("a reader that goes away ends it"):
        with fixture.running(binary) as house:
            house.gateway.child.stdout.close()
            cases.equal(house.gateway.child.wait(10), 0)


def check_help(report, binary):
    with report.case("--help prints the usage"):
        result = subprocess.run([binary, "--help"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=True)
        cases.equal(result.stdout.split()[:2], [b"usage:", b"gateway"])
        cases.equal(result.stderr, b"")
    with report.case("a wrong flag prints the error and the usage"):
        result = subprocess.run([binary, "--color", "red"], check=False,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        cases.equal((result.returncode, result.stdout), (2, b""))
        cases.equal(result.stderr.splitlines()[0],
                    b"gateway: --color is not a flag")


def main():
    binary = sys.argv[1]
    with cases.Report("control") as report:
        with fixture.running(binary) as house, \
                tempfile.TemporaryDirectory() as folder:
            check_errors(report, house, folder)
            check_commands(report, house)
            check_lines(report, house)
        check_ends(report, binary)
        check_help(report, binary)


if __name__ == "__main__":
    main()
