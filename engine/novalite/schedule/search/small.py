# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact search by backtracking: some items over all rows, with the rest of an assignment as it is. Pure.

What it finds within its budget of steps is the best there is, where ``proved`` says so: every branch left out was
either no better by its bound (objectives only grow), or equal to one that was tried (items of one kind, hosts of one
kind).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.search.problem import NOWHERE, Problem, Where
from novalite.schedule.search.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.schedule.search.objectives import Objective
    from novalite.schedule.search.trackers import Tracker, Value


@attrs.frozen(slots=True)
class Found:
    """``value`` begins with the number of items without a host."""

    where: Where | None  # None: nothing (better than what was known)
    value: Value | None
    proved: bool
    steps: int


def best(
    problem: Problem,
    objective: Objective,
    steps: int,
    *,
    items: Iterable[int] | None = None,
    base: Where | None = None,
    below: Value | None = None,
    whole: bool = False,
) -> Found:
    """Return the best assignment of some items, others staying as ``base`` has them.

    ``below``: only what is better than this value counts. ``whole``: only assignments that place every item count.
    """
    chosen = list(range(len(problem.items))) if items is None else sorted(items)
    search = _Search(problem, objective, steps, chosen, base)
    search.best = below
    search.whole = whole
    search.descend(0)
    value = search.best if search.where is not None else None
    return Found(search.where, value, search.left >= 0, steps - search.left)


class _Search:
    """Plain lists instead of arrays: at this size they are several times quicker."""

    def __init__(self, problem: Problem, objective: Objective, steps: int, items: list[int], base: Where | None):
        self.problem, self.left, self.grows = problem, steps, objective.grows
        kept = [NOWHERE] * len(problem.items) if base is None else list(base)
        for item in items:
            kept[item] = NOWHERE
        state = State(problem, kept)
        self.now: Where = state.where
        self.free: list[list[int]] = state.free.T.tolist()
        self.counts = state.counts
        self.tracker: Tracker = objective.tracker(problem)
        for item, row in enumerate(self.now):
            if row != NOWHERE:
                self.tracker.add(item, row)
        self.lost = sum(self.now[item] == NOWHERE for item in set(range(len(problem.items))) - set(items))
        self.order = _order(problem, items)
        self.rows = _preferences(problem, self.order)
        self.signatures, self.touched = _signatures(problem, self.now), [0] * len(problem.hosts)
        self.best: Value | None = None
        self.where: Where | None = None
        self.whole = False
        self.position: dict[int, int] = {}  # item -> index of its row among those of its kind

    def descend(self, depth: int) -> None:
        """Try every row for the item at this depth, and none."""
        self.left -= 1
        if self.left < 0:
            return
        if self._is_hopeless():
            return
        if depth == len(self.order):
            self.best = (self.lost, *self.tracker.value())
            self.where = list(self.now)
            return
        item = self.order[depth]
        rows, begin = self.rows[depth], self._begin(depth)
        untouched: set[object] = set()
        for position in range(begin, len(rows)):
            row = rows[position]
            if not self.touched[row]:
                if self.signatures[row] in untouched:
                    continue
                untouched.add(self.signatures[row])
            if self._fits(item, row):
                self._put(item, row)
                self.position[item] = position
                self.descend(depth + 1)
                self._take(item, row)
        if not self.whole:
            self.lost += 1
            self.position[item] = len(rows)
            self.descend(depth + 1)
            self.lost -= 1

    def _begin(self, depth: int) -> int:
        """Return the first position to try: one of a kind is never before its predecessor."""
        if depth and self.problem.kinds[self.order[depth]] == self.problem.kinds[self.order[depth - 1]]:
            return self.position[self.order[depth - 1]]
        return 0

    def _is_hopeless(self) -> bool:
        if self.best is None:
            return False
        if self.lost != self.best[0]:
            return self.lost > self.best[0]
        if self.grows or sum(row == NOWHERE for row in self.now) == self.lost:
            return (self.lost, *self.tracker.value()) >= self.best
        return False

    def _fits(self, item: int, row: int) -> bool:
        free = self.free[row]
        for column, amount in self.problem.asks[item]:
            if free[column] < amount:
                return False
        group = self.problem.group_of[item]
        if group < 0:
            return True
        rule, counts = self.problem.groups[group], self.counts[group]
        if rule.apart:
            return rule.fixed.get(row, 0) + counts.get(row, 0) < rule.limit
        if rule.together:
            held = rule.fixed or counts
            return not held or row in held
        return True

    def _put(self, item: int, row: int) -> None:
        self.now[item] = row
        self.touched[row] += 1
        for column, amount in self.problem.asks[item]:
            self.free[row][column] -= amount
        group = self.problem.group_of[item]
        if group >= 0:
            self.counts[group][row] = self.counts[group].get(row, 0) + 1
        self.tracker.add(item, row)

    def _take(self, item: int, row: int) -> None:
        self.now[item] = NOWHERE
        self.touched[row] -= 1
        for column, amount in self.problem.asks[item]:
            self.free[row][column] += amount
        group = self.problem.group_of[item]
        if group >= 0:
            self.counts[group][row] -= 1
            if not self.counts[group][row]:
                del self.counts[group][row]
        self.tracker.remove(item, row)


def _order(problem: Problem, items: Sequence[int]) -> list[int]:
    """Return items hardest first, those of one kind beside each other."""
    first: dict[int, int] = {}
    for item in items:
        first.setdefault(problem.kinds[item], item)
    return sorted(
        items, key=lambda item: (problem.choices[item], -problem.size[item], first[problem.kinds[item]], item)
    )


def _preferences(problem: Problem, order: Sequence[int]) -> list[list[int]]:
    """Return for each item of the order the rows that its static rules leave, its own first."""
    found = []
    for item in order:
        home = problem.current[item]
        rows = [int(row) for row in problem.allowed[problem.class_of[item]].nonzero()[0]]
        found.append(sorted(rows, key=lambda row: (row != home, row)))
    return found


def _signatures(problem: Problem, base: Where) -> list[object]:
    """Return for each row what makes it different from others while nothing is put on it."""
    special = {*problem.current, *base, *(row for rule in problem.groups for row in rule.fixed)}
    columns = problem.allowed.T.tolist()
    rows = range(len(problem.hosts))
    capacity, free = problem.capacity.tolist(), problem.free.tolist()
    return [
        row if row in special else (tuple(capacity[row]), tuple(free[row]), tuple(columns[row]), problem.in_use[row])
        for row in rows
    ]
