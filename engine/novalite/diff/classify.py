# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet x Snapshot -> one change for every instance name: an ordered table of rules, first match wins. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.compare import compare_specs, drift_changes, wanted_spec
from novalite.diff.fields import UNFINISHED, FieldClass
from novalite.diff.index import Index, index_snapshot
from novalite.diff.power import power_action, power_change
from novalite.diff.stay import Standing, fault, standing
from novalite.model.change import Action, Change, FieldChange
from novalite.model.natural import natural_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance, Parts
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot

_BLOCKING = frozenset({FieldClass.REFUSED.value, FieldClass.DRIFT.value})


@attrs.frozen(slots=True)
class Case:
    """All that a rule may look at: one name, who is wanted and who is there."""

    name: str
    desired: Instance | None
    holders: tuple[ObservedInstance, ...]
    index: Index
    fields: tuple[FieldChange, ...] = ()
    destroy: bool = False

    @property
    def is_protected(self) -> bool:
        """Tell whether host or fleet protects it: unprotecting takes a plan of its own."""
        wish = self.desired is not None and self.desired.protect
        return wish or any(item.protect for item in self.holders)


@attrs.frozen(slots=True)
class Rule:
    """``when`` decides, ``why`` tells: the reason is part of the result."""

    name: str
    when: Callable[[Case], bool]
    action: Action | Callable[[Case], Action]
    why: Callable[[Case], str]


@attrs.frozen(slots=True)
class Classified:
    """``changes`` in the order of names, without the many that need nothing: those are ``kept``."""

    changes: tuple[Change, ...]
    kept: int
    index: Index


def classify(
    fleet: Fleet, snapshot: Snapshot, *, destroy: bool = False, assume_empty: Iterable[str] = ()
) -> Classified:
    """Return what becomes of every instance that is declared or observed; other projects' are not looked at."""
    index = index_snapshot(fleet, snapshot, assume_empty)
    where = standing(fleet, snapshot, index)
    changes: list[Change] = []
    shared: Parts = {}
    kept = 0
    for name, desired in fleet.instances.items():
        holders = index.found.get(name, ())
        if not destroy and _is_settled(desired, holders, where, index, shared):
            kept += 1
            continue
        change = _apply_rules(_case(name, desired, holders, index, where, destroy))
        if change.action is Action.KEEP:
            kept += len(holders)
        else:
            changes.append(change)
    for name in index.undeclared:
        changes.append(_apply_rules(Case(name, None, index.by_name[name], index, destroy=destroy)))
    return Classified(tuple(sorted(changes, key=lambda change: natural_key(change.name))), kept, index)


def classify_staying(desired: Instance, index: Index) -> Change:
    """Return what becomes of an instance on one host, as if every rule let it stay there."""
    holders = index.found[desired.name]
    return _apply_rules(Case(desired.name, desired, holders, index, _unplaced_fields(desired, holders[0])))


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
        and item.uuid not in index.doubled
        and wanted_spec(desired, item, shared) == item.spec
        and fault(desired, item.host, where) is None
    )


def _case(
    name: str,
    desired: Instance,
    holders: tuple[ObservedInstance, ...],
    index: Index,
    where: Standing,
    destroy: bool,
) -> Case:
    fields: tuple[FieldChange, ...] = ()
    if len(holders) == 1 and not destroy:
        fields = _fields(desired, holders[0], where)
    return Case(name, desired, holders, index, fields, destroy)


def _fields(desired: Instance, item: ObservedInstance, where: Standing) -> tuple[FieldChange, ...]:
    wrong = fault(desired, item.host, where)
    if wrong is None:
        return _unplaced_fields(desired, item)
    path, reason = wrong
    wish = {"host": desired.host, "availability_zone": desired.availability_zone}.get(path)
    is_there = {"host": item.host, "availability_zone": where.zones.get(item.host)}.get(path)
    return _unplaced_fields(desired, item, FieldChange(path, is_there, wish, FieldClass.REFUSED.value, reason))


