# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that pay: the best gain first, one after the other, until nothing pays. Pure.

Every move leaves all rules as they are: it goes where there is room for it at that moment, so the list is in the order
in which it can be done. To empty a host takes several moves; they are taken together, and share the gain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.schedule.search import greedy
from novalite.schedule.search.moves import Move
from novalite.schedule.search.objectives import Objective, tracked
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.state import State, hardest_first, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.schedule.search.problem import Problem
    from novalite.schedule.search.trackers import Value

ROWS = 16  # hosts looked at on either side
Bundle = tuple[tuple[int, int], ...]  # (item, target) in order


@attrs.frozen(slots=True)
class Rebalanced:
    """``moves`` in an order that can be done; ``before`` and ``after``: the objective's value."""

    moves: tuple[Move, ...]
    before: Value
    after: Value
    steps: int


def rebalance_problem(
    problem: Problem, objective: Objective, *, max_moves: int = 100, min_gain: float = 0.0, per_gib: float = 0.0
) -> Rebalanced:
    """Return the moves that pay for a problem whose items all live somewhere by the rules.

    A move's gain is by how much the objective's numbers fall (hosts, and millionths turned to whole fills), less
    ``per_gib`` for each GiB that it copies; it must be more than ``min_gain``.
    """
    search = _Search(problem, objective, per_gib)
    before = search.value
    moves: list[Move] = []
    while len(moves) < max_moves:
        found = search.best(max_moves - len(moves), min_gain)
        if found is None:
            break
        bundle, gain = found
        moves += search.do(bundle, gain)
    return Rebalanced(tuple(moves), before, search.value, search.steps)


class _Search:
    def __init__(self, problem: Problem, objective: Objective, per_gib: float) -> None:
        self.problem, self.objective, self.per_gib = problem, objective, per_gib
        self.state = State(problem, list(problem.current))
        self.tracker = tracked(objective, problem, self.state.where)
        self.value = self.tracker.value()
        self.steps = 0

    def best(self, most: int, min_gain: float) -> tuple[Bundle, float] | None:
        """Return the bundle with the largest gain a move, of those that gain enough; the first of equals."""
        found: tuple[Bundle, float] | None = None
        for bundle in self._bundles(most):
            self.steps += 1
            gain = self._gain(bundle)
            if gain > max(min_gain, 1e-9) and (found is None or gain > found[1] + 1e-12):
                found = bundle, gain
        return found

    def _gain(self, bundle: Bundle) -> float:
        """Return the gain of a bundle for each of its moves."""
        origin = [self.state.where[item] for item, _ in bundle]
        for (item, row), source in zip(bundle, origin, strict=True):
            self.tracker.remove(item, source)
            self.tracker.add(item, row)
        after = self.tracker.value()
        for (item, row), source in zip(reversed(bundle), reversed(origin), strict=True):
            self.tracker.remove(item, row)
            self.tracker.add(item, source)
        if after >= self.value:
            return 0.0
        copied = sum(self.problem.cost[item] for item, _ in bundle) / 1024
        fall = sum(unit * (was - now) for unit, was, now in zip(self.objective.units, self.value, after, strict=True))
        return (fall - self.per_gib * copied) / len(bundle)

    def do(self, bundle: Bundle, gain: float) -> list[Move]:
        """Make the moves of a bundle."""
        problem, found = self.problem, []
        for item, row in bundle:
            source = self.state.where[item]
            self.state.lift(item)
            self.state.place(item, row)
            self.tracker.remove(item, source)
            self.tracker.add(item, row)
            hosts = problem.hosts[source], problem.hosts[row]
            cost = problem.cost[item]
            found.append(Move(problem.items[item], *hosts, "gain", self.objective.name, cost, gain=round(gain, 9)))
        self.value = self.tracker.value()
        return found

    def _bundles(self, most: int) -> Iterator[Bundle]:
        yield from self._single()
        if most > 1:
            yield from self._emptying(most)

    def _rows(self) -> list[int]:
        """Return rows with items, the fullest first."""
        problem = self.problem
        fill = 1.0 - self.state.free.T / np.maximum(problem.capacity, 1)
        top = fill.max(axis=1, initial=0.0)
        return [row for row in np.argsort(-top, kind="stable").tolist() if self.state.on[row]]

    def _single(self) -> Iterator[Bundle]:
        problem, state = self.problem, self.state
        top = (1.0 - state.free.T / np.maximum(problem.capacity, 1)).max(axis=1, initial=0.0)
        for row in self._rows()[:ROWS]:
            for item in sorted(state.on[row]):
                passed = self._targets(item)
                rows = np.flatnonzero(passed)
                for target in rows[np.argsort(top[rows], kind="stable")][:ROWS].tolist():
                    yield ((item, target),)

    def _targets(self, item: int) -> np.ndarray:
        """Return where an item may go while it still takes its room where it is."""
        found = self.state.rows(item)
        if self.state.where[item] != NOWHERE:
            found[self.state.where[item]] = False
        return found

    def _emptying(self, most: int) -> Iterator[Bundle]:
        """Yield for each host, the least filled first, the moves that empty it onto others in use."""
        problem, state = self.problem, self.state
        for row in self._rows()[::-1][:ROWS]:
            if problem.in_use[row] or len(state.on[row]) > most:
                continue
            mark, bundle, done = len(state.log), [], True
            for unit in units_of(problem, hardest_first(problem, state.on[row])):
                for item in unit:
                    state.lift(item)
                passed = state.unit_rows(unit)
                passed[row] = False
                passed &= np.array(
                    [bool(state.on[other]) or problem.in_use[other] for other in range(len(problem.hosts))]
                )
                rows = np.flatnonzero(passed)
                if not rows.size:
                    done = False
                    break
                target = greedy.tight(state, unit, rows)
                state.place_unit(unit, target)
                bundle += [(item, target) for item in unit]
            state.undo(mark)
            if done and bundle:
                yield tuple(bundle)
