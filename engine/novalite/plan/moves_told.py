# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves, and what cannot hold, as a plan tells them: lines, problems, and which lines of the fleet ask for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.change import Action
from novalite.model.plan import PlannedChange
from novalite.plan import problems as ids
from novalite.plan.asking import place_of_rule
from novalite.plan.describe import describe
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from novalite.model.fleet import Fleet
    from novalite.plan.moves import Resident
    from novalite.problem import Where
    from novalite.schedule.search import Core, Demand, Move, Moves

# Rules that no fleet declares: what the hosts offer.
_OF_HOSTS = frozenset({"CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter", "ProvidersFilter"})
_ROOM = "makes room"
Numbered = tuple[int, "Move"]  # its number in the order of all moves


def line(one: Resident, moves: Sequence[Numbered], total: int, *, whole: bool) -> PlannedChange:
    """Return the line of an instance that must move, by one move or (in a ring) two.

    ``whole``: the move is all that becomes of it. Else the line is that of its change, and tells the move as well.
    """
    path = [moves[0][1].source, *(move.target for _, move in moves)]
    first, last = moves[0][1], moves[-1][1]
    fields = {"path": "lives_on", "before": path[0], "after": path[-1], "class": "move", "reason": last.why}
    placement = {
        "rule": last.rule,
        "copies_mib": sum(move.cost for _, move in moves),
        "moves": [{"number": number, "from": move.source, "to": move.target} for number, move in moves],
    }
    numbers = " and ".join(str(number) for number, _ in moves)
    notes = "; ".join(dict.fromkeys(move.note for _, move in moves if move.note))
    place = f"{numbers} of {total}: " if total > 1 else ""
    reason = place + why(first.rule, first.why, first.source) + (f"; {notes}" if notes else "")
    route = " -> ".join(path)
    if one.change is not None and not whole:
        told = describe(one.change)
        reason = f"{told.reason}; must move, too: {route}, {reason}"
        return attrs.evolve(told, reason=reason, fields=(*told.fields, fields), placement=placement)
    return PlannedChange(
        action=Action.MOVE.value,
        name=first.name,
        host=path[-1],
        uuid=one.item.uuid,
        summary=f"{one.desired.flavor.name}, {route}",
        reason=reason,
        disruption="migrate",
        fields=(fields,),
        placement=placement,
    )


def why(rule: str, said: str, host: str) -> str:
    """Return why an instance may not stay on a host, with the rule's name where it is one."""
    return said if rule == _ROOM else f"{_of_host(said, host)} ({rule})"


def _of_host(said: str, host: str) -> str:
    """Return what a filter says of a host with the host's name, where it says only what that lacks or has."""
    return f"{host} {said}" if said.startswith(("lacks ", "has ")) else said


def refusal(one: Resident, reason: str) -> PlannedChange:
    """Return the line of an instance that must move and cannot, and that nothing else is said of."""
    if one.change is not None:
        told = describe(one.change)
        return attrs.evolve(told, reason=f"{told.reason}; may not stay on {one.item.host}: {reason}")
    summary = f"{one.desired.flavor.name} on {one.item.host}"
    return PlannedChange(
        Action.REFUSED.value, one.request.name, one.item.host, one.item.uuid, summary, f"may not stay: {reason}"
    )


def problem(fleet: Fleet, one: Resident, moves: Sequence[Numbered], *, must: bool) -> Problem:
    """Return that an instance must move; ``must``: a rule of the fleet asks for it, not what a host offers."""
    first, last = moves[0][1], moves[-1][1]
    by = f" by way of {first.target}" if len(moves) > 1 else ""
    verb = "must" if must and last.rule not in _OF_HOSTS else "should"
    summary = f"{first.name} {verb} move from {first.source} to {last.target}{by}: {_of_host(first.why, first.source)}"
    helps = f"this version moves nothing: move {one.item.domain} by hand (novalite explain NV0309), then plan again"
    where = place_of_rule(fleet, last.rule, one.desired, first.source) or one.desired.where
    severity = "error" if verb == "must" else "warning"
    return Problem(ids.WRONG_PLACE, summary, where, detail=_asked_by(last), help=helps, severity=severity)


