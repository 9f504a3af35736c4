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
    from collections.abc import Iterable, Mapping, Sequence

    from novalite.schedule.search.moves import Move
    from novalite.schedule.search.problem import Problem, Where

HOP = "by way of a third host, as the moves wait for each other in a ring"
STOP = "no host has room meanwhile, and the moves wait for each other in a ring: stop it, let the others move, start it"
HOPPERS, HOP_ROWS = 100, 50  # so many who wait, and hosts for each, are looked at for a way round
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

    def is_bound(self, item: int) -> bool:
        """Tell whether an item goes where its group goes, so that no other host will do for good."""
        group = self.problem.group_of[item]
        return group >= 0 and self.problem.groups[group].together

    def shelters(self, item: int) -> list[int]:
        """Return where an item may be for a while: rules that it breaks where it is now need not hold there either."""
        problem, home = self.problem, self.state.where[item]
        kept = [mask for mask in problem.rules[problem.class_of[item]].values() if mask[home]]
        allowed = np.logical_and.reduce(kept) if kept else np.ones(len(problem.hosts), dtype=np.bool_)
        return [row for row in np.flatnonzero(self.state.rows(item, allowed)).tolist() if row != home]

    def move(self, item: int, row: int) -> None:
        self.state.lift(item)
        self.state.place(item, row)


def in_order(problem: Problem, moves: Sequence[Move], where: Where) -> list[Move]:
    """Return moves in an order that can be done, with a hop more where they wait in a ring.

    Where somebody can as well stay on the host that breaks the ring, ``where`` is changed to that: it saves the hop.
    """
    index = {name: item for item, name in enumerate(problem.items)}
    waiting = {index[move.name]: move for move in moves}
    now, found = _Now(problem), []
    hopped: set[int] = set()

    def move(item: int, row: int, note: str) -> None:
        source, target = problem.hosts[now.state.where[item]], problem.hosts[row]
        found.append(attrs.evolve(waiting[item], source=source, target=target, note=note))
        now.move(item, row)
        if row == where[item]:
            del waiting[item]
        else:
            hopped.add(item)

    while waiting:
        before = len(found)
        for item in list(waiting):
            if now.fits(item, where[item]):
                move(item, where[item], "")
        if len(found) == before:
            item = min(waiting)
            step = _apart(now, waiting, where) or _way_round(now, waiting, hopped, where) or (item, where[item], STOP)
            if step[2] == "":
                where[step[0]] = step[1]
            move(*step)
    return found


def _apart(now: _Now, waiting: Iterable[int], where: Where) -> tuple[int, int, str] | None:
    """Return the first move of a group that is not together before all of it has moved."""
    item = next((item for item in waiting if now.fits_but_for_affinity(item, where[item])), None)
    return None if item is None else (item, where[item], APART)


def _way_round(now: _Now, waiting: Iterable[int], hopped: set[int], where: Where) -> tuple[int, int, str] | None:
    """Return who goes to a third host so that another can move: for good if possible, else for a while."""
    held: dict[int, list[int]] = {}  # row -> who wants to go there: nobody else is helped by one that leaves it
    for item in waiting:
        held.setdefault(where[item], []).append(item)
    waits = [item for item in waiting if item not in hopped and now.state.where[item] in held][:HOPPERS]
    for item in waits:
        if not now.is_bound(item):
            rows = [row for row in np.flatnonzero(now.state.rows(item)).tolist() if row not in held][:HOP_ROWS]
            row = _helping(now, item, rows, held, where)
            if row is not None:
                return item, row, ""
    for item in waits:
        row = _helping(now, item, now.shelters(item)[:HOP_ROWS], held, where)
        if row is not None:
            return item, row, HOP
    return None


def _helping(now: _Now, item: int, rows: Iterable[int], held: Mapping[int, Sequence[int]], where: Where) -> int | None:
    """Return the first of the rows by going to which an item lets another move."""
    helped = [other for other in held[now.state.where[item]] if other != item]
    for row in rows:
        mark = len(now.state.log)
        now.move(item, row)
        helps = any(now.fits(other, where[other]) for other in helped)
        now.state.undo(mark)
        if helps:
            return row
    return None
