# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that are as declared from their next power cycle on: told in every plan, never drift; settled where asked.

Settling is a reboot: the guest powers itself off (or is powered off after a while), and starts as it is defined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.fields import FieldClass
from novalite.model.change import Action, Change, FieldChange
from novalite.plan.costs import NONE, RESTART, restarts
from novalite.plan.describe import describe, field_text
from novalite.plan.power_off import way_off
from novalite.shared import states, transitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.diff.classify import Classified
    from novalite.model.fleet import Fleet
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import PlannedChange


def with_pending(fleet: Fleet, classified: Classified, *, settle: bool = False) -> Classified:
    """Return what becomes of every instance, with those that wait for their next power cycle and that nothing else is
    said of: rebooted to ``settle`` it if they may be, else told.
    """
    waiting = tuple(_find_pending(fleet, classified, settle))
    return attrs.evolve(classified, changes=(*classified.changes, *waiting)) if waiting else classified


def _find_pending(fleet: Fleet, classified: Classified, settle: bool) -> Iterator[Change]:
    told = {change.name for change in classified.changes}
    for name, holders in classified.index.found.items():
        if len(holders) == 1 and holders[0].pending and name not in told:
            yield _change(fleet, name, holders[0], settle)


def _change(fleet: Fleet, name: str, item: ObservedInstance, settle: bool) -> Change:
    desired = fleet.instances[name]
    fields = tuple(
        FieldChange(str(entry["path"]), entry.get("running"), entry.get("defined"), FieldClass.SETTLED.value)
        for entry in item.pending
    )
    if not settle:
        return Change(Action.PENDING, name, "true after its next power cycle", desired, item, fields, desired.where)
    why_not = transitions.illegal_reason("reboot", item.power, item.state)
    if why_not is not None:
        reason = f"true after its next power cycle; not restarted: {why_not}"
        return Change(Action.PENDING, name, reason, desired, item, fields, desired.where)
    reason = f"settles what is pending; {way_off(states.RUNNING, desired.stop_timeout_s)}"
    return Change(Action.REBOOT, name, reason, desired, item, fields, desired.where)


def is_about_pending(change: Change) -> bool:
    """Tell whether a change is of this file: it only waits, or is rebooted for what waits."""
    return change.action is Action.PENDING or (change.action is Action.REBOOT and not any(map(restarts, change.fields)))


def describe_pending(change: Change) -> PlannedChange:
    """Return the line of an instance that waits, or that is rebooted for what waits."""
    what = ", ".join(field_text(field) for field in change.fields)
    is_rebooted = change.action is Action.REBOOT
    summary = what if is_rebooted else f"pending restart: {what}"
    return attrs.evolve(describe(change), summary=summary, disruption=RESTART if is_rebooted else NONE)
