# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired x observed power state -> what it takes. Pure."""

from __future__ import annotations

from novalite.diff.fields import FieldClass
from novalite.model.change import FieldChange
from novalite.shared import states

_STUCK = {
    states.PAUSED: "it is paused; resuming is not possible yet, so run virsh resume or destroy on its host",
    states.SUSPENDED: "it is suspended; waking is not possible yet, so run virsh dompmwakeup or destroy on its host",
}


def power_change(desired: str, observed: str) -> FieldChange | None:
    """Return the change of the power state, or None where it is as wanted; a crashed guest counts as off."""
    if desired == observed or (desired == states.SHUTOFF and states.is_off(observed)):
        return None
    if desired == states.RUNNING and states.is_off(observed):
        reason = "it crashed" if observed == states.CRASHED else "it is off"
        return FieldChange("power", observed, desired, FieldClass.IN_PLACE.value, reason)
    if desired == states.SHUTOFF and observed == states.RUNNING:
        return FieldChange("power", observed, desired, FieldClass.IN_PLACE.value, "it is running")
    reason = _STUCK.get(observed, f"its power state on the host is {observed!r}, which cannot be changed to {desired}")
    return FieldChange("power", observed, desired, FieldClass.REFUSED.value, reason)