def _asked_by(move: Move) -> str:
    return "a move of another instance needs its room" if move.rule == _ROOM else f"the rule is {move.rule}"


def no_room(residents: Mapping[str, Resident], names: Sequence[str]) -> Problem:
    """Return that hosts hold more than they offer, and that no others have room for it."""
    hosts = sorted({residents[name].item.host for name in names})
    return _no_room(hosts, residents[names[0]].desired.where)


def _no_room(hosts: Sequence[str], where: Where | None) -> Problem:
    holds = "holds" if len(hosts) == 1 else "hold"
    summary = f"{some(hosts)} {holds} more than {'it offers' if len(hosts) == 1 else 'they offer'}"
    helps = "give the hosts more room (novalite_inventories), or leave it so: what runs is left alone"
    return Problem(
        ids.CANNOT_HOLD, f"{summary}, and there is not enough room elsewhere", where, help=helps, severity="warning"
    )


def figures(found: Moves) -> dict[str, Any]:
    """Return what a plan says of all moves together."""
    return {
        "count": found.count,
        "steps": len(found.moves),
        "least": found.count if found.fewest else found.least,
        "fewest": found.fewest,
        "copies_mib": sum(move.cost for move in found.moves),
    }


def stuck(
    fleet: Fleet, residents: Mapping[str, Resident], found: Moves, astray: Sequence[str], severity: str
) -> Problem:
    """Return that no moves make every rule hold, and why."""
    where = residents[astray[0]].desired.where
    if severity == "warning":
        return _no_room(sorted({residents[name].item.host for name in astray}), where)
    if found.core is None:
        told = "no moves make every rule hold" if found.fewest else "no moves were found by which every rule holds"
        helps = "give the hosts more room, or relax a rule"
        summary = f"{some(astray)}: {told}"
        return Problem(ids.CANNOT_HOLD, summary, where, detail=found.short or "", help=helps, severity=severity)
    made = _of_core(fleet, found.core, f"{some(astray)}: no moves make every rule hold; these cannot hold together")
    return attrs.evolve(made, where=made.where or where, severity=severity)


def problems_of_core(fleet: Fleet, core: Core | None) -> Iterator[Problem]:
    """Yield what cannot hold together among new instances, with the lines that say it.

    Of one instance alone NoValidHost says more.
    """
    if core is None or sum(demand.kind == "item" for demand in core.demands) < 2:
        return
    names = [demand.subject for demand in core.demands if demand.kind == "item"]
    yield _of_core(fleet, core, f"{some(names)}: there is no place for all of them; these cannot hold together")


def _of_core(fleet: Fleet, core: Core, summary: str) -> Problem:
    lines = [_demand(fleet, demand) for demand in core.demands]
    kinds = [demand.kind for demand in core.demands]  # a rule says more than that an instance is to be
    first = sorted(zip(kinds, lines, strict=True), key=lambda one: one[0] == "item")
    places = [place for _, (_, place) in first if place is not None]
    return Problem(
        ids.CANNOT_HOLD,
        summary + ("" if core.proved else " (as far as was searched)"),
        places[0] if places else None,
        detail="\n".join([*(text for text, place in lines if place is None), *([core.short] if core.short else [])]),
        help="drop or change any one of them, or add hosts that they may use",
        related=tuple((text, place) for text, place in lines if place is not None),
    )


def _demand(fleet: Fleet, demand: Demand) -> tuple[str, Where | None]:
    """Return a demand in words, with its place in the fleet."""
    if demand.kind == "group":
        group = next(one.group for one in fleet.instances.values() if one.group and one.group.name == demand.subject)
        limit = f", at most {group.max_server_per_host} on a host" if group.policy == "anti-affinity" else ""
        return f"group {group.name}: {group.policy}{limit}", group.where
    if demand.kind == "column":
        return f"no host holds more {demand.subject} than it offers", None
    instance = fleet.instances.get(demand.subject)
    if demand.kind == "item":
        return f"{demand.subject} must have a host", instance.where if instance else None
    place = place_of_rule(fleet, demand.rule, instance, None) if instance else None
    return f"{demand.subject}: {demand.rule}", place or (instance.where if instance else None)


def some(names: Sequence[str], most: int = 3) -> str:
    """Return the first few of many names, and how many there are besides."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
