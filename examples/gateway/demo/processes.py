"""Child processes that never outlive their parent, and lines read in time.

The kernel is told to kill each child when we die (PR_SET_PDEATHSIG), however we
die, so not even `kill -9` leaves one behind. The signal belongs to the thread
that starts the child: start children from the main thread only.
"""

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Gone(Exception):
    """A process that the story needs has ended."""


def start(argv, **keywords):
    """Starts `argv` as a child that dies with this process."""
    parent = os.getpid()

    def bind_to_parent():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # We may have died before the call above.
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(argv, preexec_fn=bind_to_parent, **keywords)


def stop(child, grace=3.0):
    """Ends `child`, in a friendly way first, and reaps it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()


def free_port():
    """Returns a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lines:
    """Reads a pipe line by line, each within a time limit."""

    def __init__(self, stream):
        self._fd = stream.fileno()
        self._waiting = b""

    def next(self, timeout):
        """The next line without its end. Raises Gone at the end of the pipe,
        TimeoutError when none comes in `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._waiting:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                raise TimeoutError("no line in %.0f s" % timeout)
            piece = os.read(self._fd, 65536)
            if not piece:
                raise Gone("the pipe has ended")
            self._waiting += piece
        line, self._waiting = self._waiting.split(b"\n", 1)
        return line.decode()


class Broker:
    """Debian's mosquitto, on a port of its own and with nothing on disk."""

    def __init__(self, folder):
        self._folder = folder
        self.port = None
        self.child = None

    def start(self):
        for _ in range(5):
            if self._try_start():
                return
        raise RuntimeError("mosquitto does not start: see " +
                           os.path.join(self._folder, "mosquitto.log"))

    def _try_start(self):
        self.port = free_port()
        config = os.path.join(self._folder, "mosquitto.conf")
        lines = ["listener %d 127.0.0.1" % self.port, "allow_anonymous true",
                 "persistence false", "log_dest stderr"]
        if os.geteuid() == 0:
            # Otherwise it changes its user, and a process that does so is no
            # longer killed with its parent.
            lines.append("user root")
        with open(config, "w") as out:
            out.write("\n".join(lines) + "\n")
        with open(os.path.join(self._folder, "mosquitto.log"), "wb") as log:
            self.child = start([find("mosquitto"), "-c", config],
                               stdin=subprocess.DEVNULL, stdout=log,
                               stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.child.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            time.sleep(0.02)
        stop(self.child)
        return False

    def stop(self):
        if self.child:
            stop(self.child)


def find(program):
    """The path of Debian's `program`: what PATH has may be another one."""
    for folder in ("/usr/bin", "/usr/sbin"):
        path = os.path.join(folder, program)
        if os.access(path, os.X_OK):
            return path
    raise RuntimeError(program + " is not installed: run tools/setup")
