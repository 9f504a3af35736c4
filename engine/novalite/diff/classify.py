# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet x Snapshot -> one change for every instance name, by the table of rules.py. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.adopt import bounded
from novalite.diff.compare import compare, wanted_spec
from novalite.diff.fields import UNFINISHED, FieldClass
from novalite.diff.index import Index, index_snapshot
from novalite.diff.power import RESCUED, SHELVED, is_done, is_noted, power_changes
from novalite.diff.restart import restart_change
from novalite.diff.rules import Case, apply_rules
from novalite.diff.stay import Standing, fault, standing
from novalite.model.change import Action, Change, FieldChange
from novalite.model.ignore import find_ignore
from novalite.model.natural import natural_key
from novalite.shared import operational_state, states, transitions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance, Parts
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


_POWER: str = operational_state.POWER


@attrs.frozen(slots=True)
class Classified:
    """``changes`` in the order of names, without the many that need nothing: those are ``kept``."""

    changes: tuple[Change, ...]
    kept: int
    index: Index


def classify(
    fleet: Fleet,
    snapshot: Snapshot,
    *,
    destroy: bool = False,
    purge: bool = False,
    assume_empty: Iterable[str] = (),
) -> Classified:
    """Return what becomes of every instance that is declared or observed; other projects' are not looked at."""
    index = index_snapshot(fleet, snapshot, assume_empty)
    where = standing(fleet, snapshot, index)
    changes: list[Change] = []
    shared: Parts = {}
    kept = 0
    for name, desired in fleet.instances.items():
        holders = index.found.get(name, ())
        if index.aside and name in index.aside:
            holders = (*holders, index.aside[name])
        elif not destroy and _is_settled(desired, holders, where, index, shared):
            kept += 1
            continue
        change = apply_rules(_case(name, desired, holders, index, where, destroy=destroy, purge=purge))
        if change.action is Action.KEEP:
            kept += len(holders)
        else:
            changes.append(change)
    for name in index.undeclared:
        holders = (*index.by_name.get(name, ()), *([index.aside[name]] if name in index.aside else ()))
        changes.append(apply_rules(Case(name, None, holders, index, destroy=destroy, purge=purge)))
    return Classified(tuple(sorted(changes, key=lambda change: natural_key(change.name))), kept, index)


def classify_staying(desired: Instance, index: Index) -> Change:
    """Return what becomes of an instance on one host, as if every rule let it stay there."""
    holders = index.found[desired.name]
    return apply_rules(Case(desired.name, desired, holders, index, _unplaced_fields(desired, holders[0], index)))


def _is_settled(
    desired: Instance, holders: tuple[ObservedInstance, ...], where: Standing, index: Index, shared: Parts
) -> bool:
    """Tell at once, for nearly all instances of a usual plan, that no rule but the one for KEEP can match."""
    if len(holders) != 1:
        return False
    item = holders[0]
    return (
        item.power == desired.power
        and not item.drift
        and not item.unfinished
        and _is_quiet(desired, item)
        and item.uuid not in index.doubled
        and wanted_spec(desired, item, shared) == item.spec
        and fault(desired, item.host, where) is None
    )


def _is_quiet(desired: Instance, item: ObservedInstance) -> bool:
    """Tell whether its state holds it up in nothing, and says of its power what is declared."""
    state = item.state
    if len(state) == 1 and _POWER in state:  # what every instance has: asked of thousands
        return bool(state[_POWER].get("applied") == desired.power)
    return (not state or item.held_reason is None) and is_noted(desired, item)


def _case(
    name: str,
    desired: Instance,
    holders: tuple[ObservedInstance, ...],
    index: Index,
    where: Standing,
    *,
    destroy: bool,
    purge: bool,
) -> Case:
    fields: tuple[FieldChange, ...] = ()
    if len(holders) == 1 and not destroy:
        fields = _fields(desired, holders[0], index, where)
    return Case(name, desired, holders, index, fields, destroy, purge)


def _fields(desired: Instance, item: ObservedInstance, index: Index, where: Standing) -> tuple[FieldChange, ...]:
    wrong = fault(desired, item.host, where)
    if wrong is None:
        return _unplaced_fields(desired, item, index)
    path, reason = wrong
    wish = {"host": desired.host, "availability_zone": desired.availability_zone}.get(path)
    is_there = {"host": item.host, "availability_zone": where.zones.get(item.host)}.get(path)
    return _unplaced_fields(desired, item, index, FieldChange(path, is_there, wish, FieldClass.REFUSED.value, reason))


def _unplaced_fields(
    desired: Instance, item: ObservedInstance, index: Index, misplaced: FieldChange | None = None
) -> tuple[FieldChange, ...]:
    """Return all that differs; where it lives only if that is told to be wrong."""
    is_ignored = find_ignore(index.ignores, item.name, "power") is not None
    power = power_changes(desired, item, is_ignored=is_ignored)
    then = _power_then(item, power)
    found = bounded(item, _legal(compare(item, wanted_spec(desired, item), then), desired, item, then))
    if misplaced is not None:
        found = [change for change in found if change.path.partition(".")[0] != misplaced.path]
        found.append(misplaced)
    if item.unfinished:
        found.append(FieldChange("unfinished", True, False, FieldClass.IN_PLACE.value, UNFINISHED))
    return (*(restart_change(change, desired.power, item.power, power) for change in found), *power)


def _power_then(item: ObservedInstance, power: tuple[FieldChange, ...]) -> str:
    """Return the power state in which it is changed: who is to be off is powered off before."""
    ends = [change.after for change in power if is_done(change) and change.after in (states.SHUTOFF, SHELVED, RESCUED)]
    return str(ends[0]) if ends else item.power


def _legal(
    changes: tuple[FieldChange, ...], desired: Instance, item: ObservedInstance, power: str
) -> list[FieldChange]:
    """Return the changes, with those refused that Nova's table does not allow in the state that the instance is in,
    or that a rebuild does not do besides.
    """
    refused: dict[str, str] = {}
    if any(change.kind == FieldClass.REBUILD.value for change in changes):
        reason = item.illegal_reason("rebuild")
        if reason is None and (item.protect or desired.protect):
            reason = "it is protected: apply it with protect: false first"
        refused = dict.fromkeys(_KEPT, "a rebuild keeps that disk: change it, and rebuild, one after the other")
        if reason is not None:
            refused |= {one.path: reason for one in changes if one.kind == FieldClass.REBUILD.value}
    elif power in (SHELVED, RESCUED):
        why = f"have it {power}, and change it, one after the other"
        refused = {one.path: why for one in changes if one.kind in _DEFINED}
    elif transitions.illegal_reason("change", power, item.state) is not None:
        why = str(transitions.illegal_reason("change", power, item.state))
        refused = {one.path: why for one in changes if one.kind in _DEFINED}
    kept = operational_state.snapshots_reason(dict(item.state))
    if kept is not None:
        refused |= {one.path: str(kept) for one in changes if one.path == _SWAP and not one.after}
    return [
        attrs.evolve(one, kind=FieldClass.REFUSED.value, reason=refused[one.path]) if one.path in refused else one
        for one in changes
    ]


_SWAP = "flavor.swap_mib"
_KEPT = ("flavor.ephemeral_gib", _SWAP)
_DEFINED = frozenset({FieldClass.HOT.value, FieldClass.COLD.value, FieldClass.SETTLED.value})
