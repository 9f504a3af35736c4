# SPDX-License-Identifier: GPL-3.0-or-later
"""One item after the other, each to the best host of that moment: what every search starts from and is held against.

``spread`` and ``pack`` weigh as Nova does (free room of each column, normalised over the hosts that pass; packing is
the same turned round); ``first`` and ``tight`` are first fit and best fit. Pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from novalite.model.server_group import SOFT_AFFINITY, SOFT_ANTI_AFFINITY
from novalite.schedule.search.state import State, hardest_first, units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from novalite.schedule.search.problem import Problem
    from novalite.schedule.search.state import Unit


def spread(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:
    """Return the row with the most room, as Nova's weighers see it."""
    return int(rows[int(_weights(state, unit, rows, 1.0).argmax())])


def pack(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:
    """Return the row with the least room, as Nova's weighers with negative multipliers see it."""
    return int(rows[int(_weights(state, unit, rows, -1.0).argmax())])


def first(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:  # noqa: ARG001
    """Return the first row."""
    return int(rows[0])


def tight(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:
    """Return the row on which the least is left, one that is in use already before any other."""
    problem = state.problem
    left = np.zeros(rows.size, dtype=np.float64)
    asked = problem.demand[list(unit)].sum(axis=0)
    for column, amount in enumerate(asked.tolist()):
        left += (state.free[column, rows] - amount) / np.maximum(problem.capacity[rows, column], 1)
    idle = np.array([not (problem.in_use[row] or state.on[row]) for row in rows.tolist()], dtype=np.float64)
    return int(rows[int((left + idle * (1.0 + 2.0 * len(asked))).argmin())])


def evenly(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:
    """Return the row whose fullest column is least full afterwards."""
    problem = state.problem
    worst = np.zeros(rows.size, dtype=np.float64)
    total = np.zeros(rows.size, dtype=np.float64)
    for column, amount in enumerate(problem.demand[list(unit)].sum(axis=0).tolist()):
        if problem.weighed[column]:
            capacity = np.maximum(problem.capacity[rows, column], 1)
            fill = 1.0 - (state.free[column, rows] - amount) / capacity
            np.maximum(worst, fill, out=worst)
            total += fill
    return int(rows[int((worst - 10.0 * soft(state, unit, rows) + 1e-6 * total).argmin())])


def soft(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return how much a soft group likes each row: its members there, negative where they had rather be apart."""
    found = np.zeros(rows.size, dtype=np.float64)
    group = state.problem.group_of[unit[0]]
    if group >= 0:
        rule, counts = state.problem.groups[group], state.counts[group]
        sign = {SOFT_AFFINITY: 1.0, SOFT_ANTI_AFFINITY: -1.0}.get(rule.policy, 0.0)
        if sign:
            found = np.array([rule.fixed.get(row, 0) + counts.get(row, 0) for row in rows.tolist()], dtype=np.float64)
            found *= sign
    return found


def _weights(state: State, unit: Unit, rows: npt.NDArray[np.intp], sign: float) -> npt.NDArray[np.float64]:
    total = np.zeros(rows.size, dtype=np.float64)
    for column, counts in enumerate(state.problem.weighed):
        if counts:
            total += sign * _normalised(state.free[column, rows].astype(np.float64))
    return total + _normalised(soft(state, unit, rows))


def _normalised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return np.zeros_like(values) if low == high else (values - low) / (high - low)


def fill(state: State, units: Iterable[Unit], choose: Callable[[State, Unit, npt.NDArray[np.intp]], int]) -> list[Unit]:
    """Place units one after the other where they fit; return those that do not."""
    left = []
    for unit in units:
        rows = np.flatnonzero(state.unit_rows(unit))
        if rows.size:
            state.place_unit(unit, choose(state, unit, rows))
        else:
            left.append(unit)
    return left


def in_order(
    problem: Problem, choose: Callable[[State, Unit, npt.NDArray[np.intp]], int], *, hard_first: bool = False
) -> State:
    """Return what greedy placement makes of a problem: by name and one by one, or what is hard to place first.

    Hard first keeps affinity groups whole; members of one that is too big for any host then go one by one.
    """
    state, items = State(problem), range(len(problem.items))
    if not hard_first:
        fill(state, [(item,) for item in items], choose)
        return state
    order = sorted(
        units_of(problem, hardest_first(problem, items)),
        key=lambda unit: (
            min(problem.choices[item] for item in unit),
            -math.fsum(problem.size[item] for item in unit),
            unit,
        ),
    )
    for unit in fill(state, order, choose):
        fill(state, [(item,) for item in unit] if len(unit) > 1 else [], choose)
    return state


def smallest_first(problem: Problem, choose: Callable[[State, Unit, npt.NDArray[np.intp]], int]) -> State:
    """Return what places many where not all can be placed: small ones first."""
    state = State(problem)
    fill(state, [(item,) for item in sorted(range(len(problem.items)), key=lambda i: (problem.size[i], i))], choose)
    return state


def first_fit_decreasing(problem: Problem, hosts: Sequence[int] | None = None) -> State:
    """Return first fit decreasing over hosts in an order (as given where none is said)."""
    place = {row: index for index, row in enumerate(hosts or range(len(problem.hosts)))}
    ranks = np.array([place[row] for row in range(len(problem.hosts))], dtype=np.int64)

    def choose(state: State, unit: Unit, rows: npt.NDArray[np.intp]) -> int:  # noqa: ARG001
        return int(rows[int(ranks[rows].argmin())])

    state = State(problem)
    biggest = (problem.demand / np.maximum(problem.capacity.max(axis=0, initial=1), 1)).max(axis=1, initial=0.0)
    order = sorted(range(len(problem.items)), key=lambda item: (-float(biggest[item]), item))
    for unit in fill(state, units_of(problem, order), choose):
        fill(state, [(item,) for item in unit] if len(unit) > 1 else [], choose)
    return state
