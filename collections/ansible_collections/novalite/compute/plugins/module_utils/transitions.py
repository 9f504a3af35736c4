# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action is legal in which state, and the state after it: Nova's table, for planner and hosts alike. Pure.

Source: the decorators in nova/compute/api.py (check_instance_state). A state here is Nova's API status, derived from
what the host says: there is no record that could differ from it.
"""

from __future__ import annotations

from collections import namedtuple

from .states import ASLEEP, CRASHED, PAUSED, RUNNING, SHUTOFF, SUSPENDED, UNKNOWN

# Power state -> status. A guest that crashed is one that is off: Nova's own power sync makes it so
# (nova/compute/manager.py, _sync_instance_power_state). One that put itself to sleep is still active there.
STATUS = {
    RUNNING: "ACTIVE",
    PAUSED: "PAUSED",
    SHUTOFF: "SHUTOFF",
    CRASHED: "SHUTOFF",
    SUSPENDED: "SUSPENDED",
    ASLEEP: "ACTIVE",
    UNKNOWN: "ERROR",
}

# ``froms``: the statuses in which it is legal; ``goal``: the power state it leaves.
Transition = namedtuple("Transition", "action froms goal")

_ROWS = (
    Transition("start", ("SHUTOFF",), RUNNING),
    Transition("stop", ("ACTIVE", "ERROR"), SHUTOFF),
    Transition("reboot", ("ACTIVE",), RUNNING),
    Transition("hard_reboot", ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "ERROR"), RUNNING),
    Transition("pause", ("ACTIVE",), PAUSED),
    Transition("unpause", ("PAUSED",), RUNNING),
    Transition("suspend", ("ACTIVE",), SUSPENDED),
    Transition("resume", ("SUSPENDED",), RUNNING),
)
TRANSITIONS = {row.action: row for row in _ROWS}


def status_of(power):
    # type: (str) -> str
    """Return Nova's status for a power state; ``ERROR`` for one that is not known."""
    return STATUS.get(power, "ERROR")


def illegal_reason(action, power):
    # type: (str, str) -> object
    """Return why an action is not legal in a power state, with the states in which it is; None where it is legal."""
    row = TRANSITIONS[action]
    if status_of(power) in row.froms:
        return None
    legal = ", ".join(row.froms)
    return "it is %s; %s is possible in %s" % (status_of(power), action.replace("_", " "), legal)
