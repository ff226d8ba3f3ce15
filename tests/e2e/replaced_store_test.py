"""A gateway whose store becomes another while it runs.

    replaced_store_test.py GATEWAY COMMAND_LINE
"""

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time

import cases
import command_line
import devices
import fixture
import gateway as gateway_module
import pki as pki_module
import processes

_PATIENCE = 20


def backup(source, target):
    with contextlib.closing(sqlite3.connect(source)) as of, \
            contextlib.closing(sqlite3.connect(target, timeout=20)) as to:
        of.backup(to)


def rename_over(source, target):
    shutil.copyfile(source, source + ".moving")
    os.rename(source + ".moving", target)


def swap(source, target):
    os.rename(target, target + ".aside")
    os.rename(source, target)
    os.rename(target + ".aside", source)


class House:
    """A registry with one CA, and copies of it in which the CA is INACTIVE."""

    def __init__(self, folder):
        self.folder = folder
        self.pki = pki_module.Pki(folder, ["localhost", fixture.NAME])
        self.ca = self.pki.ca("Device CA")
        self.device = self.pki.device("honest", self.ca)
        self.live = self._file("live.db")
        shell = self.shell(self.live)
        shell.run("create-domain-configuration",
                  domain_configuration_name="devices",
                  domain_name=fixture.NAME)
        answer = shell.run("register-ca-certificate",
                           ca_certificate="file://" + self.ca.certificate,
                           certificate_mode="SNI_ONLY")
        self.ca_id = answer["certificateId"]
        self.older = self._file("older.db")
        backup(self.live, self.older)
        self._set_status(self.live, "ACTIVE")
        # As many changes as the one that goes on.
        self.diverged = self._file("diverged.db")
        backup(self.older, self.diverged)
        self._set_status(self.diverged, "INACTIVE")
        shell = self.shell(self.diverged)
        shell.run("create-domain-configuration",
                  domain_configuration_name="other", domain_name="o.example")
        self.stranger = self._file("stranger.db")
        self.shell(self.stranger).run("get-registration-code")

    def _file(self, name):
        return os.path.join(self.folder, name)

    def _set_status(self, store, status):
        self.shell(store).run("update-ca-certificate",
                              certificate_id=self.ca_id, new_status=status)

    def shell(self, store):
        return command_line.Account(sys.argv[2], store, fixture.ACCOUNT,
                                    fixture.REGION)

    @contextlib.contextmanager
    def gateway(self, store):
        gateway = Gateway(sys.argv[1], self.pki, [fixture.REGION],
                          options=["--store", store])
        try:
            yield gateway
        finally:
            gateway.stop()

    def is_let_in(self, gateway):
        client = devices.Client(self.pki, gateway.ports[fixture.REGION],
                                self.device, fixture.NAME)
        try:
            client.wait_for_end()
        finally:
            processes.stop(client.child)
        return gateway.connection()["verdict"] == "kAccepted"


class Gateway(gateway_module.Gateway):
    """Keeps what it says of its store."""

    def __init__(self, *arguments, **keywords):
        self.of_store = []
        super().__init__(*arguments, **keywords)

    def _read(self, timeout):
        line = super()._read(timeout)
        if "store" in line:
            self.of_store.append(line["store"])
        return line

    def has_said(self, text):
        self.stats()
        return any(text in line for line in self.of_store)


def soon(is_so):
    give_up = time.monotonic() + _PATIENCE
    while not is_so():
        if time.monotonic() > give_up:
            raise AssertionError("it does not come to be")
        time.sleep(0.01)


def command(gateway, name="new.example"):
    return gateway.command("put-endpoint", account=fixture.ACCOUNT,
                           region=fixture.REGION, host_name=name)


def replaced(house, source, replace):
    """`source` takes the place of a store that a gateway follows."""
    store = os.path.join(house.folder, "registry.db")
    copy = os.path.join(house.folder, "copy.db")
    for path in (store, copy, store + "-wal", store + "-shm"):
        if os.path.exists(path):
            os.remove(path)
    shutil.copyfile(house.live, store)
    shutil.copyfile(source, copy)
    with house.gateway(store) as gateway:
        cases.equal(house.is_let_in(gateway), True)
        replace(copy, store)
        soon(lambda: not house.is_let_in(gateway))
        soon(lambda: gateway.has_said("replaced"))
        # What it acknowledges is in the file that has the name.
        command(gateway)
        with contextlib.closing(sqlite3.connect(store)) as file:
            rows = file.execute("SELECT count(*) FROM endpoint WHERE"
                                " host_name = 'new.example'").fetchone()
            cases.equal(rows, (1,))


def deleted(house):
    store = os.path.join(house.folder, "deleted.db")
    shutil.copyfile(house.live, store)
    with house.gateway(store) as gateway:
        command(gateway)
        os.remove(store)
        try:
            command(gateway, "lost.example")
        except gateway_module.CommandError as error:
            cases.equal(error.name, "ServiceUnavailableException")
        else:
            raise AssertionError("it acknowledged a change, and lost it")
        soon(lambda: gateway.has_said("not there"))
        # And goes on where one is put in its place. The log was of the other.
        for path in (store + "-wal", store + "-shm"):
            os.remove(path)
        shutil.copyfile(house.older, store)
        soon(lambda: not house.is_let_in(gateway))
        command(gateway, "found.example")


def refused(house):
    typo = os.path.join(house.folder, "typo.db")
    child = processes.start(
        [sys.argv[1], "--certificate", house.pki.server.certificate, "--key",
         house.pki.server.key, "--listen", fixture.REGION + "=127.0.0.1:0",
         "--store", typo])
    try:
        cases.equal(child.wait(_PATIENCE), 1)
    finally:
        processes.stop(child)
    cases.equal(os.path.exists(typo), False)


def main():
    with cases.Report("replaced_store") as report, \
            tempfile.TemporaryDirectory(
                prefix="chainkeep-e2e-",
                dir=os.environ.get("TEST_TMPDIR")) as folder:
        house = House(folder)
        for what, source in [("an older copy", house.older),
                             ("a copy of the same revision", house.diverged),
                             ("another store", house.stranger)]:
            for how, replace in [("SQLite's backup", backup),
                                 ("cp", shutil.copyfile),
                                 ("rename", rename_over),
                                 ("a swap", swap)]:
                with report.case("%s, by %s" % (what, how)):
                    replaced(house, source, replace)
        with report.case("a store that is deleted"):
            deleted(house)
        with report.case("a store that is not there"):
            refused(house)


if __name__ == "__main__":
    main()
