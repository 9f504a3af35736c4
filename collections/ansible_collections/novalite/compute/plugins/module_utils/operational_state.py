# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action left an instance in that its power does not tell, kept in its mark: one row for each key. Pure.

The state is a mapping with some of these keys; an ordinary instance has ``power`` alone. Each value is a mapping of its
own, which the file that does the action describes (``since`` is a time as text, UTC). A new key is a row here.
``power`` is ``{"applied": "running"}``: the state that a plan of the fleet last brought it to. Verbs leave it as it is,
and so does whoever starts or stops it by hand.
"""

from __future__ import annotations

from collections import namedtuple

LOCK = "lock"
SNAPSHOTS = "snapshots"
RESCUE = "rescue"
RESIZE = "resize"
SHELVED = "shelved"
TRASHED = "trashed"
ERROR = "error"
POWER = "power"
HOST_KEY = "host_key"  # public parts of the SSH host keys that it was given at birth: {"ed25519": "ssh-ed25519 ..."}
UNREADY = "unready"  # it did not come up as its set understands it: {"reason", "since"}

# key; Nova's status while it is there (None: it does not show in the status); whether a plan of the fleet leaves the
# instance as it is meanwhile, because whoever began the action ends it.
Key = namedtuple("Key", "name status is_held")

# The first that is there gives the status.
KEYS = (
    Key(TRASHED, "SOFT_DELETED", True),
    Key(SHELVED, "SHELVED", True),
    Key(RESCUE, "RESCUE", True),
    Key(RESIZE, "VERIFY_RESIZE", True),
    Key(ERROR, "ERROR", False),
    Key(LOCK, None, False),
    Key(SNAPSHOTS, None, False),
    Key(POWER, None, False),
    Key(UNREADY, None, False),
    Key(HOST_KEY, None, False),
)


def status_from_state(state):
    # type: (dict) -> object
    """Return the status that the state gives, or None where the power state decides."""
    if TRASHED not in state and (state.get(SHELVED) or {}).get("offloaded"):
        return "SHELVED_OFFLOADED"
    return next((key.status for key in KEYS if key.status and key.name in state), None)


def held_reason(state):
    # type: (dict) -> object
    """Return why a plan leaves the instance as it is, or None."""
    key = next((key for key in KEYS if key.is_held and key.name in state), None)
    return None if key is None else "it is %s" % status_from_state(state)


def lock_reason(state):
    # type: (dict) -> object
    """Return why it is locked (never empty), or None where it is not."""
    lock = state.get(LOCK)
    return None if lock is None else lock.get("reason") or "no reason given"


def applied_power(state):
    # type: (dict) -> object
    """Return the power state that was last applied, or None where nobody wrote it down."""
    return (state.get(POWER) or {}).get("applied")


def with_applied(state, power):
    # type: (dict, object) -> dict
    """Return a state that says which power state was applied (None: as it was)."""
    return with_state(state, {POWER: {"applied": power}}) if power else state


def snapshots_reason(state):
    # type: (dict) -> object
    """Return why its disks must stay what they are (snapshots in place are of them), or None."""
    kept = (state.get(SNAPSHOTS) or {}).get("kept")
    return "it has snapshots (%s): delete them first" % ", ".join(sorted(kept)) if kept else None


def with_state(state, changes):
    # type: (dict, dict) -> dict
    """Return a state with some keys set, and those whose value is None taken away."""
    merged = dict(state, **changes)
    return {name: value for name, value in merged.items() if value is not None}


def unready_reason(state):
    # type: (dict) -> object
    """Return why it was not ready when a plan last waited for it, or None."""
    unready = state.get(UNREADY)
    return None if unready is None else unready.get("reason") or "it did not come up"
