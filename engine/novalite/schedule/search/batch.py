# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole batch together: greedy first, then repaired, improved, and on small batches searched through. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.order import in_order
from novalite.schedule.search import bound, exact, greedy, small, verify
from novalite.schedule.search.from_table import is_opaque, problem_from_table
from novalite.schedule.search.improve import improve
from novalite.schedule.search.nplus1 import NPlusOne
from novalite.schedule.search.objectives import (
    Chain,
    Even,
    FewestHosts,
    FewestMoves,
    HostCount,
    Objective,
    SoftGroups,
    value_of,
)
from novalite.schedule.search.pack import pack
from novalite.schedule.search.problem import NOWHERE, Problem, Where
from novalite.schedule.search.repair import repair
from novalite.schedule.search.trackers import MILLION, Value
from novalite.schedule.select import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable

# What each policy wants, of assignments that place equally many. Those of one by one placement want few changes to it.
OBJECTIVES: Mapping[str, Objective] = {
    "spread": Chain((SoftGroups(), Even())),
    "pack": Chain((FewestHosts(), SoftGroups())),
    "fewest-hosts": Chain((HostCount(), SoftGroups(), Even())),
    "nova": FewestMoves(),
    "fast": FewestMoves(),
}
REPAIR_STEPS, IMPROVE_STEPS, PACK_STEPS, EXACT_STEPS = 20_000, 8_000, 3_000, 30_000
# Up to so many items the exact search always comes to an end on a few hosts; up to more it may.
FEW_ITEMS, EXACT_ITEMS, SOME_STEPS = 8, 24, 6_000


