# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist, and rules that changed: the fewest moves after which everything holds. Pure.

Placement is sticky by construction: an instance moves only because a rule of its own does not let it stay, or because
others need its room. Fewest moves first, then fewest MiB copied.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import attrs

from novalite.schedule.search import small
from novalite.schedule.search.counting import shortage
from novalite.schedule.search.faults import Fault, faults, least_moves
from novalite.schedule.search.objectives import FewestMoves, value_of
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.repair import DEPTH, Repair
from novalite.schedule.search.state import State, hardest_first, unit_of, units_of

if TYPE_CHECKING:
    from novalite.schedule.search.problem import Problem, Where
    from novalite.schedule.search.trackers import Value

STEPS = 30_000
_MANY = 50  # faults
_LOOKS = 6_000_000  # steps x hosts: with more hosts a step takes longer
ROOM = "makes room"  # the rule of a move that only others need


@attrs.frozen(slots=True)
class Move:
    """One instance from one host to another. ``rule``: the filter that causes it, ``why``: with numbers."""

    name: str
    source: str
    target: str
    rule: str
    why: str
    cost: int = 0  # MiB to copy
    gain: float | None = None  # what it is good for, where it is not a rule that asks for it
    note: str = ""  # what is out of the ordinary with it in the order of moves


@attrs.frozen(slots=True)
class Settled:
    """``where`` is None where nothing was found; ``proved``: no fewer and no cheaper moves do, or nothing does."""

    where: Where | None
    value: Value | None  # (items without a host, moves, MiB to copy)
    proved: bool
    steps: int
    fewest: bool = False  # at least the number of moves cannot be smaller
    least: int = 0  # than so many it cannot be smaller


def settle(problem: Problem, steps: int = STEPS) -> Settled:
    """Return an assignment of all items in which every rule holds, with as few moves as the budget finds."""
    objective = FewestMoves()
    home = list(problem.current)
    if NOWHERE not in home and not faults(problem, home):
        return Settled(home, (0, 0, 0), proved=True, steps=0, fewest=True)
    least = least_moves(problem, home)
    if shortage(problem) is not None:
        return Settled(None, None, proved=True, steps=0, least=least)
    steps = max(min(steps, _LOOKS // len(problem.hosts)), 4 * len(problem.items))
    where, used = _mend(problem, home, steps // 2)
    value = None if where is None else value_of(objective, problem, where)
    if value is not None and value[1] == 0:
        return Settled(where, value, proved=True, steps=used, fewest=True)
    exact = small.best(problem, objective, steps - used, below=value, whole=True) if _is_small(problem) else None
    if exact is not None and exact.where is not None:
        where, value = exact.where, exact.value
    proved = exact is not None and exact.proved
    fewest = proved or (value is not None and value[1] == least)
    proved = proved or (fewest and value is not None and not any(problem.cost))
    return Settled(where, value, proved, used + (exact.steps if exact is not None else 0), fewest, least)


def _is_small(problem: Problem) -> bool:
    """Tell whether backtracking over all items may come to an end (and not to the end of the stack)."""
    return len(problem.items) <= 60


def _mend(problem: Problem, home: Where, steps: int) -> tuple[Where | None, int]:
    """Let those go that must, find them places, and bring home whoever need not have moved."""
    stay = _stayers(problem, home)
    state = State(problem, [row if item in stay else NOWHERE for item, row in enumerate(home)])
    mending = Repair(state, steps)
    for unit in units_of(problem, hardest_first(problem, state.unplaced)):
        ways = [unit] if len(unit) == 1 else [unit_of(problem, unit[0]), *((item,) for item in unit)]
        for way in ways:
            if any(state.where[item] == NOWHERE for item in way):
                mending.insert(way, DEPTH)
    if state.unplaced:
        mending.run()
    if state.unplaced:
        return None, steps - max(mending.left, 0)
    _bring_home(problem, state)
    return state.where, steps - max(mending.left, 0)


def _stayers(problem: Problem, home: Where) -> set[int]:
    """Return who may stay: of each fault, as many leave as must, those first that solve most and cost least."""
    now = list(home)
    for _ in range(len(home)):
        found = faults(problem, now)
        if not found:
            break
        part: dict[int, int] = {}
        for fault in found:
            for item in fault.items:
                part[item] = part.get(item, 0) + 1
        left: set[int] = set()
        # One fault at a time, as who leaves for one may end another; of very many, all that have nothing in common.
        sure = sum(1 for _ in takewhile(lambda fault: len(fault.items) == 1, found))  # static rules leave no choice
        for fault in found[: len(found) if len(found) > _MANY else max(sure, 1)]:
            if left.isdisjoint(fault.items):
                left.update(leaving := _leaving(problem, fault, now, part))
                for item in leaving:
                    now[item] = NOWHERE
    return {item for item, row in enumerate(now) if row != NOWHERE}


def _leaving(problem: Problem, fault: Fault, now: Where, part: dict[int, int]) -> list[int]:
    if fault.row == NOWHERE:  # an affinity group: the smaller parts go to the largest that could hold all
        rows = sorted({now[item] for item in fault.items})
        fixed = problem.groups[problem.group_of[fault.items[0]]].fixed
        need = problem.demand[list(fault.items)].sum(axis=0)
        counts = {row: sum(now[item] == row for item in fault.items) for row in rows}
        base = {row: bool((need <= problem.free[row]).all()) for row in rows}
        target = NOWHERE if fixed else max(rows, key=lambda row: (base[row], counts[row], -row))
        return [item for item in fault.items if now[item] != target]
    amounts = problem.demand.sum(axis=1)
    order = sorted(fault.items, key=lambda i: (-part[i], -int(amounts[i]), problem.cost[i], i))
    if fault.rule.startswith("ServerGroup"):
        order = sorted(fault.items, key=lambda i: (-part[i], problem.cost[i], i))
    return order[: fault.excess]


def _bring_home(problem: Problem, state: State) -> None:
    moved = [i for i, row in enumerate(state.where) if problem.current[i] not in (row, NOWHERE)]
    for item in sorted(moved, key=lambda i: (-problem.cost[i], i)):
        mark = len(state.log)
        state.lift(item)
        if state.fits(item, problem.current[item]):
            state.place(item, problem.current[item])
        else:
            state.undo(mark)


def moves_between(problem: Problem, where: Where) -> list[Move]:
    """Return the moves from where items live to an assignment, each with the rule that causes it, by name."""
    home = list(problem.current)
    causes: dict[int, Fault] = {}
    for fault in faults(problem, home):
        for item in fault.items:
            causes.setdefault(item, fault)
    found = []
    for item, row in enumerate(where):
        source = home[item]
        if source == NOWHERE or row in (NOWHERE, source):
            continue
        cause = causes.get(item)
        rule, why = (cause.rule, cause.why) if cause else (ROOM, f"others need its room on {problem.hosts[source]}")
        found.append(
            Move(problem.items[item], problem.hosts[source], problem.hosts[row], rule, why, problem.cost[item])
        )
    return found
