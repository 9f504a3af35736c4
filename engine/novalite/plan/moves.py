# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist, and rules that changed: who must move, where to, and why; or why nobody can. Pure.

Who lives where the rules let it be stays there. Rules of the fleet that are broken (a group's policy, a zone, a pin, an
aggregate, a trait) make the plan one that can only be shown, as this version moves nobody; a host that holds more than
it should (a ratio was lowered) is told as a warning: nothing that is declared is wrong then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.change import Action
from novalite.model.plan import PlannedChange
from novalite.plan import problems as ids
from novalite.plan.place import table_of
from novalite.problem import Problem
from novalite.schedule.request import Request, bare_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from novalite.diff.classify import Classified
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot
    from novalite.problem import Where
    from novalite.schedule.request import Shape
    from novalite.schedule.search import Core, Move, Moves
    from novalite.schedule.table import HostTable

PLACE_FIELDS = frozenset({"host", "availability_zone", "group"})
_TRIED = 400  # so many instances are looked at together; of more, those that are wrong where they are


@attrs.frozen(slots=True)
class Settling:
    """``moves`` in the order in which they can be done; ``lines`` and ``problems`` as the plan tells them, by name."""

    lines: Mapping[str, PlannedChange] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()


@attrs.frozen(slots=True)
class _Resident:
    """One instance of the fleet, where it lives."""

    desired: Instance
    item: ObservedInstance
    request: Request


def settle(fleet: Fleet, snapshot: Snapshot, classified: Classified) -> Settling:
    """Return what must move so that every rule holds again; nothing, at little cost, where every rule does."""
    told = {
        change.name
        for change in classified.changes
        if change.action is Action.REFUSED and PLACE_FIELDS & {field.path for field in change.fields}
    }
    residents = {one.request.name: one for one in _residents(fleet, classified)}
    astray = told & residents.keys()
    crowded = set(_crowded(snapshot))
    astray |= {name for name, one in residents.items() if one.item.host in crowded}
    lost = _without_traits(snapshot, residents.values())
    astray |= lost
    if astray or _looks_at_aggregates(fleet, residents.values()):
        return _settle(fleet, table_of(fleet, snapshot, classified), residents, astray, told)
    return Settling()


def _residents(fleet: Fleet, classified: Classified) -> Iterator[_Resident]:
    shapes: dict[tuple[object, ...], Shape] = {}
    for name, holders in classified.index.found.items():
        if len(holders) != 1:
            continue
        desired = fleet.instances[name]
        ports = tuple([id(port.network) for port in desired.ports])
        key = (id(desired.flavor), id(desired.image), ports, desired.availability_zone, desired.host, desired.hints)
        shape = shapes.get(key)
        if shape is None:
            shape = shapes[key] = bare_shape(desired)
        yield _Resident(desired, holders[0], Request(name, shape, desired.group, uuid=holders[0].uuid))


def _crowded(snapshot: Snapshot) -> Iterator[str]:
    """Yield hosts that hold more than they offer."""
    for host in snapshot.hosts.values():
        for name, inventory in host.inventories.items():
            if host.used.get(name, 0) > inventory.capacity:
                yield host.name
                break


def _without_traits(snapshot: Snapshot, residents: Iterable[_Resident]) -> set[str]:
    """Return who lives on a host that lacks a trait it asks for, or has one that it forbids."""
    known: dict[tuple[int, str], bool] = {}
    found = set()
    for one in residents:
        shape, host = one.request.shape, snapshot.hosts[one.item.host]
        key = (id(shape), host.name)
        wrong = known.get(key)
        if wrong is None:
            held = host.traits.union(*(provider.traits for provider in host.providers))
            wrong = known[key] = not shape.required <= held or bool(shape.forbidden & host.traits)
        if wrong:
            found.add(one.request.name)
    return found


def _looks_at_aggregates(fleet: Fleet, residents: Iterable[_Resident]) -> bool:
    """Tell whether a filter that reads aggregates or lists of hosts may have something to say of who lives where."""
    if fleet.scheduler.get("isolated_hosts") or any(aggregate.metadata for aggregate in fleet.aggregates):
        return True
    flavors = {id(one.desired.flavor): one.desired.flavor for one in residents}
    return any(
        ":" not in key or key.startswith("aggregate_instance_extra_specs:")
        for flavor in flavors.values()
        for key in flavor.extra_specs
    )


def _settle(
    fleet: Fleet, table: HostTable, residents: Mapping[str, _Resident], astray: set[str], told: set[str]
) -> Settling:
    from novalite.schedule.search import Living, minimal_moves

    astray |= _against_rules(table, residents.values())
    if not astray:
        return Settling()
    wrong = [residents[name] for name in sorted(astray)]
    tries = [wrong] + ([list(residents.values())] if len(wrong) < len(residents) <= _TRIED else [])
    for some in tries:
        found = minimal_moves(table, [Living(one.request, one.item.host) for one in some])
        if found.rows is not None:
            break
    lines = {move.name: _line(residents[move.name], move) for move in found.moves}
    problems = [
        _problem(residents[move.name], move, is_told=move.name in told)
        for move in found.moves
        if move.name in residents
    ]
    if found.rows is None:
        problems.append(_stuck(fleet, residents, found, sorted(astray)))
    return Settling(lines, tuple(problems))


