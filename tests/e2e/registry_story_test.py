"""The demo's second story, every line of it one case, and what only a registry
that lasts can do.

    registry_story_test.py GATEWAY COMMAND_LINE
"""

import os
import sqlite3
import sys
import tempfile
import time

import cases
import devices
import pki as pki_module
import processes
import registry_story
import story


def restarts(report, folder, pki, broker):
    """A gateway that starts again knows what the one before knew."""
    with registry_story.Stage(folder, pki, broker, *sys.argv[1:3]) as stage:
        with report.case("a gateway that starts again has the registrations"):
            cases.equal(stage.lab.gateway.stats()["registrations"], 2)


def locked_store(report, pki, broker):
    """While another process has the store, whoever is registered is served."""
    with tempfile.TemporaryDirectory(
            prefix="chainkeep-e2e-",
            dir=os.environ.get("TEST_TMPDIR")) as folder, \
            registry_story.Stage(folder, pki, broker, *sys.argv[1:3]) as stage:
        lab, first = stage.lab, stage.first
        ca = pki.ca("Locked CA")
        old, new = (pki.device(name, ca) for name in ("old", "new"))
        first.run("register-ca-certificate",
                  ca_certificate="file://" + ca.certificate,
                  certificate_mode="SNI_ONLY", set_as_active=True,
                  allow_auto_registration=True)
        first.run("create-domain-configuration",
                  domain_configuration_name="devices",
                  domain_name=registry_story.FIRST_DEVICE_NAME)
        first.run("register-certificate",
                  certificate_pem="file://" + old.certificate, status="ACTIVE")
        def connect():
            return lab.connects("", old, story.FIRST, "SNI_ONLY",
                                server_name=registry_story.FIRST_DEVICE_NAME)

        # The gateway follows the store, which takes a moment.
        give_up = time.monotonic() + 20
        while connect().problem and time.monotonic() < give_up:
            time.sleep(0.05)
        lock = sqlite3.connect(os.path.join(folder, "registry.db"),
                               isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        waiting = devices.Client(pki, lab.gateway.ports[story.HERE], new,
                                 registry_story.FIRST_DEVICE_NAME)
        try:
            time.sleep(0.3)  # for its handshake
            report.check("a locked store does not keep registered devices out",
                         connect().problem)
            lock.rollback()
            # The store gives up after five seconds: if the registered one had
            # waited for it, the new one's time would be over.
            with report.case("who is new is registered when it is free"):
                seen = waiting.wait_for_end()
                cases.equal(seen.alert, 49)
                cases.equal(lab.line()["verdict"], "kDevicePendingActivation")
        finally:
            lock.close()
            processes.stop(waiting.child)


def main():
    with cases.Report("registry_story") as report, \
            tempfile.TemporaryDirectory(
                prefix="chainkeep-e2e-",
                dir=os.environ.get("TEST_TMPDIR")) as tmp:
        pki = pki_module.Pki(tmp, story.SERVER_NAMES)
        broker = processes.Broker(tmp)
        broker.start()
        try:
            with registry_story.Stage(tmp, pki, broker,
                                      *sys.argv[1:3]) as stage:
                lines = stage.tell(stage.lab)
                for number, line in enumerate(lines, 1):
                    report.check("%02d %s" % (number, line.what), line.problem)
            restarts(report, tmp, pki, broker)
            locked_store(report, pki, broker)
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
