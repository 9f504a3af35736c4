# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action is legal in which state, and the state after it: Nova's table, for planner and hosts alike. Pure.

Source: the decorators in nova/compute/api.py (check_instance_state, check_instance_lock). A state here is Nova's API
status, derived from what the host says and from the state in our mark: there is no record that could differ from it.
"""

from __future__ import annotations

from collections import namedtuple

from .operational_state import LOCK, lock_reason, snapshots_reason, status_from_state
from .states import ASLEEP, CRASHED, PAUSED, RUNNING, SHUTOFF, SUSPENDED, UNKNOWN

# Power state -> status. A guest whose process was kept when it crashed (one whose was not is off) is in ERROR, so that
# it can be stopped, restarted, dumped, rescued and rebuilt. Nova's power sync would stop it without a word, and lose
# what it was kept for (nova/compute/manager.py, _sync_instance_power_state). One that sleeps is still active there.
STATUS = {
    RUNNING: "ACTIVE",
    PAUSED: "PAUSED",
    SHUTOFF: "SHUTOFF",
    CRASHED: "ERROR",
    SUSPENDED: "SUSPENDED",
    ASLEEP: "ACTIVE",
    UNKNOWN: "ERROR",
}

ANY = ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "RESCUE", "VERIFY_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "ERROR")
_ALIVE = ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED")
# Other than in Nova: a lock is in the mark of a domain, and what lies on the shelf has none.
_MARKED = tuple(status for status in ANY if status != "SHELVED_OFFLOADED")

# ``froms``: the statuses in which it is legal; ``goal``: the power state it leaves (None: as it was);
# ``is_locked_out``: whether a lock forbids it.
Transition = namedtuple("Transition", "action froms goal is_locked_out")

_ROWS = (
    Transition("start", ("SHUTOFF",), RUNNING, True),
    Transition("stop", ("ACTIVE", "ERROR"), SHUTOFF, True),
    Transition("reboot", ("ACTIVE",), RUNNING, True),
    Transition("hard_reboot", ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "ERROR"), RUNNING, True),
    Transition("pause", ("ACTIVE",), PAUSED, True),
    Transition("unpause", ("PAUSED",), RUNNING, True),
    Transition("suspend", ("ACTIVE",), SUSPENDED, True),
    Transition("resume", ("SUSPENDED",), RUNNING, True),
    Transition("rescue", ("ACTIVE", "SHUTOFF", "ERROR"), RUNNING, True),
    Transition("unrescue", ("RESCUE",), RUNNING, True),
    Transition("rebuild", ("ACTIVE", "SHUTOFF", "ERROR"), None, True),
    Transition("resize", ("ACTIVE", "SHUTOFF"), None, True),
    Transition("confirm", ("VERIFY_RESIZE",), None, True),
    Transition("revert", ("VERIFY_RESIZE",), None, True),
    Transition("shelve", _ALIVE, SHUTOFF, True),
    Transition("offload", ("SHELVED",), SHUTOFF, True),
    Transition("unshelve", ("SHELVED", "SHELVED_OFFLOADED"), RUNNING, True),
    Transition("snapshot", _ALIVE, None, True),
    # Ours: of a guest that is paused or suspended, the memory would not fit other disks.
    Transition("snapshot_revert", ("ACTIVE", "SHUTOFF"), None, True),
    Transition("backup", _ALIVE, None, True),
    Transition("password", ("ACTIVE",), None, True),
    Transition("dump", ("ACTIVE", "PAUSED", "RESCUE", "VERIFY_RESIZE", "ERROR"), None, True),
    Transition("trash", ANY, SHUTOFF, True),
    Transition("restore", ("SOFT_DELETED",), None, True),
    Transition("purge", ("SOFT_DELETED",), None, True),
    Transition("change", ("ACTIVE", "SHUTOFF", "PAUSED"), None, True),
    Transition("lock", _MARKED, None, False),
    Transition("unlock", _MARKED, None, False),
)
TRANSITIONS = {row.action: row for row in _ROWS}

# What a list of states alone would not tell.
_WHY_NOT = {("change", "SUSPENDED"): ": the memory that was saved would not fit another hardware"}

# What gives an instance other disks than its snapshots in place are of.
_NOT_WITH_SNAPSHOTS = ("rebuild", "resize", "offload")


def status_of(power, state=None):
    # type: (str, object) -> str
    """Return Nova's status for a power state and the state in the mark: ``ERROR`` for a power that nobody knows."""
    return status_from_state(state or {}) or STATUS.get(power, "ERROR")


def illegal_reason(action, power, state=None):
    # type: (str, str, object) -> object
    """Return why an action is not legal, with the states in which it is; None where it is legal.

    ``state`` is the instance's operational state (operational_state.py).
    """
    row = TRANSITIONS[action]
    status = status_of(power, state)
    if status not in row.froms:
        why = _WHY_NOT.get((action, status), "")
        return "it is %s; %s is possible in %s%s" % (status, action.replace("_", " "), ", ".join(row.froms), why)
    if row.is_locked_out and LOCK in (state or {}):
        return "it is locked (%s); unlock it first" % lock_reason(state)
    return snapshots_reason(state or {}) if action in _NOT_WITH_SNAPSHOTS else None
