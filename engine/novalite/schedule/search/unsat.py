# SPDX-License-Identifier: GPL-3.0-or-later
"""Why not all can be placed: a smallest set of demands that cannot hold together. Pure.

Demands are: an instance has a host; one of its rules; a group's rule; room in a column. Each is left out in turn, and
left out for good where the rest is still impossible; so what remains becomes possible as soon as any one is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.search import greedy, small
from novalite.schedule.search.counting import shortage
from novalite.schedule.search.faults import AFFINITY_RULE, ANTI_AFFINITY_RULE, rule_of_column
from novalite.schedule.search.objectives import FewestMoves
from novalite.schedule.search.problem import NOWHERE, GroupRule, Problem
from novalite.schedule.search.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from novalite.schedule.table import Mask

STEPS = 20_000  # for each question whether something is possible
ALL_STEPS = 400_000  # ... and for all questions of a core
TRIED = 20  # instances around which an impossible part is looked for
TOLD = 100  # instances that a core may have
PLACED = "has a host"


@attrs.frozen(slots=True, order=True)
class Demand:
    """One thing that is asked. ``subject``: an instance, a group or a column; ``rule``: a filter, or ``PLACED``."""

    rule: str
    subject: str
    kind: str  # item, rule, group, column


@attrs.frozen(slots=True)
class Core:
    """Demands that cannot hold together; ``proved``: without any one of them the others can.

    ``short``: what there is not enough of, where counting alone shows it.
    """

    demands: tuple[Demand, ...]
    proved: bool
    short: str | None = None


def unsat_core(problem: Problem, steps: int = STEPS) -> Core | None:
    """Return a minimal set of demands that cannot hold together.

    None where all can, where nothing could be proved, or where so many are part of it that nobody would read it.
    """
    budget = _Budget(ALL_STEPS)
    chosen = _impossible_part(problem, steps, budget)
    if chosen is None or len(chosen) > TOLD:
        return None
    part = _only(problem, chosen)
    kept = [*_demands(part)]
    proved = True
    for demand in list(kept):
        if demand not in kept:
            continue
        without = [other for other in kept if other != demand and not _falls_with(other, demand)]
        answer = budget.possible(_with(part, without), steps)
        if answer is False:
            kept = without
        proved &= answer is not None
    ordered = sorted(kept, key=lambda demand: (_ORDER[demand.kind], demand.subject, demand.rule))
    return Core(tuple(ordered), proved, shortage(_with(part, kept)))


_ORDER = {"item": 0, "rule": 1, "group": 2, "column": 3}


def _falls_with(other: Demand, demand: Demand) -> bool:
    """Tell whether a demand says nothing any more without another: rules of an instance that need not be placed."""
    return demand.kind == "item" and other.kind == "rule" and other.subject == demand.subject


def _demands(problem: Problem) -> Iterator[Demand]:
    """Yield all demands, first those that are best got rid of: what is left last is what is told."""
    for name in problem.columns:
        yield Demand(rule_of_column(name), name, "column")
    for item in reversed(range(len(problem.items))):
        yield Demand(PLACED, problem.items[item], "item")
    for item in range(len(problem.items)):
        for rule, mask in problem.rules[problem.class_of[item]].items():
            if not mask.all():
                yield Demand(rule, problem.items[item], "rule")
    asking = set(problem.group_of)
    for index, group in enumerate(problem.groups):
        if index in asking and (group.apart or group.together):
            yield Demand(ANTI_AFFINITY_RULE if group.apart else AFFINITY_RULE, group.name, "group")


def _impossible_part(problem: Problem, steps: int, budget: _Budget) -> list[int] | None:
    """Return items that cannot all be placed: around one that was left over, more and more until that is proved."""
    where = greedy.in_order(problem, greedy.tight, hard_first=True).where
    if shortage(problem) is None:
        where, used = repair(problem, where, steps)
        budget.left -= used * (1 + len(problem.hosts) // 100)
    lost = [item for item, row in enumerate(where) if row == NOWHERE]
    for item in lost[:TRIED]:
        near = _nearest_first(problem, item)
        size = 1
        while True:
            chosen = sorted(near[:size])
            if budget.possible(_only(problem, chosen), steps) is False:
                return chosen
            if size >= len(near) or size > TOLD or budget.left <= 0:
                break
            size = min(size * 2, len(near))
    return None


def _nearest_first(problem: Problem, item: int) -> list[int]:
    """Return all items, those first that an item has most to do with: its group, its hosts."""
    mine = problem.allowed[problem.class_of[item]]
    group = problem.group_of[item]
    shares = [int((problem.allowed[number] & ~mine).sum()) for number in range(len(problem.rules))]
    meets = [bool((problem.allowed[number] & mine).any()) for number in range(len(problem.rules))]

    def distance(other: int) -> tuple[bool, bool, bool, int, int]:
        number = problem.class_of[other]
        return (other != item, group < 0 or problem.group_of[other] != group, not meets[number], shares[number], other)

    return sorted(range(len(problem.items)), key=distance)


def _only(problem: Problem, items: Sequence[int]) -> Problem:
    """Return the problem of some of the items; the others do not exist."""
    return attrs.evolve(
        problem,
        items=tuple(problem.items[item] for item in items),
        demand=problem.demand[list(items)].reshape(len(items), len(problem.columns)),
        class_of=tuple(problem.class_of[item] for item in items),
        group_of=tuple(problem.group_of[item] for item in items),
        current=(NOWHERE,) * len(items),
        cost=(0,) * len(items),
    )


def _with(problem: Problem, demands: Iterable[Demand]) -> Problem:
    """Return the problem in which only some of the demands are made."""
    asked = {(demand.kind, demand.subject, demand.rule) for demand in demands}
    items = [item for item, name in enumerate(problem.items) if ("item", name, PLACED) in asked]
    found = _only(problem, items)
    classes: dict[tuple[int, tuple[str, ...]], int] = {}
    class_of: list[int] = []
    rules: list[Mapping[str, Mask]] = []
    for item in items:
        number = problem.class_of[item]
        names = tuple(name for name in problem.rules[number] if ("rule", problem.items[item], name) in asked)
        if (number, names) not in classes:
            classes[number, names] = len(rules)
            rules.append({name: problem.rules[number][name] for name in names})
        class_of.append(classes[number, names])
    free = problem.free.copy()
    for column, name in enumerate(problem.columns):
        if ("column", name, rule_of_column(name)) not in asked:
            free[:, column] = max(int(problem.demand[:, column].sum()), 0)
    groups = []
    for group in problem.groups:
        rule = ANTI_AFFINITY_RULE if group.apart else AFFINITY_RULE
        groups.append(group if ("group", group.name, rule) in asked else GroupRule(group.name, ""))
    return attrs.evolve(found, class_of=tuple(class_of), rules=tuple(rules), free=free, groups=tuple(groups))


class _Budget:
    """Steps for all questions together: how long it takes to find a core has a limit, whatever the problem."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def possible(self, problem: Problem, steps: int) -> bool | None:
        """Tell whether all items can be placed together; None where the steps do not tell."""
        if not problem.items:
            return True
        self.left -= len(problem.items)
        if shortage(problem) is not None:
            return False
        where = greedy.in_order(problem, greedy.tight, hard_first=True).where
        if NOWHERE not in where:
            return True
        steps = min(steps, self.left)
        if steps <= 0:
            return None
        found = small.best(problem, FewestMoves(), steps, whole=True) if len(problem.items) <= 60 else None
        self.left -= found.steps if found is not None else 0
        if found is not None and (found.where is not None or found.proved):
            return found.where is not None
        where, used = repair(problem, where, steps)
        self.left -= used * (1 + len(problem.hosts) // 100)  # a step looks at every host
        return True if NOWHERE not in where else None
