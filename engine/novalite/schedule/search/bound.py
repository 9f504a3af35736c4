# SPDX-License-Identifier: GPL-3.0-or-later
"""How few hosts can possibly do: a bound without a solver. Pure.

The linear program (fractions of hosts whose room adds up to the demand in each column) has a dual: for any weights of
the columns that are not negative, hosts sorted by weighted room, the best first, give a bound by simple adding up. The
best ones are found by the simplex method, or on a grid where hosts are of very many kinds; any weights give a valid
bound.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.schedule.search.problem import Problem

Reals = npt.NDArray[np.float64]
_GRID = 8
_KINDS = 200  # of hosts, up to which the program is solved as such


@attrs.frozen(slots=True)
class Part:
    """Items that share hosts with each other and with nobody else; ``weights``: what a column's room is worth."""

    items: tuple[int, ...]
    rows: tuple[int, ...]
    hosts: float  # how many idle hosts are needed at least, in fractions
    weights: Reals


def fewest_hosts(problem: Problem) -> int:
    """Return a number of hosts in use that no assignment of all items goes below."""
    found = sum(problem.in_use)
    for part in parts(problem):
        found += max(_ceil(part.hosts), _needed_by_groups(problem, part))
    return found


def parts(problem: Problem) -> list[Part]:
    """Return the parts of a problem that have nothing to do with each other, each with its bound."""
    found = []
    for classes, rows in _components(problem):
        items = tuple(item for item, number in enumerate(problem.class_of) if number in classes)
        if items:
            hosts, weights = _dual(problem, list(items), rows)
            found.append(Part(items, tuple(int(row) for row in rows), hosts, weights))
    return found


def _components(problem: Problem) -> Iterator[tuple[set[int], npt.NDArray[np.intp]]]:
    """Yield classes that share hosts, and these hosts."""
    groups: list[tuple[set[int], npt.NDArray[np.bool_]]] = []
    for number in range(len(problem.rules)):
        classes, mask = {number}, problem.allowed[number].copy()
        apart = []
        for others, theirs in groups:
            if (theirs & mask).any():
                classes, mask = classes | others, mask | theirs
            else:
                apart.append((others, theirs))
        groups = [*apart, (classes, mask)]
    for classes, mask in groups:
        yield classes, np.flatnonzero(mask)


def _dual(problem: Problem, items: list[int], rows: npt.NDArray[np.intp]) -> tuple[float, Reals]:
    """Return the best bound that was found, and its weights."""
    idle = np.array([not problem.in_use[row] for row in rows.tolist()], dtype=np.bool_)
    demand = problem.demand[items].sum(axis=0).astype(np.float64)
    begun = problem.free[rows[~idle]].sum(axis=0).astype(np.float64)
    room = problem.free[rows[idle]].astype(np.float64)
    scale = np.maximum(room.sum(axis=0), 1.0)
    room, need = room / scale, (demand - begun) / scale
    asked = demand > 0
    kinds, counts = np.unique(room, axis=0, return_counts=True) if room.size else (room, np.zeros(0, dtype=np.int64))
    best, weights = 0.0, asked.astype(np.float64)
    for tried in _grid(np.flatnonzero(asked), len(demand)):
        value = _bound(kinds, counts, need, tried)
        if value > best:
            best, weights = value, tried
    if len(kinds) <= _KINDS and best > 0:
        tried = _program(kinds, counts, need)
        value = _bound(kinds, counts, need, tried)
        best, weights = (value, tried) if value > best else (best, weights)
    return best, weights / scale


def _grid(columns: npt.NDArray[np.intp], width: int) -> Iterator[Reals]:
    for column in columns:
        one = np.zeros(width, dtype=np.float64)
        one[column] = 1.0
        yield one
    for first, second in combinations(columns.tolist(), 2):
        for part in range(1, _GRID):
            two = np.zeros(width, dtype=np.float64)
            two[first], two[second] = part / _GRID, 1.0 - part / _GRID
            yield two


def _program(room: Reals, counts: npt.NDArray[np.int64], need: Reals) -> Reals:
    """Return the weights that solve the dual program, by the simplex method in a tableau (Bland's rule).

    Largest need @ w - counts @ v with room @ w - v <= 1 and nothing below 0; all zeros are a corner to start from. The
    bound is added up anew from what is returned, so that rounding cannot make it wrong.
    """
    kinds, width = room.shape
    table = np.zeros((kinds + 1, width + 2 * kinds + 1), dtype=np.float64)
    table[:kinds, :width] = room
    table[:kinds, width : width + kinds] = -np.eye(kinds)
    table[:kinds, width + kinds : -1] = np.eye(kinds)
    table[:kinds, -1] = 1.0
    table[-1, :width], table[-1, width : width + kinds] = -need, counts
    basis = np.arange(width + kinds, width + 2 * kinds)
    for _ in range(20 * (width + kinds)):
        entering = np.flatnonzero(table[-1, :-1] < -1e-9)
        if not entering.size:
            break
        column = int(entering[0])
        usable = np.flatnonzero(table[:-1, column] > 1e-12)
        if not usable.size:
            break  # no end to it: not even all hosts are enough
        ratios = table[usable, -1] / table[usable, column]
        ties = usable[ratios <= ratios.min() + 1e-12]
        row = int(ties[int(basis[ties].argmin())])
        table[row] /= table[row, column]
        others = np.arange(kinds + 1) != row
        table[others] -= np.outer(table[others, column], table[row])
        basis[row] = column
    found = np.zeros(width, dtype=np.float64)
    for row, column in enumerate(basis.tolist()):
        if column < width:
            found[column] = max(table[row, -1], 0.0)
    return found


def _bound(room: Reals, counts: npt.NDArray[np.int64], need: Reals, weights: Reals) -> float:
    """Return how many hosts, in fractions, bring the weighted need; all of them where even that is not enough."""
    wanted = float(need @ weights)
    if wanted <= 0:
        return 0.0
    worth = room @ weights
    hosts = 0.0
    for kind in np.argsort(-worth, kind="stable"):
        value, count = float(worth[kind]), int(counts[kind])
        if value <= 0:
            break
        if value * count >= wanted:
            return hosts + wanted / value
        wanted -= value * count
        hosts += count
    return hosts


def _needed_by_groups(problem: Problem, part: Part) -> int:
    """Return how many idle hosts the largest anti-affinity group needs beside all hosts that are in use."""
    begun = sum(problem.in_use[row] for row in part.rows)
    found = 0
    inside = set(part.items)
    for rule, members in zip(problem.groups, problem.members, strict=True):
        if rule.apart and rule.limit > 0:
            count = sum(item in inside for item in members)
            found = max(found, -(-count // rule.limit) - begun)
    return found


def _ceil(hosts: float) -> int:
    """Round up, but not because of the last bits of a sum."""
    return int(np.ceil(hosts - 1e-6))
