"""The `chainkeep` command line, as an operator types it."""

import json
import os
import re
import subprocess

import gateway as gateway_module
import processes

_ERROR = re.compile(r"An error occurred \((\w+), HTTP (\d+)\)[^:]*: (.*)", re.S)


class Account:
    """One account of one region, and its shell."""

    def __init__(self, binary, store, account, region):
        self._binary = binary
        self.account = account
        self.region = region
        self._environment = dict(
            os.environ, CHAINKEEP_STORE=store, CHAINKEEP_ACCOUNT=account,
            CHAINKEEP_REGION=region)

    def run(self, name, *words, **options):
        """Runs a sub-command; options are spelled with underscores, and True
        stands for a switch. Returns what it printed, as JSON, or raises
        CommandError."""
        argv = [self._binary, name, *words]
        for key, value in options.items():
            argv.append("--" + key.replace("_", "-"))
            if value is not True:
                argv.append(value)
        child = processes.start(argv, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self._environment)
        output, errors = child.communicate(timeout=30)
        if child.returncode != 0:
            raise _error(errors.decode(errors="replace"))
        return json.loads(output) if output.strip() else None


def _error(text):
    found = _ERROR.search(text)
    if not found:
        return RuntimeError("chainkeep: " + text.strip())
    return gateway_module.CommandError(
        {"error": found.group(1), "status": int(found.group(2)),
         "message": found.group(3).strip()})
