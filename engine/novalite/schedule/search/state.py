# SPDX-License-Identifier: GPL-3.0-or-later
"""State: an assignment in the making, which never breaks a rule, and can be taken back to any earlier point. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.schedule.search.problem import NOWHERE, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.schedule.table import Integers, Mask

Unit = tuple[int, ...]  # items that go to one host together


class State:
    """Who is where, what is left, and the log of what was done."""

    def __init__(self, problem: Problem, where: Where | None = None) -> None:
        """Begin with nothing placed, or with those of an assignment that fit, in the order of items."""
        self.problem = problem
        self.where: Where = [NOWHERE] * len(problem.items)
        self.free: Integers = np.array(problem.free.T, order="C")  # K x N: a column is one piece of memory
        self.on: list[dict[int, None]] = [{} for _ in problem.hosts]
        self.counts: list[dict[int, int]] = [{} for _ in problem.groups]  # group -> row -> items there
        self.log: list[tuple[int, int]] = []  # (item, the row where it was)
        for item, row in enumerate(where or ()):
            if row != NOWHERE and self.fits(item, row):
                self.place(item, row)

    @property
    def unplaced(self) -> list[int]:
        """Return the items without a host."""
        return [item for item, row in enumerate(self.where) if row == NOWHERE]

    def place(self, item: int, row: int) -> None:
        """Put an item on a host; whether it fits is the caller's to know."""
        self.log.append((item, self.where[item]))
        self._put(item, row)

    def lift(self, item: int) -> None:
        """Take an item off its host."""
        self.log.append((item, self.where[item]))
        self._take(item)

    def undo(self, mark: int) -> None:
        """Go back to when the log had this length."""
        while len(self.log) > mark:
            item, row = self.log.pop()
            if self.where[item] != NOWHERE:
                self._take(item)
            if row != NOWHERE:
                self._put(item, row)

    def _put(self, item: int, row: int) -> None:
        self.where[item] = row
        self.on[row][item] = None
        for column, amount in self.problem.asks[item]:
            self.free[column, row] -= amount
        group = self.problem.group_of[item]
        if group >= 0:
            self.counts[group][row] = self.counts[group].get(row, 0) + 1

    def _take(self, item: int) -> None:
        row = self.where[item]
        self.where[item] = NOWHERE
        del self.on[row][item]
        for column, amount in self.problem.asks[item]:
            self.free[column, row] += amount
        group = self.problem.group_of[item]
        if group >= 0:
            self.counts[group][row] -= 1
            if not self.counts[group][row]:
                del self.counts[group][row]

    def fits(self, item: int, row: int) -> bool:
        """Tell whether an item that is nowhere may be put on one host now."""
        problem = self.problem
        if not problem.allowed[problem.class_of[item], row]:
            return False
        if any(self.free[column, row] < amount for column, amount in problem.asks[item]):
            return False
        return self.group_fits(problem.group_of[item], row)

    def group_fits(self, group: int, row: int) -> bool:
        """Tell whether a group (-1: none) lets one more onto a host."""
        if group < 0:
            return True
        rule, counts = self.problem.groups[group], self.counts[group]
        if rule.apart:
            return rule.fixed.get(row, 0) + counts.get(row, 0) < rule.limit
        if rule.together:
            held = rule.fixed or counts
            return not held or row in held
        return True

    def rows(self, item: int, allowed: Mask | None = None) -> Mask:
        """Return the rows where an item that is nowhere may be put now; ``allowed``: in place of its static rules."""
        problem = self.problem
        found: Mask = (problem.allowed[problem.class_of[item]] if allowed is None else allowed).copy()
        for column, amount in problem.asks[item]:
            found &= self.free[column] >= amount
        self._narrow(found, problem.group_of[item])
        return found

    def _narrow(self, found: Mask, group: int) -> None:
        """Take from a mask the rows that a group does not leave."""
        if group < 0:
            return
        rule, counts = self.problem.groups[group], self.counts[group]
        if rule.apart:
            for row in (*counts, *rule.fixed):
                if rule.fixed.get(row, 0) + counts.get(row, 0) >= rule.limit:
                    found[row] = False
        elif rule.together and (held := rule.fixed or counts):
            inside = np.zeros_like(found)
            inside[list(held)] = True
            found &= inside

    def unit_rows(self, unit: Unit) -> Mask:
        """Return the rows where several items of one group that are nowhere may be put together."""
        found = self.rows(unit[0])
        if len(unit) > 1:
            problem = self.problem
            for item in unit[1:]:
                found &= problem.allowed[problem.class_of[item]]
            for column, amount in enumerate(problem.demand[list(unit)].sum(axis=0).tolist()):
                if amount:
                    found &= self.free[column] >= amount
        return found

    def place_unit(self, unit: Unit, row: int) -> None:
        """Put several items on a host."""
        for item in unit:
            self.place(item, row)


def unit_of(problem: Problem, item: int) -> Unit:
    """Return the items that must move with an item: its affinity group where nothing outside ties that to hosts."""
    group = problem.group_of[item]
    if group >= 0 and problem.groups[group].together and not problem.groups[group].fixed:
        return problem.members[group]
    return (item,)


def hardest_first(problem: Problem, items: Iterable[int]) -> list[int]:
    """Return items in the order in which they are best placed: few choices first, then big ones."""
    return sorted(items, key=lambda item: (problem.choices[item], -problem.size[item], item))


def units_of(problem: Problem, items: Sequence[int]) -> list[Unit]:
    """Return the items as units, in their order; of a unit only those that are among the items."""
    wanted, found = set(items), []
    for item in items:
        if item in wanted:
            unit = tuple(member for member in unit_of(problem, item) if member in wanted)
            wanted.difference_update(unit)
            found.append(unit)
    return found
