# SPDX-License-Identifier: GPL-3.0-or-later
"""An action that takes an instance through several steps (rebuild, resize, rescue, ...): which is under way, and how it
was powered before. Touches files.

A marker beside the instance's folder says so until the action has ended, also after the process died: the same action
may then be done again, whatever state it was left in, and ends as it would have. It is
``{"project", "name", "action", "power"}``; whoever starts the instance, or writes its mark, takes it away.
"""

from __future__ import annotations

import json

from . import failpoint
from .canonical import canonical_json
from .durable_file import read_file, remove_file, write_file
from .instance_folder import ACTING
from .paths import instance_dir
from .transitions import illegal_reason


def begin(host, spec, action, power):
    # type: (object, dict, str, str) -> str
    """Say that an action begins; return the power state from before it, and from before what was interrupted."""
    there = _read(host.state_dir, spec["uuid"])
    power = power if there is None else there["power"]
    said = {"project": spec["project"], "name": spec["name"], "action": action, "power": power}
    if there != said:
        with failpoint.around("action.begin"):
            write_file(_path(host.state_dir, spec["uuid"]), canonical_json(said))
    return str(power)


def end(host, uuid):
    # type: (object, str) -> None
    """Say that it has ended, well or by being taken back."""
    with failpoint.around("action.end"):
        remove_file(_path(host.state_dir, uuid))


def interrupted(state_dir, uuid):
    # type: (str, str) -> object
    """Return the action in the middle of which an apply was interrupted, or None."""
    there = _read(state_dir, uuid)
    return None if there is None else there["action"]


def reason_against(host, uuid, action, power, state):
    # type: (object, str, str, str, dict) -> object
    """Return why an action is not legal here and now, or None; one that was interrupted may always be done again."""
    if interrupted(host.state_dir, uuid) == action:
        return None
    return illegal_reason(action, power, state)


def _path(state_dir, uuid):
    # type: (str, str) -> str
    return instance_dir(state_dir, uuid) + ACTING


def _read(state_dir, uuid):
    # type: (str, str) -> object
    text = read_file(_path(state_dir, uuid))
    if text is None:
        return None
    try:
        said = json.loads(text.decode("utf-8"))
        return said if isinstance(said["power"], str) and isinstance(said["action"], str) else None
    except (ValueError, KeyError, TypeError):
        return None  # nothing that we wrote: it is written whole
