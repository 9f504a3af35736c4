# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order moves are done, so that nothing in between breaks a rule that holds: one at a time. Pure.

While an instance is copied it takes its room on both hosts; so each move must fit on its target before it leaves its
source. Where moves wait for each other in a ring, one of them goes by way of a third host; where no host has room for
that, it is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.schedule.search.moves import Move
    from novalite.schedule.search.problem import Problem, Where

HOP = "by way of this host: the moves wait for each other in a ring"
STOP = "no host has room meanwhile: it must be stopped, and its room given to others, before it starts again"
APART = "the group is apart until all of it has moved"


class _Now:
    """Who is where in the middle of it, even where rules are broken to begin with."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.state = State(problem)
        for item, row in enumerate(problem.current):
            if row != NOWHERE:
                self.state.place(item, row)

    def fits(self, item: int, row: int) -> bool:
        """Tell whether an item may come to a row while it is still on its own."""
        return self.state.fits(item, row)

    def fits_but_for_affinity(self, item: int, row: int) -> bool:
        problem, state = self.problem, self.state
        group = problem.group_of[item]
        if group < 0 or not problem.groups[group].together:
            return False
        allowed = bool(problem.allowed[problem.class_of[item], row])
        return allowed and all(state.free[column, row] >= amount for column, amount in problem.asks[item])

    def move(self, item: int, row: int) -> None:
        self.state.lift(item)
        self.state.place(item, row)


def in_order(problem: Problem, moves: Sequence[Move], where: Where) -> list[Move]:
    """Return moves in an order that can be done, with a hop more where they wait in a ring."""
    index = {name: item for item, name in enumerate(problem.items)}
    waiting = {index[move.name]: move for move in moves}
    now, found = _Now(problem), []
    hopped: set[int] = set()
    while waiting:
        step = _next(now, waiting, where) or _hop(now, waiting, hopped, where)
        if step is None:
            item = min(waiting)
            step = (item, where[item], STOP)
        item, row, note = step
        move = waiting[item]
        source = problem.hosts[now.state.where[item]]
        found.append(attrs.evolve(move, source=source, target=problem.hosts[row], note=note))
        now.move(item, row)
        if row == where[item]:
            del waiting[item]
        else:
            hopped.add(item)
    return found


def _next(now: _Now, waiting: dict[int, Move], where: Where) -> tuple[int, int, str] | None:
    """Return the first move that can be done now."""
    for item in waiting:
        if now.fits(item, where[item]):
            return item, where[item], ""
    for item in waiting:
        if now.fits_but_for_affinity(item, where[item]):
            return item, where[item], APART
    return None


def _hop(now: _Now, waiting: dict[int, Move], hopped: set[int], where: Where) -> tuple[int, int, str] | None:
    """Return a way round: someone who waits goes to a third host for a while, after which another can move."""
    for item in waiting:
        if item in hopped:
            continue
        for row in np.flatnonzero(now.state.rows(item)).tolist():
            mark = len(now.state.log)
            now.move(item, row)
            helps = any(other != item and now.fits(other, where[other]) for other in waiting)
            now.state.undo(mark)
            if helps:
                return item, row, HOP
    return None
