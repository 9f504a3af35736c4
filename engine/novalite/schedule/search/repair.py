# SPDX-License-Identifier: GPL-3.0-or-later
"""What greedy placement left over finds a place by moving others on: chains of ejections, then exact search around it.

The budget is a number of steps, never of seconds, and every choice has one order: the same batch gives the same answer
on every machine. An affinity group that nothing ties to hosts moves as one. Pure.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from novalite.schedule.search import greedy, small
from novalite.schedule.search.objectives import HostCount
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.state import State, hardest_first, unit_of, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.schedule.search.problem import Problem
    from novalite.schedule.search.state import Unit

DEPTH = 3  # links of a chain
ROWS = 24  # hosts that a link looks at
SETS = 6  # sets of items to eject that it tries on each
CORE_ITEMS = 40  # the exact search takes up to so many items, and
CORE_STEPS = 4_000  # so many steps for each that is left


class Repair:
    """A state to mend, and the steps that are left for it."""

    def __init__(self, state: State, steps: int) -> None:
        self.state, self.problem, self.left = state, state.problem, steps
        self.fixed: set[int] = set()  # items that must stay while a chain is tried
        self.barred: np.ndarray | None = None  # rows that nothing may be put on

    def run(self) -> None:
        """Place as many as the budget allows; nobody who has a host loses it."""
        units = units_of(self.problem, hardest_first(self.problem, self.state.unplaced))
        share = max(self.left // (2 * max(len(units), 1)), 200)
        for unit in units:
            # An affinity group goes as a whole, with those of it that were put somewhere already; else one by one.
            ways = [unit_of(self.problem, unit[0]), *((item,) for item in unit)]
            for way in ways if len(ways[0]) > 1 else ways[:1]:
                if any(self.state.where[item] == NOWHERE for item in way):
                    self._within(way, share)
        if self.state.unplaced:
            self._exactly()

    def _within(self, unit: Unit, share: int) -> None:
        """Spend a part of the budget on one unit."""
        kept = max(self.left - share, 0)
        self.left -= kept
        self.insert(unit, DEPTH)
        self.left = kept + max(self.left, 0)

    def insert(self, unit: Unit, depth: int) -> bool:
        """Put a unit somewhere, moving others if need be; change nothing where that fails."""
        mark = len(self.state.log)
        for item in unit:
            if self.state.where[item] != NOWHERE:
                self.state.lift(item)
        if self._insert(unit, depth):
            return True
        self.state.undo(mark)
        return False

    def _insert(self, unit: Unit, depth: int) -> bool:
        self.left -= 1
        if self.left < 0:
            return False
        passed = self.state.unit_rows(unit)
        if self.barred is not None:
            passed &= ~self.barred
        rows = np.flatnonzero(passed)
        if rows.size:
            self.state.place_unit(unit, greedy.tight(self.state, unit, rows))
            return True
        return depth > 0 and any(self._eject(unit, row, depth) for row in self._candidates(unit))

    def _candidates(self, unit: Unit) -> list[int]:
        """Return the rows that would do if enough were moved away, those that lack least first."""
        problem, state = self.problem, self.state
        passed = np.ones(len(problem.hosts), dtype=np.bool_)
        for item in unit:
            passed &= problem.allowed[problem.class_of[item]]
        if self.barred is not None:
            passed &= ~self.barred
        lack = np.zeros(len(problem.hosts), dtype=np.float64)
        for column, amount in enumerate(problem.demand[list(unit)].sum(axis=0).tolist()):
            if amount:
                passed &= problem.free[:, column] >= amount
                lack += np.maximum(amount - state.free[column], 0) / np.maximum(problem.capacity[:, column], 1)
        rows = np.flatnonzero(passed)
        return [int(row) for row in rows[np.argsort(lack[rows], kind="stable")][:ROWS]]

    def _eject(self, unit: Unit, row: int, depth: int) -> bool:
        """Put a unit on a row in place of some that live there, if those find a place."""
        state = self.state
        for leaving in self._sets(unit, row):
            mark = len(state.log)
            for item in (member for other in leaving for member in other):
                state.lift(item)
            if state.unit_rows(unit)[row]:
                state.place_unit(unit, row)
                kept = self.fixed
                self.fixed = kept | set(unit)
                done = all(self._insert(other, depth - 1) for other in leaving)
                self.fixed = kept
                if done:
                    return True
            state.undo(mark)
            if self.left < 0:
                return False
        return False

    def _sets(self, unit: Unit, row: int) -> Iterator[tuple[Unit, ...]]:
        """Yield sets of units on a row whose leaving makes room, small ones first; one of each kind."""
        problem, state = self.problem, self.state
        there = [item for item in sorted(state.on[row]) if item not in self.fixed]
        units = [other for other in units_of(problem, there) if problem.choices[other[0]] > 1]
        units.sort(key=lambda other: (math.fsum(problem.size[item] for item in other), other))
        units = [other for other in units if not self.fixed.intersection(unit_of(problem, other[0]))]
        tried: set[object] = set()
        count = 0
        for number in (1, 2, 3):
            for leaving in combinations(units[:12], number):
                kind = tuple(sorted(tuple(problem.kinds[item] for item in other) for other in leaving))
                if kind in tried or not self._makes_room(unit, row, leaving):
                    continue
                tried.add(kind)
                yield leaving
                count += 1
                if count >= SETS:
                    return
        if not count and len(units) > 3 and self._makes_room(unit, row, tuple(units)):
            yield tuple(units)

    def _makes_room(self, unit: Unit, row: int, leaving: tuple[Unit, ...]) -> bool:
        problem, state = self.problem, self.state
        gone = [item for other in leaving for item in other]
        need = problem.demand[list(unit)].sum(axis=0) - problem.demand[gone].sum(axis=0)
        if bool(((need > state.free[:, row]) & (problem.demand[list(unit)].sum(axis=0) > 0)).any()):
            return False
        group = problem.group_of[unit[0]]
        if group < 0 or not problem.groups[group].apart:
            return True
        rule = problem.groups[group]
        held = rule.fixed.get(row, 0) + state.counts[group].get(row, 0)
        return held - sum(problem.group_of[item] == group for item in gone) < rule.limit

    def _exactly(self) -> None:
        """Search all ways for those still left and whoever is on the hosts that they might use."""
        problem, state = self.problem, self.state
        for item in hardest_first(problem, state.unplaced):
            if state.where[item] != NOWHERE or self.left <= 0:
                continue
            lost = state.unplaced
            items = set(lost) if len(lost) <= CORE_ITEMS else {item}  # of too many, each by itself
            for row in self._candidates((item,)):
                there = {member for other in state.on[row] for member in unit_of(problem, other)}
                if len(items | there) > CORE_ITEMS:
                    break
                items |= there
            budget = min(self.left, CORE_STEPS)
            found = small.best(problem, HostCount(), budget, items=items, base=state.where, below=(len(lost),))
            self.left -= max(found.steps, len(problem.items) // 10)  # to begin is work, too, where items are many
            if found.where is not None:
                self._take_over(found.where)

    def _take_over(self, where: list[int]) -> None:
        changed = [item for item, row in enumerate(where) if row != self.state.where[item]]
        for item in changed:
            if self.state.where[item] != NOWHERE:
                self.state.lift(item)
        for item in changed:
            if where[item] != NOWHERE:
                self.state.place(item, where[item])


def repair(problem: Problem, where: list[int], steps: int) -> tuple[list[int], int]:
    """Return an assignment that places no fewer items, and the steps that it took."""
    mending = Repair(State(problem, where), steps)
    if mending.state.unplaced:
        mending.run()
    return mending.state.where, steps - max(mending.left, 0)