def _against_rules(table: HostTable, residents: Iterable[_Resident]) -> set[str]:
    """Return who lives where a filter that drives instances out does not let it."""
    from novalite.schedule import filters
    from novalite.schedule.search.from_table import STAYS

    masks: dict[int, list[bool]] = {}
    found = set()
    for one in residents:
        shape = one.request.shape
        mask = masks.get(id(shape))
        if mask is None:
            rules = [rule for rule in filters.applying(table, one.request, filters.BY_SHAPE) if rule.NAME not in STAYS]
            passed = [True] * len(table)
            for rule in rules:
                passed = [a and bool(b) for a, b in zip(passed, rule.mask(table, one.request), strict=True)]
            mask = masks[id(shape)] = passed
        if not mask[table.rows[one.item.host]]:
            found.add(one.request.name)
    return found


def _line(one: _Resident, move: Move) -> PlannedChange:
    return PlannedChange(
        action=Action.MOVE.value,
        name=move.name,
        host=move.target,
        uuid=one.item.uuid,
        summary=f"{one.desired.flavor.name}, {move.source} -> {move.target}",
        reason=f"{move.rule}: {move.why}" + (f"; {move.note}" if move.note else ""),
        disruption="migrate",
        fields=(
            {"path": "lives_on", "before": move.source, "after": move.target, "class": "move", "reason": move.why},
        ),
        placement={"rule": move.rule, "copies_mib": move.cost},
    )


# Rules that no fleet declares: the host's own settings.
_OF_HOSTS = frozenset({"CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter", "ProvidersFilter"})


def _problem(one: _Resident, move: Move, *, is_told: bool) -> Problem:
    severity = "warning" if move.rule in _OF_HOSTS and not is_told else "error"
    summary = f"{move.name} must move from {move.source} to {move.target}: {move.why}"
    helps = f"this version moves nothing: move {one.item.domain} with virsh migrate, then plan again"
    return Problem(ids.WRONG_PLACE, summary, one.desired.where, detail=move.rule, help=helps, severity=severity)


def _stuck(fleet: Fleet, residents: Mapping[str, _Resident], found: Moves, astray: list[str]) -> Problem:
    core = found.core
    lines = demands_of(fleet, core) if core is not None else []
    detail = "\n".join(text for text, _ in lines)
    where = residents[astray[0]].desired.where
    names = ", ".join(astray[:3]) + (f" and {len(astray) - 3} more" if len(astray) > 3 else "")
    summary = f"{names}: no moves make every rule hold"
    if core is not None:
        summary += "; these cannot hold together" + ("" if core.proved else " (as far as was searched)")
    related = tuple((text, place) for text, place in lines if place is not None)
    helps = "drop or change any one of them" if core is not None else "give the hosts more room, or relax a rule"
    return Problem(ids.CANNOT_HOLD, summary, where, detail=detail, help=helps, related=related)


def problems_of_core(fleet: Fleet, core: Core | None) -> Iterator[Problem]:
    """Yield what cannot hold together among new instances, with the lines that say it.

    Of one instance alone NoValidHost says more.
    """
    if core is None or sum(demand.kind == "item" for demand in core.demands) < 2:
        return
    lines = demands_of(fleet, core)
    places = [place for _, place in lines if place is not None]
    summary = f"these {len(lines)} cannot hold together" + ("" if core.proved else " (as far as was searched)")
    yield Problem(
        ids.CANNOT_HOLD,
        summary,
        places[0] if places else None,
        detail="\n".join(text for text, _ in lines),
        help="drop or change any one of them",
        related=tuple((text, place) for text, place in lines if place is not None),
    )


def demands_of(fleet: Fleet, core: Core) -> list[tuple[str, Where | None]]:
    """Return each demand of a core in words, with its place in the fleet."""
    found: list[tuple[str, Where | None]] = []
    groups = {one.group.name: one for one in fleet.instances.values() if one.group is not None}
    for demand in core.demands:
        instance = fleet.instances.get(demand.subject) if demand.kind in ("item", "rule") else None
        if demand.kind == "group":
            group = groups[demand.subject].group if demand.subject in groups else None
            policy = f": {group.policy}, at most {group.max_server_per_host} a host" if group is not None else ""
            found.append((f"group {demand.subject}{policy}", group.where if group is not None else None))
        elif demand.kind == "column":
            found.append((f"room for {demand.subject} on the hosts", None))
        elif demand.kind == "item":
            found.append((f"{demand.subject} has a host", instance.where if instance else None))
        else:
            found.append((f"{demand.subject}: {demand.rule}", instance.where if instance else None))
    return found
