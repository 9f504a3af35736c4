# SPDX-License-Identifier: GPL-3.0-or-later
"""Local search: move one item, or let two change places, while that is better: never worse than the start. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.schedule.search.objectives import Objective, tracked
from novalite.schedule.search.state import State

if TYPE_CHECKING:
    from novalite.schedule.search.problem import Problem, Where

ROWS = 12  # hosts that are tried for an item
PARTNERS = 12  # items that are tried as partners


def improve(problem: Problem, where: Where, objective: Objective, steps: int) -> tuple[Where, int]:
    """Return an assignment that is no worse, places the same items, and from which no step was found; and the steps."""
    search = _Search(problem, where, objective, steps)
    search.run()
    return search.state.where, steps - max(search.left, 0)


class _Search:
    def __init__(self, problem: Problem, where: Where, objective: Objective, steps: int) -> None:
        self.problem, self.left = problem, steps
        self.state = State(problem, where)
        self.tracker = tracked(objective, problem, self.state.where)
        self.value = self.tracker.value()
        self.scale = np.maximum(problem.capacity, 1)
        self.weighed = np.array(problem.weighed, dtype=np.bool_)

    def run(self) -> None:
        done: set[int] = set()
        while self.left > 0:
            fill = self._fill()
            order = np.argsort(-fill, kind="stable").tolist()
            rows = [row for row in order if self.state.on[row] and row not in done]
            if not rows:
                return
            if self._relieve(rows[0], fill):
                done.clear()
            else:
                done.add(rows[0])

    def _fill(self) -> np.ndarray:
        if not self.weighed.any():
            return np.zeros(len(self.problem.hosts), dtype=np.float64)
        fills = 1.0 - self.state.free.T / self.scale
        found: np.ndarray = fills[:, self.weighed].max(axis=1)
        return found

    def _relieve(self, row: int, fill: np.ndarray) -> bool:
        """Find one better step that takes an item off a host."""
        seen: set[int] = set()
        for item in sorted(self.state.on[row], key=lambda item: (-self.problem.size[item], item)):
            if self.problem.kinds[item] not in seen:
                seen.add(self.problem.kinds[item])
                if self._move(item, row, fill) or self._swap(item, row, fill):
                    return True
        return False

    def _move(self, item: int, row: int, fill: np.ndarray) -> bool:
        state = self.state
        self._lift(item, row)
        passed = state.rows(item)
        passed[row] = False
        rows = np.flatnonzero(passed)
        for target in rows[np.argsort(fill[rows], kind="stable")][:ROWS].tolist():
            self._put(item, target)
            if self._better():
                return True
            self._lift(item, target)
        self._put(item, row)
        return False

    def _swap(self, item: int, row: int, fill: np.ndarray) -> bool:
        """Let an item change places with a smaller one on a host that is less full."""
        state, problem = self.state, self.problem
        rows = np.flatnonzero(problem.allowed[problem.class_of[item]])
        tried = 0
        for other_row in rows[np.argsort(fill[rows], kind="stable")][:ROWS].tolist():
            if other_row == row:
                continue
            kinds: dict[int, int] = {}
            for other in sorted(state.on[other_row]):
                if problem.size[other] < problem.size[item]:
                    kinds.setdefault(problem.kinds[other], other)
            for other in kinds.values():
                tried += 1
                if tried > PARTNERS or self.left <= 0:
                    return False
                if self._change_places(item, row, other, other_row):
                    return True
        return False

    def _change_places(self, item: int, row: int, other: int, other_row: int) -> bool:
        self.left -= 1
        self._lift(item, row)
        self._lift(other, other_row)
        if self.state.fits(item, other_row):
            self._put(item, other_row)
            if self.state.fits(other, row):
                self._put(other, row)
                if self._better():
                    return True
                self._lift(other, row)
            self._lift(item, other_row)
        self._put(item, row)
        self._put(other, other_row)
        return False

    def _better(self) -> bool:
        self.left -= 1
        value = self.tracker.value()
        if value < self.value:
            self.value = value
            return True
        return False

    def _lift(self, item: int, row: int) -> None:
        self.state.lift(item)
        self.tracker.remove(item, row)

    def _put(self, item: int, row: int) -> None:
        self.state.place(item, row)
        self.tracker.add(item, row)
