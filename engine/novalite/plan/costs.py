# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change costs whoever uses the instance, by the classes of its fields; and what of it can be refused. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.fields import FieldClass
from novalite.diff.power import SHELVED, is_done
from novalite.model.change import Action
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.change import Change, FieldChange

NONE, HOT, PENDING, RESTART, REBUILD, REPLACE = "none", "hot", "pending", "restart", "rebuild", "replace"
# The better first. What is pending takes nobody down, until somebody restarts it.
ORDER = (NONE, HOT, PENDING, RESTART, REBUILD, REPLACE)
ALLOWED = (NONE, HOT, RESTART, REBUILD)  # what --max-disruption can say

_OF_CLASS = {
    FieldClass.HOT.value: HOT,
    FieldClass.COLD.value: PENDING,
    FieldClass.RESTART.value: RESTART,
    FieldClass.REBUILD.value: REBUILD,
    FieldClass.REPLACE.value: REPLACE,
}
_DEFINED = frozenset({FieldClass.HOT.value, FieldClass.COLD.value, FieldClass.SETTLED.value})
_DOWN = (SHELVED, states.SHUTOFF, states.PAUSED, states.SUSPENDED)


def is_defined(field: FieldChange) -> bool:
    """Tell whether the domain is defined anew for a field: our mark alone does not make it true."""
    return field.path != "power" and (field.by_hand or field.kind in _DEFINED)


def restarts(field: FieldChange) -> bool:
    """Tell whether a field asks for a restart: a restart token."""
    return field.kind == FieldClass.RESTART.value


def cost_of(change: Change) -> str:
    """Return the worst of what the fields of a change cost; of one that is off nothing is ever pending."""
    return worst(cost_of_field(change, field) for field in change.fields)


def cost_of_field(change: Change, field: FieldChange) -> str:
    """Return what one field of a change costs: one of ORDER."""
    if field.path == "power":
        return RESTART if is_done(field) and field.after in _DOWN else NONE
    cost = _OF_CLASS.get(field.kind, NONE)
    return NONE if cost == PENDING and _is_off_then(change) else cost


def worst(costs: Iterable[str]) -> str:
    """Return the worst of some costs; what is not among ORDER does not count."""
    return max((cost for cost in costs if cost in ORDER), key=ORDER.index, default=NONE)


def exceeds(cost: str, allowed: str) -> bool:
    """Tell whether a cost is more than is allowed; what is pending counts as the restart that it takes."""
    return cost in ORDER and ORDER.index(RESTART if cost == PENDING else cost) > ORDER.index(allowed)


def is_settled(change: Change) -> bool:
    """Tell whether settling reboots an instance after this change: something waits for it, and it runs on."""
    item = change.observed
    if item is None or item.power != states.RUNNING or any(map(is_done, change.fields)):
        return False
    undone = {field.path for field in change.fields if field.kind == FieldClass.SETTLED.value}
    if change.action is Action.REBOOT:
        return True
    return cost_of(change) == PENDING or any(entry["path"] not in undone for entry in item.pending)


def _is_off_then(change: Change) -> bool:
    item = change.observed
    goes_off = any(is_done(field) and field.after == states.SHUTOFF for field in change.fields)
    return goes_off or item is None or states.is_shut(item.power)


def destroyed(change: Change) -> tuple[str, ...]:
    """Return the files that a change of an instance that stays destroys: the root disk, a swap disk that goes."""
    item = change.observed
    if item is None:
        return ()
    names = ["disk"] if change.action is Action.REBUILD else []
    if any(field.path == "flavor.swap_mib" and not field.after for field in change.fields):
        names.append("disk.swap")
    return tuple(path for path in item.disks if path.rpartition("/")[2] in names)
