# SPDX-License-Identifier: GPL-3.0-or-later
"""Which plans this host has seen: each digest is applied once, and a generation only grows. Touches files.

A plan is *begun* at its first step here, and *applied* when its last wave has ended, well or not. A begun plan may go
on (its next wave, or the same wave after a crash) until another one begins.
"""

from __future__ import annotations

import json
import os

from . import failpoint
from .canonical import canonical_json
from .durable_file import read_file, write_file
from .host_error import HostError

FORMAT = "novalite.applied/1"
KEPT = 50


def applied_path(state_dir):
    # type: (str) -> str
    """Return the file."""
    return os.path.join(state_dir, "applied.json")


def read_applied(state_dir):
    # type: (str) -> dict
    """Return ``{"generation", "begun", "applied"}``; a host that never applied anything is at generation 0."""
    data = read_file(applied_path(state_dir))
    if data is None:
        return {"generation": 0, "begun": None, "applied": []}
    try:
        said = json.loads(data.decode("utf-8"))
        if said["format"] != FORMAT:
            raise ValueError("format %r" % (said["format"],))
        return {"generation": int(said["generation"]), "begun": said["begun"], "applied": list(said["applied"])}
    except (ValueError, KeyError, TypeError) as error:
        raise HostError("state_unreadable", "%s: %s" % (applied_path(state_dir), error)) from error


def begin(state_dir, state, plan):
    # type: (str, dict, str) -> dict
    """Record that a plan begins here, and that one begun before is over."""
    applied = list(state["applied"])
    if state["begun"] and state["begun"] != plan:
        applied.append(state["begun"])
    return _write(state_dir, state["generation"], plan, applied)


def finish(state_dir, state, plan):
    # type: (str, dict, str) -> dict
    """Record that a plan is used up."""
    return _write(state_dir, state["generation"] + 1, None, state["applied"] + [plan])


def _write(state_dir, generation, begun, applied):
    # type: (str, int, object, list) -> dict
    state = {"generation": generation, "begun": begun, "applied": applied[-KEPT:]}
    with failpoint.around("applied.write"):
        write_file(applied_path(state_dir), canonical_json(dict(state, format=FORMAT)))
    return state
