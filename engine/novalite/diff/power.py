# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired x observed power state -> what it takes: a table of ways; where there is none, Nova has none either. Pure.

The mark keeps which state was applied last. Where that is the declared one and another one is there, nobody declared
it: it came by hand (or by the guest, or with its host), and ``power_policy`` says what becomes of it. Nova stops such
an instance, or one that it believes to be off, without a word (nova/compute/manager.py, _sync_instance_power_state);
we never do what no plan has shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.fields import FieldClass
from novalite.model.change import Action, FieldChange
from novalite.model.instance import REPORT
from novalite.shared import states, transitions

if TYPE_CHECKING:
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance

CRASHED = "it crashed; what is left of it is powered off first"
# (desired, observed) -> (action, why it is needed)
WAYS = {
    (states.RUNNING, states.SHUTOFF): (Action.START, "it is off"),
    (states.RUNNING, states.CRASHED): (Action.START, CRASHED),
    (states.RUNNING, states.ASLEEP): (Action.START, "its guest sleeps"),
    (states.RUNNING, states.PAUSED): (Action.UNPAUSE, "it is paused"),
    (states.RUNNING, states.SUSPENDED): (Action.RESUME, "it is suspended; it goes on where it was"),
    (states.SHUTOFF, states.RUNNING): (Action.STOP, "it is running"),
    (states.SHUTOFF, states.ASLEEP): (Action.STOP, "its guest sleeps, and cannot hear the power button"),
    (states.SHUTOFF, states.CRASHED): (Action.STOP, "it crashed"),
    (states.PAUSED, states.RUNNING): (Action.PAUSE, "it is running"),
    (states.SUSPENDED, states.RUNNING): (Action.SUSPEND, "it is running"),
}
SHELVED = "shelved"  # a state that can be declared; the host's power state is then off
WAYS |= {
    (SHELVED, power): (Action.SHELVE, f"it is {power}, and declared shelved")
    for power in (states.RUNNING, states.SHUTOFF, states.PAUSED, states.ASLEEP, states.SUSPENDED)
}
RESCUED = "rescued"  # can be declared too; the host's power state is then running, and the mark says rescue
WAYS |= {
    (RESCUED, power): (Action.RESCUE, f"it is {power}, and declared rescued")
    for power in (states.RUNNING, states.SHUTOFF, states.CRASHED, states.ASLEEP)
}
# What would lead to a state, for saying in which states it is possible.
_TOWARDS = {states.SHUTOFF: "stop", states.PAUSED: "pause", states.SUSPENDED: "suspend", states.RUNNING: "start"}
_TOWARDS |= {SHELVED: "shelve", RESCUED: "rescue"}


APPLIED = "power.applied"  # path of a change of what the mark keeps
_KEPT = "the mark keeps which power state was declared last"
_BY_HAND = {
    (states.RUNNING, states.SHUTOFF): "stopped by hand or by its guest",
    (states.RUNNING, states.PAUSED): "paused by hand or by its host",
    (states.RUNNING, states.SUSPENDED): "suspended by hand; it goes on where it was",
    (states.SHUTOFF, states.RUNNING): "started by hand",
    (states.PAUSED, states.RUNNING): "unpaused by hand",
    (states.SUSPENDED, states.RUNNING): "resumed by hand",
}


def power_by_hand(item: ObservedInstance) -> str | None:
    """Return how its power came to be another one than was applied; None where it is that, or nobody knows."""
    applied = item.applied_power
    if applied is None or item.held_reason is not None or applied == item.power:
        return None
    way = WAYS.get((applied, item.power))
    return _BY_HAND.get((applied, item.power)) or (way[1] if way else f"it is {item.power}")


def power_changes(desired: Instance, item: ObservedInstance, *, is_ignored: bool = False) -> tuple[FieldChange, ...]:
    """Return what the power needs: to be changed or reported, or the mark to say what is applied; nothing if all fits.

    With ``is_ignored`` what came by hand is left as it is.
    """
    if desired.power == SHELVED and item.shelved is not None:
        return ()
    if desired.power == RESCUED and "rescue" in item.state:
        return ()
    if desired.power == item.power:
        return () if is_noted(desired, item) else (_note(desired, item),)
    by_hand = power_by_hand(item) if item.applied_power == desired.power else None
    if by_hand is not None and is_ignored:
        return ()
    if by_hand is not None and desired.power_policy == REPORT:
        reason = f"reported (power_policy): {by_hand}"
        return (FieldChange("power", item.power, desired.power, FieldClass.REPORTED.value, reason),)
    return (_change(desired.power, item.power, by_hand),)


def is_noted(desired: Instance, item: ObservedInstance) -> bool:
    """Tell whether the mark may stay as it is, for an instance whose power is the declared one.

    Marks of before this was kept say nothing: that is enough, unless the policy wants to know.
    """
    applied = item.applied_power
    if applied == desired.power or (applied is None and desired.power_policy != REPORT):
        return True
    return item.lock_reason is not None or item.held_reason is not None


def _note(desired: Instance, item: ObservedInstance) -> FieldChange:
    return FieldChange(APPLIED, item.applied_power, desired.power, FieldClass.IN_PLACE.value, _KEPT)


def _change(desired: str, observed: str, by_hand: str | None) -> FieldChange:
    way = WAYS.get((desired, observed))
    if way is not None:
        return FieldChange("power", observed, desired, FieldClass.IN_PLACE.value, by_hand or way[1])
    reason = f"its power state on the host is {observed!r}, which cannot be changed to {desired}"
    if observed in transitions.STATUS:
        reason = str(transitions.illegal_reason(_TOWARDS[desired], observed) or reason)
    return FieldChange("power", observed, desired, FieldClass.REFUSED.value, reason)


def is_done(change: FieldChange) -> bool:
    """Tell whether this is a power state that the plan brings about."""
    return change.path == "power" and change.kind == FieldClass.IN_PLACE.value


def power_action(desired: str, observed: str) -> Action:
    """Return what is done where ``power_change`` is possible."""
    return WAYS[desired, observed][0]
