# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's lock: who changes instances here holds it alone, who looks holds it shared. Touches files, waits.

It is a ``flock``, so it goes with the process that held it: a controller's death does not leave it behind, and a module
that still works after its controller died still has it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time

from .durable_file import io_failed, make_dir
from .host_error import HostError

_TICK_S = 0.05


def lock_path(state_dir):
    # type: (str) -> str
    """Return the lock's file."""
    return os.path.join(state_dir, "lock")


def _try(descriptor, operation):
    # type: (int, int) -> bool
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR):
            return False
        raise
    return True


def _holder(descriptor):
    # type: (int) -> str
    try:
        text = os.pread(descriptor, 4096, 0).decode("utf-8")
        said = json.loads(text)
        return "process %s since %s, for %s" % (said["pid"], said["since"], said["what"])
    except (ValueError, KeyError, TypeError):
        return "somebody who looks at it" if not text else "somebody unknown"


def _acquire(descriptor, operation, wait_s):
    # type: (int, int, float) -> None
    deadline = time.monotonic() + wait_s
    while not _try(descriptor, operation):
        if time.monotonic() >= deadline:
            raise HostError(
                "lock_held", "another process works on this host (%s); waited %g s" % (_holder(descriptor), wait_s)
            )
        time.sleep(_TICK_S)


@contextlib.contextmanager
def exclusive(state_dir, what, wait_s=30.0):
    # type: (str, str, float) -> object
    """Hold the host alone. ``what`` is shown to others who wait. Raises: HostError ``lock_held``."""
    make_dir(state_dir)
    path = lock_path(state_dir)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise io_failed(path, error) from error
    try:
        _acquire(descriptor, fcntl.LOCK_EX, wait_s)
        said = {"pid": os.getpid(), "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "what": what}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(said).encode("utf-8"), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def shared(state_dir, wait_s=30.0):
    # type: (str, float) -> object
    """Hold the host together with others who only look; a host without a state dir has nothing to protect."""
    try:
        descriptor = os.open(lock_path(state_dir), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise io_failed(lock_path(state_dir), error) from error
        yield
        return
    try:
        _acquire(descriptor, fcntl.LOCK_SH, wait_s)
        yield
    finally:
        os.close(descriptor)
