"""The commands of tools/, where what they need is not there.

    commands_test.py TOOLS

They run in a copy of the folder, and what they would call is replaced: nothing
is installed or fetched.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import cases

_INSTALLED = "printf installed"
_LISTS = "echo mirror:/debian"


class Copy:
    """A checkout of tools/ alone, and a folder of programs that come first."""

    def __init__(self, folder, name="checkout"):
        self.root = os.path.join(folder, name)
        self._programs = os.path.join(folder, "programs")
        self._calls = os.path.join(folder, "calls")
        shutil.copytree(sys.argv[1], os.path.join(self.root, "tools"))
        os.makedirs(self._programs, exist_ok=True)

    def program(self, name, script):
        """Replaces a program; its calls are recorded."""
        path = os.path.join(self._programs, name)
        with open(path, "w") as out:
            out.write('#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' % (
                name, self._calls, script))
        os.chmod(path, 0o755)

    def run(self, *argv, **variables):
        environment = {
            "PATH": self._programs + ":/usr/sbin:/usr/bin:/sbin:/bin",
            **variables}
        return subprocess.run(argv, cwd=self.root, env=environment,
                              stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, timeout=60)

    def calls(self, program):
        """The calls of `program` so far, each without its name."""
        with open(self._calls) as calls:
            return [line.strip().partition(" ")[2] for line in calls
                    if line.startswith(program + " ")]


def new_setup(folder, user, packages, lists):
    copy = Copy(folder)
    copy.program("id", "echo %d" % user)
    copy.program("dpkg-query", packages)
    copy.program("apt-get", '[ "$1" != indextargets ] || %s' % lists)
    copy.program("npm", "")
    return copy


def has(text, part):
    if part not in text:
        raise AssertionError("%r is not in %r" % (part, text))


def in_folder(test):
    with tempfile.TemporaryDirectory(
            dir=os.environ.get("TEST_TMPDIR")) as folder:
        test(folder)


def all_is_there(folder):
    for user in (0, 1000):
        copy = new_setup(folder + "/%d" % user, user, _INSTALLED, _LISTS)
        result = copy.run("tools/setup", "demo")
        cases.equal((result.returncode, result.stdout, result.stderr),
                    (0, "", ""))
        cases.equal([call.split()[0] for call in copy.calls("apt-get")],
                    ["indextargets"])


def packages_are_missing(folder):
    copy = new_setup(folder, 1000, "exit 1", _LISTS)
    result = copy.run("tools/setup", "demo")
    cases.equal((result.returncode, result.stdout), (1, ""))
    has(result.stderr, "as root")
    has(result.stderr,
        "apt-get update && apt-get install --no-install-recommends ")
    has(result.stderr, " mosquitto ")


def no_lists_as_root(folder):
    copy = new_setup(folder, 0, _INSTALLED, ":")
    result = copy.run("tools/setup")
    cases.equal((result.returncode, result.stderr), (0, ""))
    has(result.stdout, "Downloading")
    has(copy.calls("apt-get")[-1], "DPkg::Lock::Timeout=")
    cases.equal(copy.calls("apt-get")[-1].split()[-1], "update")


def no_lists_as_user(folder):
    copy = new_setup(folder, 1000, _INSTALLED, ":")
    result = copy.run("tools/setup")
    cases.equal((result.returncode, result.stdout), (0, ""))
    has(result.stderr, "as root")
    has(result.stderr, "apt-get update")


def sources_in_a_folder(folder):
    copy = new_setup(folder, 1000, _INSTALLED, ":")
    result = copy.run("tools/setup", CHAINKEEP_SOURCES="/sources")
    cases.equal((result.returncode, result.stdout, result.stderr), (0, "", ""))


def unknown_arguments(folder):
    for number, arguments in enumerate((["all"], ["demo", "demo"], [""])):
        copy = new_setup(folder + "/%d" % number, 0, "exit 1", ":")
        result = copy.run("tools/setup", *arguments)
        cases.equal((result.returncode, result.stdout, result.stderr),
                    (2, "", "usage: tools/setup [demo]\n"))


def bench_arguments(folder):
    copy = Copy(folder)
    for arguments in ([], ["catalogue"], ["catalog", "--slow"],
                      ["catalog", "--quick", "--quick"], ["catalog", ""],
                      ["validate", "--quick"]):
        result = copy.run("tools/bench", *arguments)
        cases.equal((result.returncode, result.stdout, result.stderr),
                    (2, "", "usage: tools/bench catalog [--quick]|validate\n"))


def npm_cannot_fetch(folder):
    copy = Copy(folder)
    copy.program("npm", "echo 'npm ERR! network' >&2; exit 1")
    for _ in range(2):  # A failed attempt is not taken for an installation.
        result = copy.run("tools/format", "--check")
        cases.equal((result.returncode, result.stdout), (1, ""))
        has(result.stderr, "npm ERR! network")
        has(result.stderr, "tools/format: npm could not fetch buildifier")


def path_with_a_space(folder):
    script = "steps=1; source tools/lib.sh; step here"
    result = Copy(folder, "a checkout").run("bash", "-c", script)
    cases.equal((result.returncode, result.stdout), (1, ""))
    has(result.stderr, "Bazel refuses a path with a space")
    result = Copy(folder, "a-checkout").run("bash", "-c", script)
    cases.equal((result.returncode, result.stderr), (0, ""))
    has(result.stdout, "[1/1] here")


def log_of_a_command(folder):
    copy = Copy(folder)
    temporary = os.path.join(folder, "temporary")
    os.mkdir(temporary)
    script = ("steps=1; source tools/lib.sh; "
              "busy sh -c 'echo said; echo INFO: chatter; echo error >&2; "
              "ls \"$TMPDIR\"; exit 7'")
    result = copy.run("bash", "-c", script, TMPDIR=temporary)
    cases.equal((result.returncode, result.stdout, result.stderr),
                (7, "said\nerror\n", ""))


def progress_of_a_command(folder):
    for lines, wanted in [
            ("[1 / 9] building\\nld: warning: odd\\n", "[1 / 9] building"),
            ("[1 / 9] one\\n[1,002 / 2,000] two\\nld: error\\n",
             "[1,002 / 2,000] two"),
            ("Loading: 3 packages\\nWARNING: slow\\n", "Loading: 3 packages"),
            ("a program\\nsays this\\n", "says this"),
            ("", "")]:
        result = Copy(tempfile.mkdtemp(dir=folder)).run(
            "bash", "-c", "steps=1; source tools/lib.sh; open_log; "
            "printf '%s' >&\"$log\"; say_progress" % lines)
        cases.equal((result.returncode, result.stderr), (0, ""))
        cases.equal(result.stdout.partition(" s: ")[2], wanted + "\n")


def main():
    with cases.Report("commands") as report:
        for name, test in [
                ("setup: where all is there, nothing is said", all_is_there),
                ("setup: a user is told the line for root",
                 packages_are_missing),
                ("setup: root gets apt's lists", no_lists_as_root),
                ("setup: a user is told how to", no_lists_as_user),
                ("setup: with CHAINKEEP_SOURCES no lists are needed",
                 sources_in_a_folder),
                ("setup: an unknown argument is an error", unknown_arguments),
                ("bench: an unknown argument is an error", bench_arguments),
                ("format: npm cannot fetch buildifier", npm_cannot_fetch),
                ("all: a path with a space is refused", path_with_a_space),
                ("all: a command's log has no name", log_of_a_command),
                ("all: warnings do not hide progress", progress_of_a_command),
        ]:
            with report.case(name):
                in_folder(test)


if __name__ == "__main__":
    main()
