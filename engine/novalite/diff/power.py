# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired x observed power state -> what it takes: a table of ways; where there is none, Nova has none either. Pure."""

from __future__ import annotations

from novalite.diff.fields import FieldClass
from novalite.model.change import Action, FieldChange
from novalite.shared import states, transitions

# (desired, observed) -> (action, why it is needed)
WAYS = {
    (states.RUNNING, states.SHUTOFF): (Action.START, "it is off"),
    (states.RUNNING, states.CRASHED): (Action.START, "it crashed"),
    (states.RUNNING, states.ASLEEP): (Action.START, "its guest sleeps"),
    (states.RUNNING, states.PAUSED): (Action.UNPAUSE, "it is paused"),
    (states.RUNNING, states.SUSPENDED): (Action.RESUME, "it is suspended; it goes on where it was"),
    (states.SHUTOFF, states.RUNNING): (Action.STOP, "it is running"),
    (states.SHUTOFF, states.ASLEEP): (Action.STOP, "its guest sleeps, and cannot hear the power button"),
    (states.PAUSED, states.RUNNING): (Action.PAUSE, "it is running"),
    (states.SUSPENDED, states.RUNNING): (Action.SUSPEND, "it is running"),
}
# What would lead to a state, for saying in which states it is possible.
_TOWARDS = {states.SHUTOFF: "stop", states.PAUSED: "pause", states.SUSPENDED: "suspend", states.RUNNING: "start"}


def power_change(desired: str, observed: str) -> FieldChange | None:
    """Return the change of the power state, or None where it is as wanted; a crashed guest counts as off."""
    if desired == observed or (desired == states.SHUTOFF and states.is_shut(observed)):
        return None
    way = WAYS.get((desired, observed))
    if way is not None:
        return FieldChange("power", observed, desired, FieldClass.IN_PLACE.value, way[1])
    reason = f"its power state on the host is {observed!r}, which cannot be changed to {desired}"
    if observed in transitions.STATUS:
        reason = str(transitions.illegal_reason(_TOWARDS[desired], observed) or reason)
    return FieldChange("power", observed, desired, FieldClass.REFUSED.value, reason)


def power_action(desired: str, observed: str) -> Action:
    """Return what is done where ``power_change`` is possible."""
    return WAYS[desired, observed][0]
