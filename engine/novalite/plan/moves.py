# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist, and rules that changed: who must move, where to, and why; or why nobody can. Pure.

Who lives where the rules let it be stays there. Rules of the fleet that are broken (a group's policy, a zone, a pin, an
aggregate, a trait) make the plan one that can only be shown, as this version moves nobody; a host that holds more than
it should (a ratio was lowered) is told as a warning: nothing that is declared is wrong then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.classify import classify_staying
from novalite.diff.rules import BLOCKING
from novalite.model.change import Action
from novalite.plan import astray, moves_told
from novalite.plan.place import table_of
from novalite.schedule.request import Request, bare_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from novalite.diff.classify import Classified
    from novalite.diff.index import Index
    from novalite.model.change import Change
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import PlannedChange
    from novalite.model.snapshot import Snapshot
    from novalite.problem import Problem
    from novalite.schedule.request import Shape
    from novalite.schedule.search import Living, Move, Moves
    from novalite.schedule.table import HostTable

PLACE_FIELDS = frozenset({"host", "availability_zone", "group"})
_TRIED = 400  # so many instances are looked at together; of more, those that are wrong where they are and some others


@attrs.frozen(slots=True)
class Settling:
    """What a plan says of moves, by name.

    ``told``: whose refusal is said by these lines and problems instead. ``staying``: who was refused for the company it
    has and may stay when others have moved, with what else becomes of it. ``figures``: of all moves (model/plan.py).
    """

    lines: Mapping[str, PlannedChange] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()
    told: frozenset[str] = frozenset()
    staying: Mapping[str, Change] = attrs.field(factory=dict)
    figures: Mapping[str, Any] = attrs.field(factory=dict)

    def of_changes(self, classified: Classified) -> Classified:
        """Return what becomes of every instance, with those that may stay."""
        if not self.staying:
            return classified
        changes = [self.staying.get(change.name, change) for change in classified.changes]
        kept = sum(change.action is Action.KEEP for change in self.staying.values())
        rest = tuple(change for change in changes if change.action is not Action.KEEP)
        return attrs.evolve(classified, changes=rest, kept=classified.kept + kept)


@attrs.frozen(slots=True)
class Resident:
    """One instance of the fleet, where it lives; ``change``: what else the plan says of it."""

    desired: Instance
    item: ObservedInstance
    request: Request
    change: Change | None = None


def settle(fleet: Fleet, snapshot: Snapshot, classified: Classified) -> Settling:
    """Return what must move so that every rule holds again; nothing, at little cost, where every rule does."""
    index = classified.index
    changes = {change.name: change for change in classified.changes}
    told = {name for name, change in changes.items() if _blocked(change) & PLACE_FIELDS}
    doubted = astray.suspects(fleet, snapshot, index.found)
    full = astray.crowded(snapshot)
    if not (told or doubted or full):
        return Settling()
    living = {
        name: holders[0]
        for name, holders in index.found.items()
        if len(holders) == 1
        and holders[0].uuid not in index.doubled
        and not holders[0].spec.get("adopted")  # its disks are anywhere: nobody knows where else it could be
    }
    told, doubted = told & living.keys(), doubted & living.keys()
    crowd = {name for name, item in living.items() if item.host in full}
    if not (told or doubted or crowd):
        return Settling()
    table = table_of(fleet, snapshot, classified)
    residents = {one.request.name: one for one in _residents(fleet, living, changes)}
    refused = _against_rules(table, [residents[name] for name in sorted(doubted)])
    if not (told or refused or crowd):
        return Settling()
    found, left = _found(table, residents, told | refused.keys(), crowd)
    if found.rows is None:
        return _stuck(fleet, residents, found, told, refused, crowd)
    return _settled(fleet, residents, index, found, left, told | refused.keys(), crowd)


def _blocked(change: Change) -> set[str]:
    """Return the fields that keep a change from being made."""
    if change.action is not Action.REFUSED:
        return set()
    return {field.path for field in change.fields if field.kind in BLOCKING}


def _residents(
    fleet: Fleet, living: Mapping[str, ObservedInstance], changes: Mapping[str, Change]
) -> Iterator[Resident]:
    shapes: dict[tuple[object, ...], Shape] = {}
    for name, item in living.items():
        desired = fleet.instances[name]
        ports = tuple([id(port.network) for port in desired.ports])
        usage = tuple(sorted((kind, amount) for kind, amount in item.usage.items() if amount))
        key = (id(desired.flavor), id(desired.image), ports, desired.availability_zone, desired.host, desired.hints)
        shape = shapes.get((*key, usage))
        if shape is None:
            shape = bare_shape(desired)
            if not shape.groups:  # what it takes is what it has: a flavor may say otherwise by now
                shape = attrs.evolve(shape, resources=usage)
            shapes[*key, usage] = shape
        yield Resident(desired, item, Request(name, shape, desired.group, uuid=item.uuid), changes.get(name))


def _against_rules(table: HostTable, residents: Iterable[Resident]) -> dict[str, str]:
    """Return who lives where a filter that drives instances out does not let it, with what that filter says."""
    from novalite.schedule import filters
    from novalite.schedule.search.from_table import STAYS

    rules: dict[int, list[tuple[Any, Any]]] = {}
    found = {}
    for one in residents:
        key = id(one.request.shape)
        if key not in rules:
            driving = filters.applying(table, one.request, filters.BY_SHAPE)
            rules[key] = [(rule, rule.mask(table, one.request)) for rule in driving if rule.NAME not in STAYS]
        row = table.rows[one.item.host]
        broken = next((rule for rule, mask in rules[key] if not mask[row]), None)
        if broken is not None:
            said = broken.why(table, one.request, row)
            found[one.request.name] = moves_told.why(broken.NAME, said, one.item.host)
    return found


