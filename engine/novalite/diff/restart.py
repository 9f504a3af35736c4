# SPDX-License-Identifier: GPL-3.0-or-later
"""A restart token that differs from the mark's -> what it takes, by the power state. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.fields import FieldClass
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.change import FieldChange

PATH = "restart_token"
_TAKEN_AWAY = "the token is taken away; nothing is restarted"
_OFF = "it is off, so its next start is a new one"
_CRASHED = "it crashed, so its next start is a new one"
_MEMORY = "a restart would lose what it stands at in its memory: let it run first, or leave the token as it is"


def restart_change(change: FieldChange, desired: str, observed: str, power: Iterable[FieldChange]) -> FieldChange:
    """Return a change of the restart token with its class and reason in these power states; others as they are.

    ``power`` is what becomes of the power besides: one that is paused is restarted after it was made to go on.
    """
    if change.path != PATH:
        return change
    if change.after is None:
        return attrs.evolve(change, kind=FieldClass.IN_PLACE.value, reason=_TAKEN_AWAY)
    if states.is_shut(observed) or desired == states.SHUTOFF:
        return attrs.evolve(change, kind=FieldClass.IN_PLACE.value, reason=_OFF)
    if observed == states.CRASHED:
        return attrs.evolve(change, kind=FieldClass.IN_PLACE.value, reason=_CRASHED)
    goes_on = any(other.path == "power" and other.kind == FieldClass.IN_PLACE.value for other in power)
    if desired != states.RUNNING or not (goes_on or observed == states.RUNNING):
        return attrs.evolve(change, kind=FieldClass.REFUSED.value, reason=f"it is {observed}: {_MEMORY}")
    return change
