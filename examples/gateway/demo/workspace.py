"""A folder for the demo's private keys, which does not stay.

The owner holds a lock on its folder (flock). The kernel releases it when the
owner dies, however it dies; so whoever gets the lock may remove what a killed
demo has left. A process number in the name would not do: numbers are reused,
and mean nothing in another container.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile

PREFIX = "chainkeep-demo-"


@contextlib.contextmanager
def folder():
    """A new folder of our own, removed at the end."""
    remove_stale()
    path, lock = _create()
    try:
        yield path
    finally:
        shutil.rmtree(path)
        os.close(lock)


def remove_stale():
    """Removes this user's folders whose owner is dead."""
    parent = tempfile.gettempdir()
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        if not name.startswith(PREFIX) or not _is_our_folder(path):
            continue
        # Another demo may remove it at the same time.
        with contextlib.suppress(OSError):
            lock = _open(path)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(lock)


def _create():
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX)
        lock = None
        try:
            lock = _open(path)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.isdir(path):
                return path, lock
        except FileNotFoundError:
            pass  # Another demo has taken it for a stale one: again.
        if lock is not None:
            os.close(lock)


def _open(path):
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _is_our_folder(path):
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return False