def _unplaced_fields(
    desired: Instance, item: ObservedInstance, misplaced: FieldChange | None = None
) -> tuple[FieldChange, ...]:
    """Return all that differs; where it lives only if that is told to be wrong."""
    found = list(compare_specs(item.spec, wanted_spec(desired, item))) + list(drift_changes(item.drift))
    if misplaced is not None:
        found = [change for change in found if change.path.partition(".")[0] != misplaced.path]
        found.append(misplaced)
    if item.unfinished:
        found.append(FieldChange("unfinished", True, False, FieldClass.IN_PLACE.value, UNFINISHED))
    power = power_change(desired.power, item.power)
    return (*found, power) if power else tuple(found)


def _blocking(case: Case) -> list[FieldChange]:
    return [change for change in case.fields if change.kind in _BLOCKING]


def _has(case: Case, path: str) -> bool:
    return any(change.path == path for change in case.fields)


def _why_refused(case: Case) -> str:
    paths: dict[str, list[str]] = {}
    for change in _blocking(case):
        paths.setdefault(change.reason, []).append(change.path)
    return "; ".join(f"{', '.join(found)}: {reason}" for reason, found in paths.items())


def _why_conflict(case: Case) -> str:
    if case.name in case.index.rivals:
        return f"{case.index.rivals[case.name]} already claims the instance that moved.from names"
    if len(case.holders) > 1:
        places = ", ".join(f"{item.domain} on {item.host}" for item in case.holders)
        return f"more than one domain claims to be it: {places}"
    return f"its UUID lives on more than one host: {case.index.doubled[case.holders[0].uuid]}"


def _power_action(case: Case) -> Action:
    return power_action(case.fields[0].after, case.fields[0].before)


def _only_power(case: Case) -> bool:
    return _has(case, "power") and len(case.fields) == 1


RULES = (
    # Whatever else is true: which of two domains is the instance, only a person can say.
    Rule(
        "conflict",
        lambda case: (
            len(case.holders) > 1
            or case.name in case.index.rivals
            or any(item.uuid in case.index.doubled for item in case.holders)
        ),
        Action.CONFLICT,
        _why_conflict,
    ),
    # Absence needs a complete listing of every host: it may run on the one that does not answer.
    Rule(
        "unknown",
        lambda case: not case.holders and bool(case.index.missing_on),
        Action.UNKNOWN,
        lambda case: f"may live on {_some(case.index.missing_on)}, which did not answer",
    ),
    Rule("gone", lambda case: not case.holders and case.destroy, Action.KEEP, lambda _: "nothing to destroy"),
    # Protection is on the host too, so that deleting YAML does not delete protection.
    Rule(
        "orphan",
        lambda case: case.is_protected and (case.desired is None or case.destroy),
        Action.ORPHAN,
        lambda case: "not in the fleet" if case.desired is None else "protected: destroy leaves it alone",
    ),
    Rule("destroy", lambda case: case.destroy, Action.DELETE, lambda _: "destroy"),
    Rule("delete", lambda case: case.desired is None, Action.DELETE, lambda _: "not in the fleet"),
    Rule("create", lambda case: not case.holders, Action.CREATE, lambda _: "on no host"),
    # A silent replacement would lose the disk; half of a change is not what was reviewed.
    Rule("refused", lambda case: bool(_blocking(case)), Action.REFUSED, _why_refused),
    Rule(
        "rename",
        lambda case: _has(case, "name"),
        Action.RENAME,
        lambda case: f"moved from {case.holders[0].name}; UUID, MACs and domain name stay",
    ),
    Rule("power", _only_power, _power_action, lambda case: case.fields[0].reason),
    Rule(
        "update",
        lambda case: bool(case.fields),
        Action.UPDATE,
        lambda case: "; ".join(dict.fromkeys(change.reason for change in case.fields)),
    ),
    # Last, because it is what remains: differences in what the words mean alone, such as crashed for shut off.
    Rule("keep", lambda _: True, Action.KEEP, lambda _: "as declared"),
)


def _apply_rules(case: Case) -> Change:
    rule = next(rule for rule in RULES if rule.when(case))
    action = rule.action if isinstance(rule.action, Action) else rule.action(case)
    observed = case.holders[0] if case.holders else None
    where = case.desired.where if case.desired is not None else None
    return Change(action, case.name, rule.why(case), case.desired, observed, case.fields, where)


def _some(names: tuple[str, ...], limit: int = 3) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
