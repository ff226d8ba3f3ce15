"""The gateway as its parent sees it: commands in, JSON lines out."""

import json
import re
import subprocess

import processes


class CommandError(Exception):
    """A command was answered with an error of AWS's names."""

    def __init__(self, answer):
        super().__init__("%s: %s" % (answer["error"], answer["message"]))
        self.answer = answer
        self.name = answer["error"]


class Gateway:
    """One running gateway process."""

    def __init__(self, binary, pki, regions, upstream=None, options=()):
        argv = [binary, "--certificate", pki.server.certificate, "--key",
                pki.server.key]
        for region in regions:
            argv += ["--listen", region + "=127.0.0.1:0"]
        if upstream:
            argv += ["--upstream", "127.0.0.1:%d" % upstream]
        self.child = processes.start(
            argv + list(options), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self._lines = processes.Lines(self.child.stdout)
        self._connections = []
        self._next_id = 1
        first = json.loads(self._lines.next(20))
        self.ports = {door["region"]: door["port"]
                      for door in first["listening"]}

    def command(self, name, **options):
        """Executes a command; the options are spelled with underscores, and
        True stands for a switch. Returns the answer or raises CommandError."""
        words = [name]
        for key, value in options.items():
            words.append("--" + key.replace("_", "-"))
            if value is not True:
                words.append(_quote(value))
        return self.line(" ".join(words))

    def line(self, text):
        """Sends one command line as it is, with an id added."""
        wanted = str(self._next_id)
        self._next_id += 1
        self.send("%s --id %s" % (text, wanted))
        while True:
            answer = self._read(20)
            if answer.get("id") == wanted:
                break
        if answer["status"] != 200:
            raise CommandError(answer)
        return answer

    def send(self, text):
        """Writes one line to the gateway and waits for nothing."""
        try:
            self.child.stdin.write(text.encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError as error:
            raise processes.Gone("the gateway has ended") from error

    def answer(self, timeout=20):
        """The next line that is not about a connection."""
        while True:
            line = self._read(timeout)
            if "connection" not in line:
                return line

    def connection(self, timeout=20):
        """The line of the next connection that has a verdict."""
        while not self._connections:
            self._read(timeout)
        return self._connections.pop(0)

    def forget_connections(self):
        """Forgets the lines read so far of connections nobody asked about."""
        self.command("stats")
        self._connections.clear()

    def stats(self):
        return self.command("stats")

    def _read(self, timeout):
        line = json.loads(self._lines.next(timeout))
        if "connection" in line:
            self._connections.append(line)
        return line

    def close_input(self):
        self.child.stdin.close()

    def memory_kib(self):
        """What the process holds in memory now."""
        with open("/proc/%d/status" % self.child.pid) as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def stop(self):
        processes.stop(self.child)


def _quote(value):
    return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')


class Tenant:
    """One account of one region, and its commands."""

    def __init__(self, gateway, account, region):
        self._gateway = gateway
        self.account = account
        self.region = region

    def command(self, name, **options):
        return self._gateway.command(name, account=self.account,
                                     region=self.region, **options)

    def register_default(self, pki, ca):
        """Registers `ca` the way AWS describes: a code, a verification
        certificate that carries it, and the command. Returns the answer."""
        code = self.command("get-registration-code")["registrationCode"]
        proof = pki.verification_certificate(ca, code)
        return self.command(
            "register-ca-certificate",
            ca_certificate="file://" + ca.certificate,
            verification_certificate="file://" + proof, set_as_active=True)

    def register_sni_only(self, ca):
        return self.command(
            "register-ca-certificate",
            ca_certificate="file://" + ca.certificate,
            certificate_mode="SNI_ONLY", set_as_active=True)

    def put_endpoint(self, host_name):
        return self.command("put-endpoint", host_name=host_name)

    def set_status(self, certificate_id, status):
        return self.command("update-ca-certificate",
                            certificate_id=certificate_id, new_status=status)

    def delete(self, certificate_id):
        return self.command("delete-ca-certificate",
                            certificate_id=certificate_id)