def _stuck(
    fleet: Fleet,
    residents: Mapping[str, Resident],
    found: Moves,
    told: set[str],
    refused: Mapping[str, str],
    crowd: set[str],
) -> Settling:
    """Return that nobody can be helped: who is where it may not be, and what cannot hold."""
    names = sorted(told | refused.keys()) or sorted(crowd)
    made = moves_told.stuck(fleet, residents, found, names, "error" if told or refused else "warning")
    lines = {name: moves_told.refusal(residents[name], refused[name]) for name in sorted(refused.keys() - told)}
    return Settling(lines, (made,), told=frozenset(name for name in told if _is_of_place(residents[name].change)))


def _settled(
    fleet: Fleet,
    residents: Mapping[str, Resident],
    index: Index,
    found: Moves,
    left: list[str],
    ruled: set[str],
    crowd: set[str],
) -> Settling:
    of: dict[str, list[tuple[int, Move]]] = {}  # a ring is undone by moving somebody twice
    for number, move in enumerate(found.moves, 1):
        of.setdefault(move.name, []).append((number, move))
    placed = {name for name, one in residents.items() if _is_of_place(one.change)}
    lines = {
        name: moves_told.line(residents[name], moves, len(found.moves), whole=name in placed)
        for name, moves in of.items()
    }
    problems = [
        moves_told.problem(fleet, residents[name], moves, must=name in ruled or bool(ruled and name not in crowd))
        for name, moves in of.items()
    ]
    if left:
        problems.append(moves_told.no_room(residents, left))
    return Settling(
        lines,
        tuple(problems),
        told=frozenset(placed & of.keys()),
        staying={name: classify_staying(residents[name].desired, index) for name in sorted(placed - of.keys())},
        figures=moves_told.figures(found) if found.moves else {},
    )


def _is_of_place(change: Change | None) -> bool:
    """Tell whether a change is refused for where the instance lives, and for nothing else."""
    blocked = _blocked(change) if change is not None else set()
    return bool(blocked) and blocked <= PLACE_FIELDS


def _found(
    table: HostTable, residents: Mapping[str, Resident], ruled: set[str], crowd: set[str]
) -> tuple[Moves, list[str]]:
    """Return the moves, and who stays on a host that is too full because nobody knows where else."""
    found = _fewest(table, residents, ruled | crowd)
    if found.rows is not None or not (ruled and crowd - ruled):
        return found, []
    # Too full a host is no reason to leave the fleet's own rules broken.
    less = _fewest(table, residents, ruled)
    return (less, sorted(crowd - ruled)) if less.rows is not None else (found, [])


def _fewest(table: HostTable, residents: Mapping[str, Resident], wrong: set[str]) -> Moves:
    """Return the moves of those who are wrong where they are; with others' help where that is better."""
    from novalite.schedule.search import minimal_moves

    def moves(names: Iterable[str], *, explain: bool) -> Moves:
        return minimal_moves(table, _living(residents, names), explain=explain)

    names = sorted(wrong)
    others = _near(table, residents, wrong)
    found = moves(names, explain=not others)
    if found.rows is not None and (found.count == found.least or not others):
        return attrs.evolve(found, fewest=found.count == found.least or (found.fewest and not others))
    if not others:
        return found
    more = moves([*names, *others], explain=True)
    whole = len(names) + len(others) == len(residents)
    if more.rows is None or (found.rows is not None and (found.count, found.cost) <= (more.count, more.cost)):
        best = found if found.rows is not None else more
        # All of them together can be done with no fewer, if that much is known.
        return attrs.evolve(best, fewest=whole and more.fewest and (best is more or found.count == more.count))
    return attrs.evolve(more, fewest=more.count == more.least or (whole and more.fewest))


def _near(table: HostTable, residents: Mapping[str, Resident], wrong: set[str]) -> list[str]:
    """Return who else may help by moving: all of the others, or some where they are many."""
    others = [name for name in residents if name not in wrong]
    if len(wrong) + len(others) <= _TRIED:
        return sorted(others)
    if len(wrong) > _TRIED // 4:
        return []
    from novalite.schedule.search import problem_from_table

    problem = problem_from_table(table, [], _living(residents, wrong))
    reach = {row for row in range(len(table)) if problem.allowed[:, row].any()}
    for group in {residents[name].desired.group for name in wrong}:
        if group is not None:
            reach.update(table.members.get(group.name, ()))
    counts: dict[int, int] = {}
    for name in others:
        row = table.rows[residents[name].item.host]
        counts[row] = counts.get(row, 0) + 1
    ordered = sorted(
        (name for name in others if table.rows[residents[name].item.host] in reach),
        key=lambda name: (counts[row := table.rows[residents[name].item.host]], row, name),
    )
    return sorted(ordered[: _TRIED - len(wrong)])


def _living(residents: Mapping[str, Resident], names: Iterable[str]) -> list[Living]:
    from novalite.schedule.search import Living

    found = [residents[name] for name in sorted(names)]
    return [Living(one.request, one.item.host, spec=one.item.spec) for one in found]