@attrs.frozen(slots=True)
class Solution:
    """Where each request goes, how good that is, and how good anything could be."""

    rows: Mapping[str, int | None]  # by name; None: nowhere
    value: Value  # (without a host, the objective's numbers...)
    bound: int | None  # what the objective's first number cannot go below
    gap: float | None  # by how much of the bound the first number exceeds it; 0.0: the best there is
    method: str
    steps: int = 0
    proved: bool = False  # no assignment has a better value
    numbers: Mapping[str, int] = attrs.field(factory=dict)  # name of an objective -> its first number

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Return the names of those without a host."""
        return tuple(name for name, row in self.rows.items() if row is None)


def place_batch(
    table: HostTable, requests: Iterable[Request], policy: str, *, keep: bool = False, solver: bool = False
) -> Solution:
    """Return where a batch goes; see the package.

    ``keep``: N+1 goes before the policy's objective. ``solver``: CP-SAT is asked too. Raises: KeyError for a policy
    that is none; ModuleNotFoundError with advice where the solver is wanted and not installed.
    """
    objective = Chain((NPlusOne(), OBJECTIVES[policy])) if keep else OBJECTIVES[policy]
    ordered = in_order(requests, table.options.policy)
    usual = _one_by_one(table, ordered)
    if policy in ("nova", "fast") and None not in usual.values() and not keep:
        return Solution(usual, (0, 0, 0), 0, 0.0, "greedy", proved=True)
    opaque = [request for request in ordered if is_opaque(table, request)]
    clear = [request for request in ordered if not is_opaque(table, request)]
    first = _one_by_one(table, opaque)
    booked = [(request, row) for request in opaque if (row := first[request.name]) is not None]
    for request, row in booked:
        table.book(request, row)
    problem = problem_from_table(table, clear)
    verify.unbook(table, booked)
    start = [NOWHERE if (row := usual[name]) is None else row for name in problem.items]
    objective = without_soft(objective, problem)
    if policy in ("nova", "fast"):
        problem = attrs.evolve(problem, current=tuple(start), cost=(0,) * len(start))
    found = search(problem, objective, policy, start if not opaque else None)
    if solver and not found.proved:
        found = _solved(problem, objective, found)
    rows = {**first, **{name: _row(row) for name, row in zip(problem.items, found.where, strict=True)}}
    placed = [*booked, *((request, row) for request in clear if (row := rows[request.name]) is not None)]
    fewer = sum(row is None for row in rows.values()) > sum(row is None for row in usual.values())
    if fewer or not verify.passes(table, placed):
        return Solution(usual, value_of(objective, problem, start), None, None, "greedy", found.steps)
    return _solution(problem, objective, found, {request.name: rows[request.name] for request in ordered})


@attrs.frozen(slots=True)
class Searched:
    """An assignment, and how it was come by."""

    where: Where
    method: str
    steps: int
    proved: bool
    least: int | None = None  # a bound by the solver


def search(problem: Problem, objective: Objective, policy: str, start: Where | None = None) -> Searched:
    """Return the best assignment that the budgets of steps find, never worse than ``start`` or greedy placement."""
    tried = _begin(problem, policy)
    if start is not None:
        tried.append(start)
    best = min(tried, key=lambda where: value_of(objective, problem, where))
    method, steps = "host by host" if policy in ("pack", "fewest-hosts") and best is tried[0] else "greedy", 0
    if NOWHERE in best:
        tried = [best, *(greedy.smallest_first(problem, choose).where for choose in (greedy.tight, greedy.evenly))]
        best = min(tried, key=lambda where: value_of(objective, problem, where))
        mended, steps = repair(
            problem, start if policy in ("nova", "fast") and start is not None else best, REPAIR_STEPS
        )
        best = min(best, mended, key=lambda where: value_of(objective, problem, where))
        method = "repair" if best is mended else method
    if not objective.grows or policy != "pack":
        budget = IMPROVE_STEPS if objective.grows else IMPROVE_STEPS // max(len(problem.hosts), 1)
        better, more = improve(problem, best, objective, budget)
        steps += more
        if value_of(objective, problem, better) < value_of(objective, problem, best):
            best, method = better, f"{method}, local search"
    if len(problem.items) <= EXACT_ITEMS and objective.grows:
        known = value_of(objective, problem, best)
        budget = EXACT_STEPS if len(problem.items) <= FEW_ITEMS else SOME_STEPS
        every = small.best(problem, objective, budget, below=known)
        best = every.where or best
        return Searched(best, "exact" if every.proved else method, steps + every.steps, every.proved)
    return Searched(best, method, steps, proved=False)


def _solved(problem: Problem, objective: Objective, found: Searched) -> Searched:
    """Return the better of an answer and what CP-SAT finds; only a goal that the solver knows is given to it."""
    first = _first(objective)
    goal = {FewestHosts: exact.HOSTS, HostCount: exact.HOSTS, Even: exact.FILL, FewestMoves: exact.MOVES}.get(
        type(first)
    )
    if goal is None:
        return found
    where, answer = exact.better(problem, objective, found.where, goal)
    method = found.method if where is found.where else "CP-SAT"
    return attrs.evolve(found, where=where, method=method, least=answer.bound if answer.unplaced == 0 else None)


def without_soft(objective: Objective, problem: Problem) -> Objective:
    """Leave out a number that is always 0: of soft groups, where there are none."""
    if any(rule.policy.startswith("soft") for rule in problem.groups) or not isinstance(objective, Chain):
        return objective
    parts = [without_soft(part, problem) for part in objective.parts if not isinstance(part, SoftGroups)]
    return Chain(tuple(parts))


def _begin(problem: Problem, policy: str) -> list[Where]:
    """Return the assignments that a search may begin with."""
    if policy in ("pack", "fewest-hosts"):
        packed = pack(problem, PACK_STEPS)[0]
        if value_of(HostCount(), problem, packed) == (0, bound.fewest_hosts(problem)):
            return [packed]
        ways = [
            greedy.in_order(problem, greedy.pack),
            greedy.in_order(problem, greedy.tight, hard_first=True),
            greedy.in_order(problem, greedy.evenly, hard_first=True),
        ]
        return [packed, *(way.where for way in ways)]
    if policy == "spread":
        ways = [
            greedy.in_order(problem, greedy.spread),
            greedy.in_order(problem, greedy.spread, hard_first=True),
            greedy.in_order(problem, greedy.evenly, hard_first=True),
        ]
        return [way.where for way in ways]
    return [greedy.in_order(problem, greedy.tight, hard_first=True).where]


def _one_by_one(table: HostTable, requests: Sequence[Request]) -> dict[str, int | None]:
    """Return what the ordinary scheduler does; the table is left as it was."""
    results = {result.name: getattr(result, "host", None) for result in select(table, requests)}
    rows = {request.name: _row(table.rows.get(str(results[request.name]), NOWHERE)) for request in requests}
    verify.unbook(table, [(request, row) for request in requests if (row := rows[request.name]) is not None])
    return rows


def _row(row: int) -> int | None:
    return None if row == NOWHERE else row


def _solution(problem: Problem, objective: Objective, found: Searched, rows: Mapping[str, int | None]) -> Solution:
    value = value_of(objective, problem, found.where)
    value = (sum(row is None for row in rows.values()), *value[1:])
    least = value[1] if found.proved else lower_bound(problem, objective) if not value[0] else None
    if found.least is not None and not value[0]:
        least = max(least or 0, found.least)
    gap = None if least is None or (value[0] and not found.proved) else (value[1] - least) / max(least, 1)
    return Solution(
        rows, value, least, gap, found.method, found.steps, found.proved, _numbers(objective, list(value[1:]))
    )


def _numbers(objective: Objective, value: list[int]) -> dict[str, int]:
    """Return the first number of each part of an objective, by its name; ``value`` is used up."""
    if isinstance(objective, Chain):
        return {name: number for part in objective.parts for name, number in _numbers(part, value).items()}
    mine = [value.pop(0) for _ in objective.units]
    return {objective.name: mine[0]}


def _first(objective: Objective) -> Objective:
    while isinstance(objective, Chain):
        objective = objective.parts[0]
    return objective


def lower_bound(problem: Problem, objective: Objective) -> int | None:
    """Return what an objective's first number cannot go below when all are placed, where that is known."""
    first = _first(objective)
    if isinstance(first, FewestHosts | HostCount):
        return bound.fewest_hosts(problem)
    if isinstance(first, Even):
        return _least_fill(problem)
    return 0 if isinstance(first, FewestMoves) else None


def _least_fill(problem: Problem) -> int:
    """Return the fill in millionths that the fullest column has even if everything could be cut in pieces."""
    used = (problem.capacity - problem.free).sum(axis=0) + problem.demand.sum(axis=0)
    whole = problem.capacity.sum(axis=0)
    shares = [
        int(used[column]) * MILLION // int(whole[column])
        for column, counts in enumerate(problem.weighed)
        if counts and whole[column] > 0
    ]
    return max(shares, default=0)
