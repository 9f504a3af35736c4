# SPDX-License-Identifier: GPL-3.0-or-later
"""Few hosts: one host is filled after the other, with the kind whose shape suits the room left and the demand left.

Which hosts are opened decides more than the order of the items: they are taken by what their room is worth to the
demand (the weights of ``bound``). Several orders are tried, first fit decreasing among them, and the best is improved
by emptying hosts. Pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from novalite.schedule.search import bound, greedy
from novalite.schedule.search.objectives import FewestHosts, value_of
from novalite.schedule.search.problem import NOWHERE, Problem, Where
from novalite.schedule.search.repair import Repair
from novalite.schedule.search.state import State, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from novalite.schedule.search.state import Unit
    from novalite.schedule.table import Integers, Mask

STRICT = 1e6  # kinds with fewer hosts always go first
Reals = npt.NDArray[np.float64]


class _Kinds:
    """Units that may change places, counted."""

    def __init__(self, problem: Problem) -> None:
        units: dict[tuple[object, object, int], list[Unit]] = {}
        for unit in units_of(problem, range(len(problem.items))):
            group = problem.group_of[unit[0]]
            hard = group >= 0 and (problem.groups[group].apart or problem.groups[group].together)
            classes = tuple(sorted({problem.class_of[item] for item in unit}))
            asked = tuple(problem.demand[list(unit)].sum(axis=0).tolist())
            units.setdefault((classes, asked, group if hard else NOWHERE), []).append(unit)
        self.units = [found[::-1] for found in units.values()]
        self.left: Integers = np.array([len(found) for found in self.units], dtype=np.int64)
        ones = [found[0] for found in self.units]
        self.demand: Integers = np.array([problem.demand[list(unit)].sum(axis=0) for unit in ones], dtype=np.int64)
        self.group: Integers = np.array([held for _, _, held in units], dtype=np.int64)
        self.allowed: Mask = np.array(
            [problem.allowed[[problem.class_of[item] for item in unit]].all(axis=0) for unit in ones], dtype=np.bool_
        )
        self.choices: Integers = self.allowed.sum(axis=1)
        limits = [rule.limit if rule.apart else 0 for rule in problem.groups]
        self.limits: Reals = np.array([*limits, 0], dtype=np.float64)


def by_host(problem: Problem, rank: Sequence[int], *, hosts: int, scarce: float = 0.0) -> Where:
    """Return an assignment made host by host.

    ``rank``: rows, the ones to open first first; those in use come before. ``hosts``: about how many will be opened.
    ``scarce``: how much more a kind counts that has few hosts.
    """
    if not problem.items:
        return []
    kinds, state = _Kinds(problem), State(problem)
    order = sorted(rank, key=lambda row: not problem.in_use[row])
    bonus = 1.0 + scarce * (1.0 - kinds.choices / max(len(problem.hosts), 1))
    opened = 0
    while order and kinds.left.any():
        row = _next(kinds, order)
        if row is None:
            break
        order.remove(row)
        opened += not problem.in_use[row]
        _fill(state, kinds, row, bonus, max(hosts - opened, 1))
    return state.where


def _next(kinds: _Kinds, order: Sequence[int]) -> int | None:
    """Return the first host in order that takes anything of the kinds with the fewest hosts to go to."""
    waiting = kinds.left > 0
    usable = kinds.allowed[waiting][:, list(order)]
    choices = usable.sum(axis=1)
    if not (choices > 0).any():
        return None
    scarcest = int(np.where(choices > 0, choices, choices.max() + 1).argmin())
    return order[int(usable[scarcest].argmax())]


def _fill(state: State, kinds: _Kinds, row: int, bonus: Reals, hosts_left: int) -> None:
    """Fill one host."""
    problem = state.problem
    capacity = np.maximum(problem.capacity[row], 1).astype(np.float64)
    whole = np.maximum(problem.capacity.sum(axis=0), 1).astype(np.float64)
    shape = kinds.demand / capacity
    room = _group_room(state, row)
    while True:
        free = state.free[:, row]
        fits = (kinds.left > 0) & kinds.allowed[:, row] & ((kinds.demand <= free) | (kinds.demand == 0)).all(axis=1)
        fits &= room[kinds.group]
        if not fits.any():
            return
        wanted = (kinds.left @ kinds.demand) / whole
        score = (shape * (free / capacity) * wanted).sum(axis=1) * bonus
        urgent = fits & _urgent(kinds, hosts_left)
        score = np.where(urgent if urgent.any() else fits, score, -1.0)
        kind = int(score.argmax())
        kinds.left[kind] -= 1
        state.place_unit(kinds.units[kind].pop(), row)
        group = int(kinds.group[kind])
        if group >= 0:
            room[group] = state.group_fits(group, row)


def _group_room(state: State, row: int) -> Mask:
    """Return which groups let one more onto a host; the last entry is for items without a group."""
    room = np.ones(len(state.problem.groups) + 1, dtype=np.bool_)
    for group in range(len(state.problem.groups)):
        room[group] = state.group_fits(group, row)
    return room


def _urgent(kinds: _Kinds, hosts_left: int) -> Mask:
    """Return the kinds whose anti-affinity group has as many members left as there will be hosts for them."""
    waiting = np.bincount(kinds.group + 1, weights=kinds.left, minlength=len(kinds.limits))[1:]
    urgent = np.append((kinds.limits[:-1] > 0) & (waiting >= kinds.limits[:-1] * hosts_left), False)
    found: Mask = urgent[kinds.group]
    return found


def pack(problem: Problem, steps: int) -> tuple[Where, int]:
    """Return the best of several ways, with hosts emptied where that works, and the steps it took."""
    least = bound.fewest_hosts(problem)
    objective = FewestHosts()
    best: Where = [NOWHERE] * len(problem.items)
    value = value_of(objective, problem, best)
    for where in _ways(problem, least - sum(problem.in_use)):
        found = value_of(objective, problem, where)
        if found < value:
            best, value = where, found
        if value[:2] == (0, least):
            return best, 0
    mending = Repair(State(problem, best), steps)
    if mending.state.unplaced:
        mending.run()
    _empty_hosts(mending, least)
    return mending.state.where, steps - max(mending.left, 0)


def _ways(problem: Problem, hosts: int) -> Iterator[Where]:
    """Yield assignments, those first that are mostly the best."""
    ranks = _ranks(problem)
    scarce = (STRICT, 0.0, 4.0) if len({mask.tobytes() for mask in problem.allowed}) > 1 else (0.0,)
    for much in scarce:
        for rank in ranks:
            yield by_host(problem, rank, hosts=hosts, scarce=much)
    for rank in (list(range(len(problem.hosts))), ranks[0]):
        yield greedy.first_fit_decreasing(problem, rank).where


def _ranks(problem: Problem) -> list[list[int]]:
    """Return orders in which hosts may be opened: by what their room is worth, and by mere size."""
    worth = np.zeros(len(problem.hosts), dtype=np.float64)
    for part in bound.parts(problem):
        worth[list(part.rows)] = problem.free[list(part.rows)] @ part.weights / max(part.hosts, 1e-9)
    asked = problem.demand.sum(axis=0) > 0
    size = (problem.free / np.maximum(problem.capacity.sum(axis=0), 1))[:, asked].sum(axis=1)
    found = [np.lexsort((-size, -worth)).tolist(), np.lexsort((-worth, -size)).tolist()]
    return found if found[0] != found[1] else found[:1]


def _empty_hosts(mending: Repair, enough: int) -> None:
    """Empty hosts one by one while all on them find a place on others that are in use."""
    problem, state = mending.problem, mending.state
    idle = np.array([not (problem.in_use[row] or state.on[row]) for row in range(len(problem.hosts))], dtype=np.bool_)
    failed: set[int] = set()
    while int((~idle).sum()) > enough and mending.left > 0:
        rows = [
            row for row in range(len(problem.hosts)) if state.on[row] and not problem.in_use[row] and row not in failed
        ]
        if not rows:
            return
        row = min(rows, key=lambda found: (math.fsum(problem.size[item] for item in state.on[found]), found))
        mark = len(state.log)
        leaving = units_of(problem, sorted(state.on[row], key=lambda item: (-problem.size[item], item)))
        for item in list(state.on[row]):
            state.lift(item)
        barred = idle.copy()
        barred[row] = True
        mending.barred = barred
        if all(mending.insert(unit, 1) for unit in leaving):
            idle[row] = True
        else:
            state.undo(mark)
            failed.add(row)
    mending.barred = None
