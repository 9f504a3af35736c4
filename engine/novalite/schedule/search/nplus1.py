# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep N+1: after the loss of any one host, what lived there still fits on the others. Pure.

The check places what is lost largest first on the fullest host that takes it: what it says fits does fit; a packing
that only a search would find it does not see, so it errs towards keeping more free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.search import greedy
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.state import State, hardest_first, units_of

if TYPE_CHECKING:
    from novalite.schedule.search.problem import Problem, Where
    from novalite.schedule.search.trackers import Tracker, Value


def stranded(problem: Problem, where: Where) -> dict[int, tuple[int, ...]]:
    """Return for each host whose loss hurts the items that then have no place: row -> items."""
    state = State(problem, where)
    return {row: lost for row in range(len(problem.hosts)) if (lost := _lost_with(state, row))}


def _lost_with(state: State, row: int) -> tuple[int, ...]:
    items = hardest_first(state.problem, state.on[row])
    if not items:
        return ()
    mark = len(state.log)
    kept = state.free[:, row].copy()
    for item in items:
        state.lift(item)
    state.free[:, row] = -1  # nothing fits on it: the host is gone
    left: list[int] = []
    for unit in units_of(state.problem, items):
        rows = state.unit_rows(unit)
        rows[row] = False
        found = rows.nonzero()[0]
        if found.size:
            state.place_unit(unit, greedy.tight(state, unit, found))
        else:
            left.extend(unit)
    state.undo(mark)
    state.free[:, row] = kept
    return tuple(sorted(left))


class _Stranded:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.where: Where = [NOWHERE] * len(problem.items)

    def add(self, item: int, row: int) -> None:
        self.where[item] = row

    def remove(self, item: int, row: int) -> None:  # noqa: ARG002
        self.where[item] = NOWHERE

    def value(self) -> Value:
        found = stranded(self.problem, self.where)
        return (sum(len(items) for items in found.values()),)


@attrs.frozen(slots=True)
class NPlusOne:
    """(items that the loss of one host would leave without a place, over all hosts)."""

    name: str = "N+1"
    grows: bool = False
    units: tuple[float, ...] = (1.0,)

    def tracker(self, problem: Problem) -> Tracker:
        """Return stranded items."""
        return _Stranded(problem)
