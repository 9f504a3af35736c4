# SPDX-License-Identifier: GPL-3.0-or-later
"""What an assignment breaks: a rule, where, and between whom. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU
from novalite.schedule.search.problem import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.schedule.search.problem import Problem, Where

ANTI_AFFINITY_RULE, AFFINITY_RULE = "ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"
_COLUMNS = {
    VCPU: "CoreFilter",
    MEMORY_MB: "RamFilter",
    DISK_GB: "DiskFilter",
    "instances": "NumInstancesFilter",
    "operations": "IoOpsFilter",
}


@attrs.frozen(slots=True)
class Fault:
    """A rule that does not hold; ``items``: who is part of it, on ``row`` (-1: on several)."""

    rule: str
    why: str
    items: tuple[int, ...]
    row: int = NOWHERE
    excess: int = 1  # how many of the items must go at least


def rule_of_column(name: str) -> str:
    """Return the filter that a column stands for."""
    return _COLUMNS.get(name, "ResourcesFilter")


def faults(problem: Problem, where: Where) -> list[Fault]:
    """Return what an assignment breaks: static rules first, then groups, then room. Items without a host break none."""
    return [*_static(problem, where), *_groups(problem, where), *_room(problem, where)]


def _static(problem: Problem, where: Where) -> Iterator[Fault]:
    for item, row in enumerate(where):
        if row != NOWHERE and not problem.allowed[problem.class_of[item], row]:
            broken = [name for name, mask in problem.rules[problem.class_of[item]].items() if not mask[row]]
            why = f"{problem.items[item]} may not be on {problem.hosts[row]}"
            yield Fault(broken[0], f"{why}: {', '.join(broken)}", (item,), row)


def _groups(problem: Problem, where: Where) -> Iterator[Fault]:
    for rule, members in zip(problem.groups, problem.members, strict=True):
        on: dict[int, list[int]] = {}
        for item in members:
            if where[item] != NOWHERE:
                on.setdefault(where[item], []).append(item)
        if rule.apart:
            for row, items in sorted(on.items()):
                count = len(items) + rule.fixed.get(row, 0)
                if count > rule.limit:
                    host = problem.hosts[row]
                    why = f"{host} holds {count} members of group {rule.name}, at most {rule.limit} may be there"
                    yield Fault(ANTI_AFFINITY_RULE, why, tuple(items), row, min(count - rule.limit, len(items)))
        elif rule.together and on:
            home = max(sorted(on), key=lambda row: len(on[row]))
            homes = set(rule.fixed) or {home}
            away = tuple(item for row, items in sorted(on.items()) if row not in homes for item in items)
            if away:
                there = ", ".join(problem.hosts[row] for row in sorted({*on, *rule.fixed}))
                everyone = away if rule.fixed else tuple(item for items in on.values() for item in items)
                why = f"members of group {rule.name} belong together and are on {there}"
                yield Fault(AFFINITY_RULE, why, tuple(sorted(everyone)), excess=len(away))


def _room(problem: Problem, where: Where) -> Iterator[Fault]:
    on: dict[int, list[int]] = {}
    for item, row in enumerate(where):
        if row != NOWHERE:
            on.setdefault(row, []).append(item)
    for row, items in sorted(on.items()):
        for column, name in enumerate(problem.columns):
            amounts = sorted((int(problem.demand[item, column]) for item in items), reverse=True)
            over = sum(amounts) - int(problem.free[row, column])
            if over <= 0 or not amounts[0]:
                continue
            excess = 0
            while over > 0 and excess < len(amounts):
                over -= amounts[excess]
                excess += 1
            taking = tuple(item for item in items if problem.demand[item, column])
            room = int(problem.free[row, column])
            host = problem.hosts[row]
            why = f"they take {sum(amounts)} {name} on {host}, where there is room for {room}"
            yield Fault(rule_of_column(name), why, taking, row, min(excess, len(taking)))


def least_moves(problem: Problem, where: Where) -> int:
    """Return a number of items that must leave their hosts at least for all rules to hold."""
    misplaced = {fault.items[0] for fault in _static(problem, where)}
    rest = [NOWHERE if item in misplaced else row for item, row in enumerate(where)]
    by_row: dict[int, int] = {}
    apart: dict[int, int] = {}
    away = 0
    for fault in _room(problem, rest):
        by_row[fault.row] = max(by_row.get(fault.row, 0), fault.excess)
    for fault in _groups(problem, rest):
        if fault.row == NOWHERE:
            away += fault.excess
        else:
            apart[fault.row] = apart.get(fault.row, 0) + fault.excess
    rows = {*by_row, *apart}
    return len(misplaced) + max(sum(max(by_row.get(row, 0), apart.get(row, 0)) for row in rows), away)
