# SPDX-License-Identifier: GPL-3.0-or-later
"""Failpoints: places where a test may make the host fail or die. Reads the environment only in ``arm``.

One is armed by ``NAME:ACTION@N`` (in the environment variable NOVALITE_FAILPOINT, or as the slice's key ``failpoint``):
the N-th time that the place is reached, ``error`` raises HostError, ``kill`` ends the process as a power cut would, and
``pause`` says so in a file and stands still for a while, so that a test can kill the controller meanwhile; ``hold``
stands still until somebody removes the file.
A name is an effect and ``before`` or ``after``, such as ``domain.define.after:kill@1``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

from .host_error import HostError

VARIABLE = "NOVALITE_FAILPOINT"
EFFECTS = (
    "image.publish",
    "folder.create",
    "disk.create",
    "disk.copy",
    "disk.keep",
    "disk.replace",
    "disk.grow",
    "host_key.make",
    "drive.write",
    "metadata.write",
    "domain.define",
    "domain.mark",
    "domain.live",
    "domain.start",
    "domain.pause",
    "domain.save",
    "domain.shutdown",
    "domain.destroy",
    "domain.undefine",
    "files.remove",
    "action.begin",
    "action.end",
    "dump.write",
    "snapshot.write",
    "snapshot.prepare",
    "snapshot.revert",
    "snapshot.remove",
    "backup.write",
    "backup.remove",
    "guest.password",
    "shelf.record",
    "shelf.move",
    "shelf.return",
    "shelf.forget",
    "shelf.flatten",
    "shelf.cover",
    "journal.intent",
    "journal.result",
    "applied.write",
)
NAMES = tuple("%s.%s" % (effect, when) for effect in EFFECTS for when in ("before", "after"))
ACTIONS = ("kill", "error", "pause", "hold")
PAUSED = "/var/lib/novalite/paused"
PAUSE_S = 4.0
HOLD_S = 120.0  # at most

_counting = threading.Lock()
_armed = {}  # at most one: name -> [action, hits left]


def arm(text=None):
    # type: (object) -> None
    """Arm what a text asks for, or else the environment; nothing asked for disarms. ValueError for an unknown name."""
    text = text or os.environ.get(VARIABLE) or ""
    _armed.clear()
    if not text:
        return
    name, _colon, rest = text.partition(":")
    action, _at, number = rest.partition("@")
    if name not in NAMES or action not in ACTIONS:
        raise ValueError("no such failpoint: %r" % (text,))
    _armed[name] = [action, int(number or 1)]


def hit(name):
    # type: (str) -> None
    """Pass, unless this is the place and the time to fail."""
    if name not in _armed:
        return
    with _counting:
        _armed[name][1] -= 1
        action, left = _armed[name]
    if left != 0:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action in ("pause", "hold"):
        _stand_still(action == "hold")
        return
    raise HostError("failpoint", "failpoint %s" % name)


def _stand_still(is_held):
    # type: (bool) -> None
    """Show that this place was reached, and go on a few seconds later, or when the file is gone."""
    with open(PAUSED, "w"):
        deadline = time.monotonic() + (HOLD_S if is_held else PAUSE_S)
        while time.monotonic() < deadline and os.path.exists(PAUSED):
            time.sleep(0.1)
    if os.path.exists(PAUSED):
        os.unlink(PAUSED)


@contextlib.contextmanager
def around(effect):
    # type: (str) -> object
    """Enclose one effect, with a place to fail before it and one after it."""
    hit(effect + ".before")
    yield
    hit(effect + ".after")
